"""Records for tests, made through the services wherever there is one, so that they are as true as real ones.

People: `UserFactory()`, `person(REVIEWER)`. Projects: `ProjectFactory(country=…)` is a draft, `ready_project()`
lacks nothing for registration, `project_in(ProjectStatus.REGISTERED)` has been moved there by three people, and
`projects_in_bulk(3_000)` makes many quickly. Each boundary is a square of its own, so nothing overlaps by accident.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Membership, Organisation, User
from accounts.roles import REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN
from accounts.services import person_sign_in, staff_session_start
from accounts.tokens import StaffToken
from registry.choices import DocumentVisibility, OriginRegistry, ProjectStatus
from registry.geometry import parse_boundary
from registry.models import (
    Country,
    Document,
    Methodology,
    Project,
    ProjectCredits,
    ProjectType,
    Standard,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.services import (
    document_add,
    project_create,
    project_move,
    project_publish,
    project_search_text,
    project_slug,
    search_words_add,
)

PASSWORD = "seven quiet herons on the lake 7"
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
SQUARE_DEGREES = 0.1


class UserFactory(DjangoModelFactory):
    """A staff member with the password `PASSWORD`, in no group; see `person`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = factory.Sequence(lambda n: f"Person Number {n}")
    password = PASSWORD
    is_staff = True
    email_confirmed_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(**fields)

    @factory.post_generation
    def groups(user: User, create: bool, names: tuple[str, ...] | None, **_: Any) -> None:  # noqa: N805
        """Put the user into the groups of these names (`groups=[VIEWER]`)."""
        user.groups.set(Group.objects.filter(name__in=names or ()))


def person(role: str = "", **fields: Any) -> User:
    """Return a new staff member in one of the staff groups (none when `role` is empty)."""
    return UserFactory(groups=[role] if role else [], **fields)


def buyer(**fields: Any) -> User:
    """Return a person who registered, confirmed their e-mail and has the password `PASSWORD`."""
    number = User.objects.count()
    return UserFactory(is_staff=False, username=fields.pop("username", f"buyer_{number}"), **fields)


def member_of(organisation: Organisation, user: User, role: str) -> Membership:
    """Make somebody a member, as an invitation that they accepted does, without the mails about it."""
    return Membership.objects.create(organisation=organisation, user=user, role=role)


def person_token(user: User, password: str = PASSWORD) -> str:
    """Return an access token of a person, who signs in for it."""
    return person_sign_in(email=user.email, password=password).access_token


def staff_token(user: User) -> StaffToken:
    """Return a token of a staff member, of a session of its own."""
    return StaffToken.for_session(staff_session_start(user=user))


class ProjectTypeFactory(DjangoModelFactory):
    """A type that needs no boundary; `land_based=True` makes one that does."""

    class Meta:
        model = ProjectType

    code = factory.Sequence(lambda n: f"T{n}")
    name = factory.Sequence(lambda n: f"Type {n}")
    category = "Forest"


class StandardFactory(DjangoModelFactory):
    class Meta:
        model = Standard

    code = factory.Sequence(lambda n: f"STD{n}")
    name = factory.Sequence(lambda n: f"Standard number {n}")
    version = "4.0"
    url = "https://standards.example.org/four"


class MethodologyFactory(DjangoModelFactory):
    class Meta:
        model = Methodology

    code = factory.Sequence(lambda n: f"VM{n:04d}")
    name = factory.Sequence(lambda n: f"Methodology {n}")
    standard = factory.SubFactory(StandardFactory)


class ValidatorFactory(DjangoModelFactory):
    class Meta:
        model = StandardValidator

    name = factory.Sequence(lambda n: f"Verification Body {n}")
    accreditation_body = "National Accreditation Board"


class AccreditationFactory(DjangoModelFactory):
    class Meta:
        model = ValidatorAccreditation

    validator = factory.SubFactory(ValidatorFactory)
    standard = factory.SubFactory(StandardFactory)
    valid_from = date(2020, 1, 1)
    valid_to = date(2029, 12, 31)


def country(code: str = "BR") -> Country:
    """Return one of the countries that the migrations filled in."""
    return Country.objects.get(pk=code)


def square(west: float, south: float, size: float = SQUARE_DEGREES) -> dict[str, Any]:
    """Return a GeoJSON square whose lower left corner is at (west, south), in degrees."""
    east, north = round(west + size, 7), round(south + size, 7)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def lonely_square(number: int) -> dict[str, Any]:
    """Return the square of this number; no two numbers below 100,000 touch."""
    row, column = divmod(number, 700)
    return square(round(-170 + column * 0.4, 1), round(-50 + row * 0.4, 1))


class ProjectFactory(DjangoModelFactory):
    """A draft made by `project_create`; any editable field, `standards=` and `document_links=` may be given."""

    class Meta:
        model = Project

    project_name = factory.Sequence(lambda n: f"Forest Project {n}")
    project_initiator = "Green Initiators Ltd"
    project_type = factory.SubFactory(ProjectTypeFactory)
    country = factory.LazyFunction(country)
    region = "Acre"
    vintage_year = 2020

    @classmethod
    def _create(cls, model_class: type[Project], *args: Any, **fields: Any) -> Project:
        apart = {name: fields.pop(name) for name in ("standards", "document_links") if name in fields}
        return project_create(actor=fields.pop("actor", None), fields=fields, **apart)


