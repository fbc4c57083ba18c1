"""Money: which currencies credits are sold in, how amounts are rounded, and the units in which cards are charged.

Codes are ISO 4217. An amount is a `Decimal` in the currency's own unit (euros, yen); a card is charged a whole
number of minor units (cents; for yen the yen itself).
"""

from decimal import ROUND_HALF_UP, Decimal

from carboncore.common.quantities import KG_PER_CREDIT

# ISO 4217 codes by the decimal places that an amount may have.
_NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_TWO_DECIMALS = (
    "AED ARS AUD BDT BGN BOB BRL BWP CAD CHF CNY COP CRC CZK DKK DOP EGP ETB EUR FJD GBP GEL GHS GTQ HKD HNL HUF IDR"
    " ILS INR ISK JMD KES KHR LKR MAD MDL MMK MOP MUR MXN MYR MZN NAD NGN NIO NOK NPR NZD PEN PGK PHP PKR PLN QAR RON"
    " RSD SAR SEK SGD THB TRY TTD TWD TZS UAH USD UYU UZS ZAR ZMW"
)
# Three decimals by ISO 4217, but card networks charge them in tens of the smallest unit: two are what can be paid.
_THREE_DECIMALS = "BHD JOD KWD OMR TND"

PLACES: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 2),
    # No smaller coin exists, though its minor unit is still counted in hundredths when a card is charged.
    "ISK": 0,
}
_MINOR_FACTOR: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 1),
    **dict.fromkeys(_THREE_DECIMALS.split(), 1000),
}
LARGEST_AMOUNT = Decimal("9999999999999.99")


def is_currency(code: str) -> bool:
    """Return whether credits can be priced in the currency of this code (upper case)."""
    return code in PLACES


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Return `amount` rounded half up to what can be paid in the currency."""
    return amount.quantize(Decimal(1).scaleb(-PLACES[currency]), rounding=ROUND_HALF_UP)


def total_for(*, price_per_credit: Decimal, quantity_kg: int, currency: str) -> Decimal:
    """Return what `quantity_kg` kilograms cost at a price per credit (tonne), rounded half up, once, at the end."""
    return rounded(price_per_credit * quantity_kg / KG_PER_CREDIT, currency)


def share_of(total: Decimal, *, part_kg: int, whole_kg: int, currency: str) -> Decimal:
    """Return the part of `total` that `part_kg` of `whole_kg` kilograms stand for, rounded half up."""
    return rounded(total * part_kg / whole_kg, currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in the whole minor units that a card is charged in: 12.34 EUR → 1234, 500 JPY → 500."""
    return int(amount * _MINOR_FACTOR.get(currency, 100))


def from_minor(minor: int, currency: str) -> Decimal:
    """Return whole minor units as an amount: 1234 of EUR → Decimal("12.34")."""
    return (Decimal(minor) / _MINOR_FACTOR.get(currency, 100)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
