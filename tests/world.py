"""One registry with something of everything in it, and everybody who may call: made once for a whole module of tests.

Callers go by letters. A anonymous, O somebody else who is signed in; V, T and W viewer, trader and owner of the
organisation (W also holds credits, a purchase and a session of their own). Staff: S Super Admin, R Registry Officer,
E Reviewer, D Transactions Officer, U Auditor, I Viewer, N in no group; X a Super Admin who has set up no second factor
though the grace is over.

Each case runs in a savepoint that is rolled back, so all of them meet the same world.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import SignInSession, User
from accounts.roles import AUDITOR, REGISTRY_OFFICER, REVIEWER, SUPER_ADMIN, TRANSACTIONS_OFFICER, VIEWER
from accounts.services import (
    api_key_create,
    member_invite,
    organisation_approve,
    organisation_create,
    organisation_document_add,
    organisation_suspend,
)
from integrations.models import Integration
from integrations.services.catalogue import integrations_load
from integrations.services.connections import connection_create
from registry.choices import DocumentVisibility, ProjectStatus
from registry.models import BoundaryOverlap
from registry.services import monitoring_period_create
from tests.api_clients import Api
from tests.factories import (
    PASSWORD,
    PDF,
    DocumentFactory,
    MethodologyFactory,
    ProjectFactory,
    ProjectTypeFactory,
    StandardFactory,
    ValidatorFactory,
    buyer,
    member_of,
    person,
    person_token,
    project_in,
    square,
    staff_token,
)
from tests.ledger_factories import freeze, issuance_request, issued_batch, registered_project, submitted_period, wanted
from tests.purchase_factories import PRICE, reserved_purchase
from transactions.models import CreditPrice, HoldingAccount, LedgerEntry, PaymentIssue
from transactions.services import (
    RetirementDetails,
    credits_retire,
    credits_transfer,
    holding_account_open,
    reversal_request_create,
    transfer_offer_create,
)
from transactions.services.checkpoints import checkpoint_make
from transactions.services.prices import price_set
from transactions.services.purchases import purchase_mark_paid

GROUPS = {
    "S": SUPER_ADMIN,
    "R": REGISTRY_OFFICER,
    "E": REVIEWER,
    "D": TRANSACTIONS_OFFICER,
    "U": AUDITOR,
    "I": VIEWER,
    "N": "",
}
EVERYBODY = "AOVTWSREDUINXK"
STAFF = "SREDUINX"


@dataclass
class Caller:
    """Somebody who calls: over the API with a bearer token, at the pages with a cookie."""

    api: Api
    pages: Client
    user: User | None = None


@dataclass
class World:
    """What there is, by the names that tables use, and who calls, by letter."""

    names: dict[str, Any] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)

    def filled(self, value: Any) -> Any:
        """Return a path or body with its `{names}` replaced; a text that is one name alone becomes what it names."""
        if isinstance(value, dict):
            return {name: self.filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        if not isinstance(value, str) or "{" not in value:
            return value
        if value[1:-1] in self.names:
            found = self.names[value[1:-1]]
            return found if isinstance(found, int) else str(found)
        return value.format(**self.names)


def _like_a_test_case() -> Any:
    """Return a block that durable blocks of the code may stand in, as they may in Django's own test cases."""
    block: Any = transaction.atomic()
    block._from_testcase = True
    return block


@contextmanager
def one_world(blocker: Any, media: str) -> Iterator[World]:
    """Make the world, its files in the folder `media`, in a transaction that is rolled back at the end."""
    with blocker.unblock(), override_settings(MEDIA_ROOT=media), _like_a_test_case():
        world = World()
        _fill(world)
        yield world
        transaction.set_rollback(True)


@contextmanager
def one_case() -> Iterator[None]:
    """Undo at the end whatever happens within."""
    # A request through the WSGI door would close the connection that holds the world; Django's test client asks for
    # that again after each of its own requests.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with _like_a_test_case():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker, tmp_path_factory):
    """Stand in for the fixture that begins a transaction for each test: here one holds the world of a whole module."""
    with one_world(django_db_blocker, str(tmp_path_factory.mktemp("media"))) as made:
        yield made


@pytest.fixture(scope="module")
def world(db):
    """Return the world of this module."""
    return db


