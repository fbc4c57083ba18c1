"""A machine's key at data sources, syncs, files, webhooks and emissions: one scope opens all but making an offset."""

import pytest

from accounts.services import api_key_create
from integrations.api.offsets import OffsetListView
from integrations.models import SyncRun
from tests.api.test_keys_without_scope import routes
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer
from tests.integrations.source_factories import provider_row, source

OPENED = ("/datasources", "/webhook-endpoints", "/emissions", "/emission-factors")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def test_every_route_about_data_sources_names_the_scope():
    views = {view for route, view in routes() if route.startswith(OPENED)}

    unnamed = {
        f"{method} {view.__name__}"
        for view in views
        for method in METHODS
        if hasattr(view, method.lower()) and view.key_scopes.get(method) != "data-sources"
    }

    assert len(views) == 29
    # An offset retires, which is final.
    assert unnamed == {"POST OffsetListView"}
    assert OffsetListView.key_scopes["POST"] == "retire"


@pytest.mark.django_db
def test_a_key_with_the_scope_syncs_looks_and_subscribes_and_one_without_does_not():
    user = buyer()
    made = source(provider_row("bright", adapter="glowmarkt"), owner=user)
    run = SyncRun.objects.create(connection=made, sync_type="scheduled")
    api, other = (
        Api(api_key_create(user=user, password=PASSWORD, name=scope, scopes=[scope]).text)
        for scope in ("data-sources", "trade")
    )
    at = f"/datasources/{made.public_id}"
    calls = {
        ("POST", f"{at}/sync"): 409,  # one waits already
        ("GET", f"{at}/sync-logs"): 200,
        ("GET", f"{at}/sync-logs/{run.public_id}"): 200,
        ("GET", f"{at}/sync-logs/{run.public_id}/rejects"): 200,
        ("GET", f"{at}/gaps"): 200,
        ("GET", f"{at}/uploads"): 200,
        ("POST", f"{at}/webhook-address"): 201,
        ("GET", "/webhook-endpoints"): 200,
        ("POST", "/webhook-endpoints"): 400,  # nothing in it
    }

    assert {call: api.request(*call, {}).status_code for call in calls} == calls
    assert {other.request(*call, {}).status_code for call in calls} == {403}
