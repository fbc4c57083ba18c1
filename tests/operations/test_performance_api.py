"""`GET /performance`: who may see it, and that its figures are those of the requests."""

import pytest

from accounts.roles import ROLE_NAMES
from carboncore.common.observing import metrics

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_role_may_see_it(staff, role):
    assert staff(role).get("/api/v1/performance").status_code == 200


def test_nobody_else_may(api, staff):
    assert api.get("/api/v1/performance").status_code == 401
    assert staff("").get("/api/v1/performance").status_code == 403


def test_times_are_means_and_errors_are_those_of_the_server(super_admin):
    # given a route with three answers of two seconds each, one of them an error, and one that was asked wrongly
    for status in (200, 404, 500):
        metrics.request_answered("PATCH", "/an/invented/route", status, 2.0)

    body = super_admin.get("/api/v1/performance").json()

    assert body["endpoints"]["PATCH /an/invented/route"] == {
        "count": 3,
        "avg_response_time": 2.0,
        "error_rate": 0.333333,
    }
    assert body["summary"]["endpoint_count"] == len(body["endpoints"])
