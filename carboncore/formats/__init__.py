"""How dates are written where people read them, by language."""