@pytest.fixture
def _files_in_a_folder_of_their_own():
    """Stand in for the fixture that gives each test a folder: the world's files are in its own."""


def what_is_stored(*, but: frozenset[str] = frozenset()) -> dict[str, tuple[int, int]]:
    """Return for each table how many rows it has and which transaction wrote last: any insert, update, delete shows."""
    names = sorted(set(connection.introspection.table_names()) - but)
    quoted = [connection.ops.quote_name(name) for name in names]
    counts = " UNION ALL ".join(
        f"SELECT {number}, count(*), coalesce(max(xmin::text::bigint), 0) FROM {name}"
        for number, name in enumerate(quoted)
    )
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return {names[number]: (rows, last) for number, rows, last in cursor.fetchall()}


def _fill(world: World) -> None:
    names = world.names
    owner = buyer(email="owner@example.org", username="owner_1")
    people = {
        "O": buyer(email="other@example.org", username="other_1"),
        "V": buyer(email="viewer@example.org", username="viewer_1"),
        "T": buyer(email="trader@example.org", username="trader_1"),
        "W": owner,
    }
    organisation = organisation_create(actor=owner, name="Harbour Bakery", country="PT")
    pending = organisation_create(actor=owner, name="Northern Mill", country="NO")
    approved = organisation_create(actor=owner, name="Old Brewery", country="BE")
    suspended = organisation_create(actor=owner, name="Southern Dairy", country="ES")
    officer = person(REGISTRY_OFFICER)
    for each in (organisation, approved, suspended):
        organisation_approve(actor=officer, pk=each.pk)
    organisation_suspend(actor=officer, pk=suspended.pk, note="Under inquiry.")
    for letter, role in (("V", "viewer"), ("T", "trader")):
        member_of(organisation, people[letter], role)
    names |= {
        "organisation": organisation.public_id,
        "pending": pending.public_id,
        "approved": approved.public_id,
        "suspended": suspended.public_id,
        "member": people["V"].public_id,
        "stranger": people["O"].public_id,
        "person": owner.public_id,
        "person_pk": owner.pk,
        "administrator": person(VIEWER, email="administrator@example.org").public_id,
        "administrator_pk": User.objects.get(email="administrator@example.org").pk,
        "invited": person(VIEWER, email="invited@example.org").public_id,
    }
    User.objects.filter(public_id=names["invited"]).update(password="!", email_confirmed_at=None)
    Authenticator.objects.create(user_id=names["administrator_pk"], type="totp", data={"secret": "unused"})
    names |= {
        "invitation": member_invite(
            actor=owner, organisation=organisation, email="other@example.org", role="viewer"
        ).public_id,
        "organisation_document": organisation_document_add(
            actor=owner, organisation=pending, title="Register", upload=ContentFile(PDF, name="register.pdf")
        ).public_id,
    }
    _projects(names)
    _credits(names, owner, organisation)
    _data_sources(names, owner, organisation)
    _sign_in(world, people)


def _projects(names):
    project = ProjectFactory(coordinates=square(0.0, 0.0, 1.0))
    ProjectFactory(coordinates=square(0.5, 0.0, 1.0))
    registered = registered_project(published=True)
    draft = monitoring_period_create(
        actor=person(REGISTRY_OFFICER),
        project=project,
        starts_on=date(2022, 1, 1),
        ends_on=date(2022, 12, 31),
        claimed_kg=5_000,
    )
    names |= {
        "project": project.pk,
        "version": project.version,
        "registered": registered.pk,
        "registered_slug": registered.slug,
        "accredited": registered.certifications.get().validator_id,
        "draft": draft.pk,
        "claimed": submitted_period(registered, year=2023, claimed_kg=5_000).pk,
        "submitted": project_in(ProjectStatus.SUBMITTED).pk,
        "overlap": BoundaryOverlap.objects.get().pk,
        "document": DocumentFactory(project=project).public_id,
        "public_document": DocumentFactory(project=registered, visibility=DocumentVisibility.PUBLIC).public_id,
        "type": ProjectTypeFactory().pk,
        "standard": StandardFactory().pk,
        "validator": ValidatorFactory().pk,
        "methodology": MethodologyFactory(standard=None).pk,
    }


