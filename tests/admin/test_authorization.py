"""Every address of the staff admin by everybody: who opens which list, and that who may only look changes nothing.

A model that is new in the admin needs a line in `VIEWERS`: the letters (see `tests/world.py`) of those who may see it.
"""

import re

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from tests.api.authorization_table import LEDGERS_OF_ATTEMPTS
from tests.world import _files_in_a_folder_of_their_own, db, one_case, what_is_stored, world

__all__ = ["_files_in_a_folder_of_their_own", "db", "world"]

ALL = "SREDUI"
VIEWERS = {
    "accounts.organisation": "SRDU",
    "accounts.user": "SRU",
    "audit.event": "SU",
    "audit.seal": "SU",
    "audit.verification": "SU",
    "auth.group": "SU",
    "integrations.activitymapping": ALL,
    "integrations.connection": ALL,
    "integrations.emission": ALL,
    "integrations.emissionrun": ALL,
    "integrations.emissionsoffset": ALL,
    "integrations.factor": ALL,
    "integrations.factorset": ALL,
    "integrations.importrun": ALL,
    "integrations.incomingdelivery": ALL,
    "integrations.integration": ALL,
    "integrations.listingconflict": ALL,
    "integrations.oauthclient": ALL,
    "integrations.unmatchedactivity": ALL,
    "integrations.upload": ALL,
    "integrations.webhookdelivery": ALL,
    "integrations.webhookendpoint": ALL,
    "mail.outgoingmail": "SDU",
    "procrastinate.procrastinatejob": "SU",
    "registry.boundaryoverlap": ALL,
    "registry.country": ALL,
    "registry.document": ALL,
    "registry.methodology": ALL,
    "registry.monitoringperiod": ALL,
    "registry.project": ALL,
    "registry.projecttype": ALL,
    "registry.standard": ALL,
    "registry.standardvalidator": ALL,
    "transactions.checkpoint": ALL,
    "transactions.creditbatch": ALL,
    "transactions.creditprice": ALL,
    "transactions.holdingaccount": ALL,
    "transactions.issuancerequest": ALL,
    "transactions.ledgerentry": ALL,
    "transactions.ledgerverification": ALL,
    "transactions.movementapproval": ALL,
    "transactions.origincredits": ALL,
    "transactions.paymentissue": ALL,
    "transactions.retirement": ALL,
    "transactions.reversalrequest": ALL,
    "transactions.transaction": ALL,
    "transactions.transferoffer": ALL,
}
# Those who are nobody here, and those who may look at everything but change nothing.
OUTSIDE, LOOKING = "AOWX", "UIN"


def named(model):
    return f"{model._meta.app_label}.{model._meta.model_name}"


def addresses(patterns=None, prefix="/staff/"):
    """Yield every (route, pattern) of the admin site below its models."""
    for pattern in admin.site.urls[0] if patterns is None else patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from addresses(pattern.url_patterns, route)


def of_models():
    """Return the addresses below each model of the admin."""
    starts = {f"/staff/{name.replace('.', '/')}/": name for name in VIEWERS}
    return [(route, name) for route in addresses() for start, name in starts.items() if route.startswith(start)]


def filled(route, name):
    model = next(model for model in admin.site._registry if named(model) == name)
    row = model._default_manager.order_by("pk").first()
    pk = "0" if row is None else str(row.pk)
    return re.sub(r"<(?:(\w+):)?(\w+)>", lambda part: pk if part[2] in {"object_id", "pk"} else "x", route)


def test_every_model_of_the_admin_is_in_the_table():
    registered = {named(model) for model in admin.site._registry}

    assert registered - set(VIEWERS) == set(), "Add these to VIEWERS in tests/admin/test_authorization.py"
    assert set(VIEWERS) - registered == set(), "These are in the admin no more: take them out of VIEWERS"
    assert get_resolver().resolve(reverse("admin:index")).app_name == "admin"


@pytest.mark.parametrize("name", VIEWERS)
def test_lists_open_to_those_of_the_table(world, name):
    address = reverse(f"admin:{name.replace('.', '_')}_changelist")
    statuses = {}
    for letter in f"{OUTSIDE}SRED{LOOKING}":
        with one_case():
            statuses[letter] = world.callers[letter].pages.get(address).status_code

    expected = {letter: 302 if letter in OUTSIDE else 200 if letter in VIEWERS[name] else 403 for letter in statuses}
    assert statuses == expected


@pytest.mark.parametrize(("route", "name"), of_models(), ids=lambda value: value)
def test_who_may_only_look_changes_nothing_by_any_address(world, route, name):
    before = what_is_stored(but=LEDGERS_OF_ATTEMPTS)
    address = filled(route, name)
    wrong = {}
    for letter in f"{OUTSIDE}{LOOKING}":
        with one_case():
            answer = world.callers[letter].pages.post(
                address, {"post": "yes", "reason": "x", "action": "delete_selected"}
            )
            refused = answer.status_code in ({302} if letter in OUTSIDE else {200, 302, 400, 403, 404, 405, 409})
            after = what_is_stored(but=LEDGERS_OF_ATTEMPTS)
            changed = [table for table in after if after[table] != before[table]]
            if changed or not refused:
                wrong[letter] = (answer.status_code, changed)

    assert wrong == {}
