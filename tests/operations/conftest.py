"""The server that most of these tests look at: two web processes, error reports to a double, a purchase by card."""

import json

import pytest

from tests.api_clients import api, officer, staff, super_admin
from tests.doubles.sentry_server import SentryDouble
from tests.doubles.stripe_server import SECRET_KEY, WEBHOOK_SECRET, StripeDouble
from tests.operations.servers import Server

__all__ = ["api", "officer", "staff", "super_admin"]

SELLING = """
import json
from tests.api_clients import staff_token
from tests.factories import person
from tests.purchase_factories import selling_batch
project = selling_batch(quantity_kg=1_000_000_000).project_id
officer = person("Super Admin", email="officer-7731@staff.example", password="Correct-Horse-7731")
print(json.dumps({"project": project, "officer": officer.pk, "token": str(staff_token(officer))}))
"""


@pytest.fixture(scope="session")
def reports():
    double = SentryDouble().start()
    yield double
    double.stop()


@pytest.fixture(scope="session")
def server(reports):
    stripe = StripeDouble().start()
    made = Server(
        RATE_LIMITS="off",
        STRIPE_SECRET_KEY=SECRET_KEY,
        STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        STRIPE_API_BASE=stripe.base,
        SENTRY_DSN=reports.dsn,
        SLOW_QUERY_MS="150",
    )
    try:
        made.manage("migrate", "--verbosity", "0")
        made.known = json.loads(made.python(SELLING).splitlines()[-1])
        yield made.start(workers=2)
    finally:
        made.close()
        stripe.stop()
