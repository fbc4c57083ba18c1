"""Settings of a test run: the real ones, on a throw-away cluster, with every N+1 query an error.

`TEST_DATABASE_URL` names another PostgreSQL to test on. The throw-away cluster's address is only worked out here;
`tests/conftest.py` starts it when the first test asks for a database.
"""

import os

from django.contrib.auth.hashers import Argon2PasswordHasher

from tests import cluster

os.environ["DATABASE_URL"] = cluster.address()
os.environ["DEBUG"] = "true"
os.environ["HTTPS"] = "false"
# All tests are one address to the server. Those of the limits set the limits that they are about.
os.environ["RATE_LIMITS"] = "off"
# Each run, with its workers, has databases of its own, so that two runs of one checkout do not meet.
TEST_RUN = os.environ.setdefault("CARBONCORE_TEST_RUN", str(os.getpid()))

from carboncore.settings import *  # noqa: E402, F403
from carboncore.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE  # noqa: E402

BEARER_REQUESTS = "carboncore.common.api.bearer_requests.BearerRequestsMiddleware"
DATABASES["default"]["TEST"] = {"NAME": f"test_carboncore_{TEST_RUN}"}
INSTALLED_APPS += ["zeal"]
# Before the first that answers requests that write; the others it then watches too.
MIDDLEWARE.insert(MIDDLEWARE.index(BEARER_REQUESTS), "zeal.middleware.zeal_middleware")
ZEAL_RAISE = True
# Batches are locked one after the other on purpose, each just before its blocks are read (transactions/locks.py).
ZEAL_ALLOWLIST = [
    {"model": "transactions.CreditBatch", "field": "get()"},
    # A service locks the project that its caller has locked already: the same row once more.
    {"model": "registry.Project", "field": "get()"},
    # Deliveries of one event that arrive together each look for the row that the first one made.
    {"model": "transactions.StripeEvent", "field": "get()"},
    # Django fetches the row of a session that has ended once more to delete it.
    {"model": "sessions.Session", "field": "get()"},
]
DEBUG = False
# Addresses from `live_server` and Django's test client.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]


class CheapArgon2(Argon2PasswordHasher):
    """The algorithm of the real settings at a cost that a thousand test users can bear."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


PASSWORD_HASHERS = ["tests.settings.CheapArgon2"]
