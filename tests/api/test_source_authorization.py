"""Who may call what of the catalogue and of data sources: as nobody, somebody else, the owner and staff."""

import pytest

from carboncore.common.api.docs import published_schema
from integrations.choices import ConnectionStatus
from integrations.models import Connection
from integrations.services.catalogue import integrations_load
from tests.api_clients import Api, buyer_client
from tests.integrations.source_factories import provider_row, source

pytestmark = pytest.mark.django_db
CALLERS = ("anonymous", "other", "owner", "viewer", "super_admin")
CSV = {"integration_id": "csv-upload", "metadata": {"name": "Office"}}

# method, address, body, the status for each of CALLERS, and whose call changes the owner's source
TABLE = [
    ("GET", "/integrations", None, (200, 200, 200, 200, 200), ""),
    ("GET", "/integrations/{slug}", None, (200, 200, 200, 200, 200), ""),
    ("GET", "/datasources", None, (401, 200, 200, 200, 200), ""),
    ("POST", "/datasources", CSV, (401, 201, 201, 201, 201), ""),
    ("GET", "/datasources/{public_id}", None, (401, 404, 200, 404, 404), ""),
    ("PUT", "/datasources/{public_id}", {"status": "disabled"}, (401, 404, 200, 404, 404), "owner"),
    ("DELETE", "/datasources/{public_id}", None, (401, 404, 200, 404, 404), "owner"),
    ("GET", "/oauth/callback", None, (400, 400, 400, 400, 400), ""),
]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_only_the_owner_gets_at_a_source(staff, row, caller):
    method, path, body, statuses, changes = row
    integrations_load()
    owner = buyer_client()
    made = source(provider_row("csv-upload"), owner=owner.user)
    clients = {
        "anonymous": Api,
        "other": buyer_client,
        "owner": lambda: owner,
        "viewer": lambda: staff("Viewer"),
        "super_admin": lambda: staff("Super Admin"),
    }

    answer = clients[caller]().request(method, path.format(slug="openai", public_id=made.public_id), body)

    assert answer.status_code == statuses[CALLERS.index(caller)], answer.content
    changed = Connection.objects.get(pk=made.pk).status != ConnectionStatus.ACTIVE
    assert changed is (caller == changes)


def test_the_schema_describes_these_addresses():
    described = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in published_schema()["paths"].items()
        for method in operations
    }

    assert {(method, path) for method, path, *_ in TABLE} <= described
