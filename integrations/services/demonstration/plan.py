"""What the demonstration consists of. Nothing in it exists, and its projects, companies, programme and body say so."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

STANDARD = {
    "code": "DEMO",
    "name": "Demonstration programme (not a crediting programme)",
    "version": "1",
    # Reserved for examples; nobody can own it.
    "url": "https://demonstration.example/",
}
METHODOLOGY = {"code": "DEMO-METHOD", "name": "Demonstration methodology (measures nothing)"}
VERIFICATION_BODY = {"name": "Demonstration verification body (not accredited by anybody)"}
UNREAL = "This project does not exist; it shows how the registry works. Its credits stand for nothing."
CURRENCY = "EUR"


@dataclass(frozen=True)
class PlannedProject:
    """A project with its vintages (year, kilograms) and its price a credit."""

    name: str
    type_code: str
    country: str
    region: str
    description: str
    price: Decimal
    vintages: tuple[tuple[int, int], ...]
    sdg_goals: tuple[int, ...]
    buffer_percentage: Decimal = Decimal(0)
    boundary: dict[str, Any] | None = None


@dataclass(frozen=True)
class PlannedSale:
    """So many kilograms of a project (by its place in the list) for a buyer; part may be refunded, or nothing paid."""

    project: int
    buyer: str
    quantity_kg: int
    refunded_kg: int = 0
    paid: bool = True


@dataclass(frozen=True)
class PlannedRetirement:
    """So many kilograms that a buyer holds of a project, retired on behalf of a company that does not exist."""

    project: int
    buyer: str
    quantity_kg: int
    beneficiary: str
    location: str
    purpose: str
    year: int
    published: bool = True
    note: str = ""


def _square(west: float, south: float, size: float) -> dict[str, Any]:
    east, north = round(west + size, 4), round(south + size, 4)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


PROJECTS = (
    PlannedProject(
        name="Demonstration: Mangrove restoration",
        type_code="MC",
        country="BR",
        region="South Atlantic",
        description="Its boundary lies in the open ocean, so that it claims nobody's land.",
        price=Decimal("18.50"),
        vintages=((2022, 12_000_000), (2023, 13_500_000), (2024, 14_200_000)),
        sdg_goals=(13, 14, 15),
        buffer_percentage=Decimal(18),
        boundary=_square(-25.0, -20.0, 0.05),
    ),
    PlannedProject(
        name="Demonstration: Improved cookstoves",
        type_code="COOK",
        country="KE",
        region="Not a real place",
        description="Stoves that burn less wood, in households of nowhere.",
        price=Decimal("9.80"),
        vintages=((2023, 25_000_000), (2024, 26_400_000)),
        sdg_goals=(3, 5, 7, 13),
    ),
    PlannedProject(
        name="Demonstration: Landfill gas capture",
        type_code="LFG",
        country="MX",
        region="Not a real place",
        description="Methane of a landfill, caught and burnt.",
        price=Decimal("6.25"),
        vintages=((2024, 40_000_000),),
        sdg_goals=(11, 12, 13),
    ),
    PlannedProject(
        name="Demonstration: Biochar in vineyards",
        type_code="BCR",
        country="FR",
        region="Not a real place",
        description="Removals are weighed, so its credits are counted to the kilogram.",
        price=Decimal("145.00"),
        vintages=((2023, 861_250), (2024, 1_234_567)),
        sdg_goals=(12, 13, 15),
    ),
    PlannedProject(
        name="Demonstration: Wind farm",
        type_code="WIND",
        country="IN",
        region="Not a real place",
        description="Electricity from wind instead of coal.",
        price=Decimal("3.40"),
        vintages=((2022, 18_000_000), (2023, 17_500_000)),
        sdg_goals=(7, 13),
    ),
)

AIRLINE, LOGISTICS, BAKERY, BROKER = (
    "Example Airline (demonstration)",
    "Example Logistics (demonstration)",
    "Example Bakery (demonstration)",
    "Example Broker (demonstration)",
)
BUYERS = (AIRLINE, LOGISTICS, BAKERY, BROKER)

SALES = (
    PlannedSale(0, AIRLINE, 6_500_000),
    PlannedSale(1, AIRLINE, 8_000_000, refunded_kg=500_000),
    PlannedSale(1, BROKER, 12_000_000),
    PlannedSale(2, LOGISTICS, 15_250_000),
    PlannedSale(3, BAKERY, 42_375),
    PlannedSale(3, AIRLINE, 300_000, refunded_kg=300_000),
    PlannedSale(4, BROKER, 20_000_000),
    PlannedSale(4, LOGISTICS, 2_500_000, paid=False),
)

# The broker passes credits on to those who use them: (project, from, to, kilograms).
TRANSFERS = ((1, BROKER, BAKERY, 1_500_000), (4, BROKER, LOGISTICS, 4_000_000))

RETIREMENTS = (
    PlannedRetirement(0, AIRLINE, 4_000_000, AIRLINE, "Brazil", "corporate_inventory", 2024, note="Flights of a year"),
    PlannedRetirement(1, AIRLINE, 7_500_000, AIRLINE, "Kenya", "corporate_inventory", 2023),
    PlannedRetirement(1, BAKERY, 1_200_000, BAKERY, "France", "environmental_benefit", 2024),
    PlannedRetirement(1, BROKER, 2_750_000, "Example Museum (demonstration)", "Portugal", "third_party", 2023),
    PlannedRetirement(2, LOGISTICS, 9_999_500, LOGISTICS, "Mexico", "corporate_inventory", 2024),
    PlannedRetirement(
        3, BAKERY, 42_375, BAKERY, "France", "environmental_benefit", 2024, note="Ovens, by the kilogram"
    ),
    PlannedRetirement(4, BROKER, 5_000_000, "Example Festival (demonstration)", "India", "third_party", 2022),
    PlannedRetirement(4, LOGISTICS, 4_000_000, LOGISTICS, "Mexico", "compliance", 2022, published=False),
)

# A storm that happened to nobody: kilograms cancelled from the buffer pool of the first project.
REVERSED_KG = 320_000
# Taken out of circulation without a claim, from the third project's proceeds.
CANCELLED_KG = 100_000