class ReadyProjectFactory(ProjectFactory):
    """A draft that lacks nothing but its verification body; see `ready_project`."""

    project_type = factory.SubFactory(ProjectTypeFactory, land_based=True)
    coordinates = factory.Sequence(lonely_square)
    tree_types = ["Pinus oocarpa", "oak"]
    methodology = factory.SubFactory(MethodologyFactory)
    crediting_period_start = date(2020, 1, 1)
    crediting_period_end = date(2049, 12, 31)
    estimated_annual_reductions = Decimal("12500.000")
    total_area = Decimal("12000.00")
    validation_date = date(2021, 6, 30)
    standards = factory.LazyFunction(lambda: [StandardFactory().code])


def ready_project(**fields: Any) -> Project:
    """Return a draft that has all that every move of the lifecycle asks for."""
    project: Project = ReadyProjectFactory(**fields)
    for certification in project.certifications.filter(validator__isnull=True):
        certification.validator = ValidatorFactory()
        certification.certificate_number = f"CERT-{certification.pk}"
        certification.save()
    return project


# The moves that lead from a draft to each status, each with the role of its actor.
_WAY_TO: dict[str, tuple[str, ...]] = {
    ProjectStatus.DRAFT: (),
    ProjectStatus.SUBMITTED: ("submit",),
    ProjectStatus.UNDER_VALIDATION: ("submit", "begin_validation"),
    ProjectStatus.RETURNED: ("submit", "return"),
    ProjectStatus.REJECTED: ("submit", "reject"),
    ProjectStatus.REGISTERED: ("submit", "begin_validation", "register"),
    ProjectStatus.SUSPENDED: ("submit", "begin_validation", "register", "suspend"),
    ProjectStatus.COMPLETED: ("submit", "begin_validation", "register", "complete"),
    ProjectStatus.WITHDRAWN: ("withdraw",),
}
_ROLE_FOR = {"begin_validation": REVIEWER, "return": REVIEWER, "reject": REVIEWER, "register": SUPER_ADMIN}


def project_in(status: str, *, published: bool = False, **fields: Any) -> Project:
    """Return a project that different people have moved to `status`, through the real moves."""
    project = ready_project(**fields)
    for move in _WAY_TO[status]:
        actor = person(_ROLE_FOR.get(move, REGISTRY_OFFICER))
        project = project_move(actor=actor, pk=project.pk, move=move, comment=f"{move}, as the test wants")
    if published:
        project = project_publish(pk=project.pk, published=True)
    return project


class DocumentFactory(DjangoModelFactory):
    """A small PDF, internal; `url=` makes a link of it, `content=` and `name=` another file."""

    class Meta:
        model = Document

    title = factory.Sequence(lambda n: f"Document {n}")
    visibility = DocumentVisibility.INTERNAL

    @classmethod
    def _create(cls, model_class: type[Document], *args: Any, **details: Any) -> Document:
        project = details.pop("project", None) or ProjectFactory()
        actor, name = details.pop("actor", None), details.pop("name", "report.pdf")
        content = details.pop("content", PDF)
        upload = None if details.get("url") else ContentFile(content, name=name)
        return document_add(actor=actor, project=project, details=details, upload=upload)


def projects_in_bulk(
    count: int,
    *,
    status: str = ProjectStatus.REGISTERED,
    published: bool = True,
    with_boundaries: bool = False,
    **fields: Any,
) -> list[Project]:
    """Return many projects as an import leaves them (an origin registry, empty credit figures), made in few queries."""
    fields = {
        "project_type": fields.get("project_type") or ProjectTypeFactory(),
        "country": fields.get("country") or country(),
        **fields,
    }
    projects = [_imported(number, status, published, fields) for number in range(count)]
    if with_boundaries:
        for number, project in enumerate(projects):
            _give_boundary(project, lonely_square(number))
    Project.objects.bulk_create(projects, batch_size=500)
    ProjectCredits.objects.bulk_create([ProjectCredits(project=project) for project in projects], batch_size=1_000)
    search_words_add([project.search_text for project in projects])
    return projects


def _imported(number: int, status: str, published: bool, fields: dict[str, Any]) -> Project:
    given = {
        "project_name": f"Imported Project {number}",
        "project_initiator": f"Proponent {number % 50}",
        "region": f"Region {number % 20}",
        "vintage_year": 2000 + number % 25,
        "origin_registry": OriginRegistry.VCS,
        "origin_id": f"VCS{timezone.now():%H%M%S%f}{number}",
        "tree_types": ["Tectona grandis"],
        "estimated_annual_reductions": Decimal(1000 + number),
        **fields,
    }
    project = Project(status=status, published=published, **given)
    project.slug = project_slug(project)
    project.search_text = project_search_text(project)
    return project


def _give_boundary(project: Project, geojson: dict[str, Any]) -> None:
    boundary = parse_boundary(geojson)
    project.coordinates, project.area_ha = boundary.geometry, boundary.area_ha
    project.centroid_longitude, project.centroid_latitude = boundary.centroid_longitude, boundary.centroid_latitude
    project.bbox_west, project.bbox_south = boundary.west, boundary.south
    project.bbox_east, project.bbox_north = boundary.east, boundary.north
