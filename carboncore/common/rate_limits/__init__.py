"""How often one caller may ask: scopes, the counts shared by all processes, and the answer 429 (ADR 13)."""
