"""The closed lists of emission factors and of the emissions computed with them."""

from django.db import models


class SetStatus(models.TextChoices):
    """What a factor set is used for."""

    CURRENT = "current", "Current"
    EARLIER = "earlier", "Earlier year"
    REFERENCE = "reference", "For reference: used only when asked for"


class GwpBasis(models.TextChoices):
    """The IPCC report whose global warming potentials (over 100 years) a set adds gases up with."""

    AR4 = "AR4", "IPCC Fourth Assessment Report"
    AR5 = "AR5", "IPCC Fifth Assessment Report"
    AR6 = "AR6", "IPCC Sixth Assessment Report"
    MIXED = "mixed", "Not stated by the publisher"


class Line(models.TextChoices):
    """The parts that one activity's emissions are reported in."""

    DIRECT = "direct", "Emissions of the activity itself"
    LOCATION = "location_based", "Electricity, location-based"
    MARKET = "market_based", "Electricity, market-based"
    LOSSES = "transmission_loss", "Transmission and distribution losses"
    WELL_TO_TANK = "well_to_tank", "Well-to-tank"
    WELL_TO_TANK_LOSSES = "well_to_tank_loss", "Well-to-tank of transmission and distribution losses"


class Method(models.TextChoices):
    """Which of the two scope 2 totals a result belongs to."""

    BOTH = "both", "Both"
    LOCATION = "location", "Location-based"
    MARKET = "market", "Market-based"


# As a report or an offset names it: one of the two.
SCOPE_2_METHODS = [(value.value, value.label) for value in (Method.LOCATION, Method.MARKET)]


class Basis(models.TextChoices):
    """What the activity was multiplied with."""

    FACTOR = "annual_factor", "Factor of a published set"
    HALF_HOURLY = "half_hourly_intensity", "Grid intensity of each half hour"
    CONTRACT = "contract", "Contractual instrument, grid average for what it does not cover"
    GRID_AVERAGE = "grid_average", "Grid average, for want of a contractual instrument and of a residual mix"
    MODEL = "model", "Model of a language model's energy use"


class RunStatus(models.TextChoices):
    """How far a calculation is."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class OffsetStatus(models.TextChoices):
    """How far an offset has come."""

    AWAITING_PAYMENT = "awaiting_payment", "Reserved, awaiting payment"
    RETIRED = "retired", "Retired"
    ENDED = "ended", "Ended without a retirement"


class UnmatchedReason(models.TextChoices):
    """Why readings have no emissions."""

    NO_ACTIVITY = "no_activity", "No factor is known under this name"
    NO_REGION = "no_region", "No factor for this country"
    UNIT_MISMATCH = "unit_mismatch", "The unit cannot be turned into the factor's"
    UNKNOWN_UNIT = "unknown_unit", "The unit is not known"
    UNKNOWN_MODEL = "unknown_model", "The language model is not known"


# GHG Protocol, Corporate Value Chain (Scope 3) Standard.
SCOPE_3_CATEGORIES = {
    1: "Purchased goods and services",
    3: "Fuel- and energy-related activities",
    4: "Upstream transportation and distribution",
    5: "Waste generated in operations",
    6: "Business travel",
    7: "Employee commuting",
}
