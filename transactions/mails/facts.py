"""The lines that several mails have in common."""

from decimal import Decimal

from carboncore.common.quantities import tonnes_from_kg
from transactions.models import Transaction
from transactions.money import PLACES

Facts = list[tuple[str, str]]
MOST_SERIALS = 20


def credits_text(quantity_kg: int) -> str:
    """Return a quantity as people write it: `12.5 t CO2e`."""
    return f"{tonnes_from_kg(quantity_kg).normalize():,f} t CO2e"


def money_text(amount: Decimal | None, currency: str) -> str:
    """Return an amount with its currency, with the places that the currency has, and more only where they say more."""
    amount = amount or Decimal(0)
    usual = amount.quantize(Decimal(1).scaleb(-PLACES.get(currency, 2)))
    return f"{usual if usual == amount else amount:,f} {currency}"


def project_facts(transaction: Transaction) -> Facts:
    """Return what was moved; expects the project to be loaded."""
    vintage: Facts = [("Vintage", str(transaction.vintage))] if transaction.vintage else []
    return [
        ("Quantity", credits_text(transaction.quantity_kg)),
        ("Project", transaction.project.project_name),
        *vintage,
    ]


def serial_facts(serials: list[str], *, rest: str) -> Facts:
    """Return the serial numbers, a line each; of very many, the first and where the rest is."""
    facts = [("Serial numbers" if number == 0 else "", serial) for number, serial in enumerate(serials[:MOST_SERIALS])]
    if (more := len(serials) - MOST_SERIALS) > 0:
        facts.append(("", f"and {more} more, {rest}"))
    return facts
