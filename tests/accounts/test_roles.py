"""The staff groups: each with exactly the permissions of a table written by hand, whatever was done to it before."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.roles import (
    AUDITOR,
    REGISTRY_OFFICER,
    REVIEWER,
    ROLE_NAMES,
    SUPER_ADMIN,
    TRANSACTIONS_OFFICER,
    VIEWER,
    client_permissions,
    role_of,
    sync_roles,
)
from tests.factories import UserFactory, person

pytestmark = pytest.mark.django_db

REGISTRY_MODELS = {
    "boundaryoverlap", "country", "document", "methodology", "monitoringperiod", "project", "projectcredits",
    "projectstandard", "projectstatuschange", "projecttype", "searchword", "standard", "standardvalidator",
    "validatoraccreditation",
}  # fmt: skip
REGISTRY_HISTORIES = {
    "historicalboundaryoverlap", "historicaldocument", "historicalmethodology", "historicalmonitoringperiod",
    "historicalproject", "historicalprojectstandard", "historicalprojecttype", "historicalstandard",
    "historicalstandardvalidator", "historicalvalidatoraccreditation",
}  # fmt: skip
MOVES = {
    "submit_project", "validate_project", "register_project", "suspend_project", "withdraw_project",
    "publish_project", "settle_overlap", "verify_monitoringperiod",
}  # fmt: skip
VIEWS = {f"view_{model}" for model in REGISTRY_MODELS | REGISTRY_HISTORIES}
EDITS = {f"{verb}_{model}" for verb in ("add", "change") for model in REGISTRY_MODELS}

REGISTRY_PERMISSIONS = {
    SUPER_ADMIN: VIEWS | EDITS | {f"delete_{model}" for model in REGISTRY_MODELS} | MOVES,
    REGISTRY_OFFICER: VIEWS
    | EDITS
    | MOVES
    | {"delete_document", "delete_projectstandard", "delete_validatoraccreditation"},
    REVIEWER: VIEWS | {"validate_project", "settle_overlap", "verify_monitoringperiod"},
    TRANSACTIONS_OFFICER: VIEWS,
    AUDITOR: VIEWS,
    VIEWER: VIEWS,
}
ACCOUNTS_PERMISSIONS = {
    SUPER_ADMIN: {
        f"{verb}_{model}"
        for verb in ("add", "change", "delete", "view")
        for model in ("user", "signinattempt", "organisation", "membership")
    }
    | {"view_historicalorganisation", "view_historicalmembership", "view_signinsession"}
    | {"lift_lockout", "work_transactions", "approve_organisation", "reset_factors"},
    REGISTRY_OFFICER: {
        "lift_lockout", "view_user", "approve_organisation", "view_organisation", "view_membership",
        "view_historicalorganisation", "view_historicalmembership",
    },
    REVIEWER: set(),
    TRANSACTIONS_OFFICER: {"work_transactions", "view_organisation", "view_membership"},
    AUDITOR: {
        "view_user", "view_signinattempt", "view_signinsession", "view_organisation", "view_membership",
        "view_historicalorganisation", "view_historicalmembership",
    },
    VIEWER: set(),
}  # fmt: skip
# Approvals of the ledger: what is neither viewing, adding, changing nor deleting a row.
LEDGER_APPROVALS = {
    SUPER_ADMIN: {"approve_issuancerequest", "approve_reversalrequest"},
    REGISTRY_OFFICER: {"approve_issuancerequest"},
    REVIEWER: set(),
    TRANSACTIONS_OFFICER: {"approve_reversalrequest"},
    AUDITOR: set(),
    VIEWER: set(),
}
TRAIL = {"view_event", "view_seal", "view_verification", "export_event"}
AUDIT_PERMISSIONS = {SUPER_ADMIN: TRAIL, AUDITOR: TRAIL}


def permissions_of(role, app):
    found = Permission.objects.filter(group__name=role, content_type__app_label=app)
    return set(found.values_list("codename", flat=True))


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_each_group_holds_exactly_its_registry_permissions(role):
    assert permissions_of(role, "registry") == REGISTRY_PERMISSIONS[role]


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_each_group_holds_exactly_its_accounts_permissions(role):
    assert permissions_of(role, "accounts") == ACCOUNTS_PERMISSIONS[role]


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_the_audit_trail_is_read_by_whom_it_is_for_and_written_by_nobody(role):
    assert permissions_of(role, "audit") == AUDIT_PERMISSIONS.get(role, set())


def test_an_auditor_changes_nothing():
    held = Permission.objects.filter(group__name=AUDITOR).values_list("codename", flat=True)

    assert {name for name in held if not name.startswith("view_")} == {"export_event"}


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_each_group_holds_exactly_its_approvals_of_the_ledger(role):
    held = permissions_of(role, "transactions")

    assert {name for name in held if name.startswith("approve_")} == LEDGER_APPROVALS[role]


def test_a_registry_officer_asks_for_credits_and_writes_nothing_else_of_the_ledger():
    held = permissions_of(REGISTRY_OFFICER, "transactions")

    assert {name for name in held if not name.startswith("view_")} == {
        "add_issuancerequest",
        "approve_issuancerequest",
    }


@pytest.mark.parametrize("role", [REVIEWER, TRANSACTIONS_OFFICER, AUDITOR, VIEWER])
def test_nobody_else_may_change_the_registry(role):
    work = Permission.objects.filter(group__name=role, content_type__app_label__in=["registry", "auth", "integrations"])
    may = set(work.exclude(codename__startswith="view_").values_list("codename", flat=True))

    assert may == ({"validate_project", "settle_overlap", "verify_monitoringperiod"} if role == REVIEWER else set())


def test_history_can_be_written_by_no_group():
    held = Permission.objects.filter(group__isnull=False, codename__contains="historical")

    assert held.exists()
    assert not held.exclude(codename__startswith="view_").exists()


def test_applying_the_table_again_changes_nothing():
    before = set(Group.permissions.through.objects.values_list("group__name", "permission_id"))

    sync_roles()

    assert set(Group.permissions.through.objects.values_list("group__name", "permission_id")) == before
    assert before


def test_an_edited_built_in_group_is_restored_and_another_group_is_left_alone():
    reviewer, own = Group.objects.get(name=REVIEWER), Group.objects.create(name="Night watch")
    too_much = Permission.objects.get(codename="delete_project")
    reviewer.permissions.set([too_much])
    own.permissions.set([too_much])

    sync_roles()

    assert permissions_of(REVIEWER, "registry") == REGISTRY_PERMISSIONS[REVIEWER]
    assert [*own.permissions.all()] == [too_much]


def test_a_deleted_built_in_group_comes_back():
    Group.objects.filter(name=VIEWER).delete()

    sync_roles()

    assert permissions_of(VIEWER, "registry") == VIEWS


@pytest.mark.parametrize(
    ("role", "shown", "flags"),
    [
        (SUPER_ADMIN, "SuperAdmin",
         {"projects": True, "standards": True, "transactions": True, "types": True, "delete": True, "users": True}),
        (REGISTRY_OFFICER, "RegistryOfficer",
         {"projects": True, "standards": True, "transactions": False, "types": True, "delete": False}),
        (REVIEWER, "Reviewer",
         {"projects": False, "standards": False, "transactions": False, "types": False, "delete": False}),
        (TRANSACTIONS_OFFICER, "TransactionsOfficer",
         {"projects": False, "standards": False, "transactions": True, "types": False, "delete": False}),
        (AUDITOR, "Auditor",
         {"projects": False, "standards": False, "transactions": False, "types": False, "delete": False}),
        (VIEWER, "Viewer",
         {"projects": False, "standards": False, "transactions": False, "types": False, "delete": False}),
        ("", "", {"projects": False, "standards": False, "transactions": False, "types": False, "delete": False}),
    ],
)  # fmt: skip
def test_what_clients_are_told_to_show(role, shown, flags):
    user = person(role)

    assert role_of(user) == shown
    assert client_permissions(user) == flags


def test_the_first_role_in_order_of_precedence_is_shown():
    assert role_of(UserFactory(groups=[VIEWER, TRANSACTIONS_OFFICER, REVIEWER])) == "Reviewer"


def test_a_superuser_is_a_super_admin():
    user = UserFactory(is_superuser=True)

    assert role_of(user) == "SuperAdmin"
    assert client_permissions(user) == dict.fromkeys(
        ["projects", "standards", "transactions", "types", "delete", "users"], True
    )


def test_a_deactivated_super_admin_is_told_to_show_nothing():
    user = person(SUPER_ADMIN, is_active=False)

    assert not any(client_permissions(user).values())
    assert "users" not in client_permissions(user)
