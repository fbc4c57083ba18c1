"""The lists of the catalogue: project types, standards, verification bodies, methodologies, countries."""

from carboncore.common.api.json_rows import RowShape
from carboncore.common.api.listing import BY_ID, Listing, Ordering
from registry.api.catalogue_shapes import (
    COUNTRY_SHAPE,
    MethodologySerializer,
    ProjectTypeSerializer,
    PublicProjectTypeSerializer,
    StaffStandardSerializer,
    StandardSerializer,
    ValidatorSerializer,
)

_BY_CODE = {"code": Ordering('"row"."code"', "text"), **BY_ID}
_BY_NAME = {"name": Ordering('"row"."name"', "text"), **BY_ID}

COUNTRIES = COUNTRY_SHAPE
PUBLIC_PROJECT_TYPES = Listing(RowShape(PublicProjectTypeSerializer), orderings=_BY_CODE, default_ordering="code")
PUBLIC_STANDARDS = Listing(RowShape(StandardSerializer), orderings=_BY_CODE, default_ordering="code")
PROJECT_TYPES = Listing(RowShape(ProjectTypeSerializer), orderings=_BY_CODE, default_ordering="code")
STANDARDS = Listing(RowShape(StaffStandardSerializer), orderings=_BY_CODE, default_ordering="code")
VALIDATORS = Listing(RowShape(ValidatorSerializer), orderings=_BY_NAME, default_ordering="name")
METHODOLOGIES = Listing(RowShape(MethodologySerializer), orderings=_BY_CODE, default_ordering="code")