def _credits(names: dict[str, Any], owner: User, organisation: Any) -> None:
    desk = person(TRANSACTIONS_OFFICER)
    batch = issued_batch(quantity_kg=200_000, project=registered_project(published=True, buffer_percentage=10))
    project, proceeds = batch.project, HoldingAccount.objects.get(project=batch.project)
    price_set(actor=desk, project=project, vintage=None, currency="EUR", price_per_credit=PRICE)
    own, shared = (
        holding_account_open(owner=owner, name="My credits"),
        holding_account_open(organisation=organisation, name="The bakery's credits"),
    )
    empty, frozen = (holding_account_open(owner=owner, name=name) for name in ("Empty", "Frozen"))
    theirs = holding_account_open(owner=User.objects.get(email="other@example.org"), name="Somebody else's")
    for account in (own, shared):
        credits_transfer(
            actor=None, from_account=proceeds, to_account=account, wanted=wanted(project, 20_000), note="To begin with"
        )
    wrong, other = LedgerEntry.objects.filter(kind="transfer").order_by("pk")
    retired = credits_retire(
        actor=owner,
        account=own,
        wanted=wanted(project, 1_000),
        details=RetirementDetails(beneficiary_name="Harbour Bakery", purpose="third_party"),
    )
    paid = reserved_purchase(batch, 1_000, buyer=owner)
    purchase_mark_paid(actor=desk, purchase_pk=paid.pk, reference="Bank 1")
    names |= {
        "selling": project.pk,
        "selling_slug": project.slug,
        "serial": batch.serial_root,
        "price": CreditPrice.objects.get().pk,
        "later_price": price_set(
            actor=desk,
            project=project,
            vintage=2024,
            currency="USD",
            price_per_credit=PRICE,
            valid_from=timezone.now() + timedelta(days=9),
        ).pk,
        "own": own.public_id,
        "own_pk": own.pk,
        "shared": shared.public_id,
        "empty": empty.public_id,
        "frozen": freeze(frozen.pk).public_id,
        "theirs": theirs.public_id,
        "purchase": reserved_purchase(batch, 1_000, buyer=owner).public_id,
        "guest_purchase": reserved_purchase(batch, 1_000, guest_email="guest@example.org").public_id,
        "paid": paid.public_id,
        "offer": transfer_offer_create(
            actor=owner, from_account=own, to_account=shared, wanted=wanted(project, 1_000)
        ).public_id,
        "retirement": retired.public_id,
        "entry": wrong.pk,
        "reversal": reversal_request_create(actor=person(SUPER_ADMIN), entry_pk=other.pk, reason="Wrong.").pk,
        "issuance": issuance_request(quantity_kg=5_000, project=project, year=2022).pk,
        "issue": PaymentIssue.objects.create(kind="dispute", subject="dp_1", details="Disputed.").pk,
    }
    checkpoint_make()


def _data_sources(names: dict[str, Any], owner: User, organisation: Any) -> None:
    integrations_load()
    by_hand = Integration.objects.get(slug="manual-entry")
    names["source"] = connection_create(
        actor=owner, integration=by_hand, organisation=organisation
    ).connection.public_id


def _sign_in(world: World, people: dict[str, User]) -> None:
    world.callers["A"] = Caller(Api(), Client(raise_request_exception=False))
    for letter, user in people.items():
        pages = Client(raise_request_exception=False)
        pages.post("/account/sign-in", {"email": user.email, "password": PASSWORD})
        world.callers[letter] = Caller(Api(person_token(user)), pages, user)
    for letter, role in (GROUPS | {"X": SUPER_ADMIN}).items():
        user = person(role)
        pages = Client(raise_request_exception=False)
        pages.force_login(user)
        world.callers[letter] = Caller(Api(str(staff_token(user))), pages, user)
    without = world.callers["X"].user
    assert without is not None
    User.objects.filter(pk=without.pk).update(second_factor_grace_from=None)
    key = api_key_create(user=people["W"], password=PASSWORD, name="Reads", scopes=["read"])
    world.callers["K"] = Caller(Api(key.text), Client(raise_request_exception=False), people["W"])
    sessions = SignInSession.objects.filter(user=people["W"])
    world.names |= {
        "session": sessions.get(kind="api").public_id,
        "key": key.key.public_id,
        "page_session": sessions.get(kind="pages").public_id,
        "nobody": uuid.UUID(int=0),
        "one": 1,
        "slug": "manual-entry",
        "staff_path": settings.STAFF_PATH.strip("/"),
    }
