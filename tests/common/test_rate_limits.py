"""Limits as a caller meets them: 429 in the contract's words, the headers, who counts as whom, and what it costs."""

import ipaddress
import re
import subprocess
import sys

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import SUPER_ADMIN
from carboncore.common.rate_limits.declare import address_group
from carboncore.common.rate_limits.limiter import Limiter, limiter
from carboncore.common.rate_limits.scopes import SCOPES, Rate, limits_from
from carboncore.common.rate_limits.stores import MemoryStore, StoreDown
from tests.factories import PASSWORD, person

HEADERS = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
WRONG = {"email": "nobody@registry.test", "password": "wrong-but-long"}


def log_in(client, address="198.51.100.7", **more):
    return client.post("/admin/login", WRONG, content_type="application/json", REMOTE_ADDR=address, **more)


def remaining(answer):
    return [int(answer[name]) for name in HEADERS[:2]]


# --- what is answered


def test_the_call_over_the_limit_is_refused_in_the_contracts_words(client, limits):
    limits("anonymous-write=2/h")
    assert [log_in(client).status_code for _ in range(2)] == [401, 401]

    answer = log_in(client)

    assert answer.status_code == 429
    body = answer.json()
    assert sorted(body) == ["code", "error", "message"]
    assert body["code"] == "throttled"
    assert re.fullmatch(r"Too many requests from you\. Wait \d+ minutes and try again\.", body["message"])
    assert remaining(answer) == [2, 0]
    assert answer["Retry-After"] == answer["RateLimit-Reset"]
    assert 1 <= int(answer["Retry-After"]) <= 2 * 3600
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_every_limited_answer_says_what_is_left(client, limits):
    limits("anonymous-write=5/h")

    answers = [log_in(client), log_in(client), client.post("/no/such/address", REMOTE_ADDR="198.51.100.7")]

    assert [remaining(answer) for answer in answers] == [[5, 4], [5, 3], [5, 2]]
    assert all(1 <= int(answer["RateLimit-Reset"]) <= 3600 for answer in answers)


def test_without_a_limit_there_is_no_header(client, limits):
    limits()

    assert not [name for name in HEADERS if name in log_in(client)]


def test_front_ends_of_other_origins_may_read_the_headers(client, limits):
    limits("public-read=10/h")

    answer = client.get("/projects", HTTP_ORIGIN="https://market.example")

    exposed = answer["Access-Control-Expose-Headers"].split(", ")
    assert {*HEADERS, "Retry-After"} <= set(exposed)


@pytest.mark.parametrize("path", ["/projects", "/api/v1/projects", "/api/docs", "/", "/api/v1/nothing", "/nothing"])
def test_reads_have_a_limit_of_their_own_whatever_they_ask_for(client, limits, path):
    limits("public-read=2/h", "anonymous-write=1/h")
    statuses = [client.get(path).status_code for _ in range(2)]
    assert 429 not in statuses

    answer = client.get(path, HTTP_ACCEPT="application/json")

    assert answer.status_code == 429
    assert answer.json()["code"] == "throttled"
    assert remaining(answer) == [2, 0]
    assert log_in(client, "127.0.0.1").status_code == 401  # writes are counted apart


def test_probes_are_starved_by_no_reads_and_have_a_guard_of_their_own(client, limits):
    limits("public-read=1/h", "probe=3/h")
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]

    probes = ["/health", "/health/ready?checks=database", "/metrics", "/health"]

    assert [client.get(path).status_code for path in probes] == [200, 200, 404, 429]


def test_a_browser_gets_a_page(client, limits):
    limits("public-read=1/h")
    client.get("/")

    answer = client.get("/proof?page=<2>", HTTP_ACCEPT="text/html,application/xhtml+xml,*/*;q=0.8")

    assert answer.status_code == 429
    assert answer["Content-Type"].startswith("text/html")
    page = answer.content.decode()
    assert "That was too much at once." in page
    assert 'href="/proof?page=%3C2%3E">Try again</a>' in page
    assert "what you entered" not in page
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_looking_at_the_staff_sign_in_is_no_attempt_and_posting_to_it_is(client, limits):
    limits("sign-in=2/h")
    assert [client.get("/staff/login/").status_code for _ in range(5)] == [200] * 5
    form = {"username": "nobody@registry.test", "password": "wrong-but-long"}

    assert [client.post("/staff/login/", form).status_code for _ in range(3)] == [200, 200, 429]
    # Both doors are one scope.
    assert log_in(client, "127.0.0.1").status_code == 429


# --- who is who


def test_addresses_are_counted_apart(client, limits):
    limits("anonymous-write=1/h")

    assert log_in(client, "198.51.100.7").status_code == 401
    assert log_in(client, "198.51.100.8").status_code == 401
    assert log_in(client, "198.51.100.7").status_code == 429


def test_an_invented_forwarded_for_gives_no_new_allowance(client, limits):
    limits("anonymous-write=1/h")

    assert log_in(client, HTTP_X_FORWARDED_FOR="203.0.113.1").status_code == 401
    assert log_in(client, HTTP_X_FORWARDED_FOR="203.0.113.2").status_code == 429


def test_behind_a_trusted_proxy_each_client_has_its_own(client, limits, settings):
    settings.TRUSTED_PROXIES = (ipaddress.ip_network("10.0.0.1"),)
    limits("anonymous-write=1/h")

    assert log_in(client, "10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.1").status_code == 401
    assert log_in(client, "10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.2").status_code == 401
    assert log_in(client, "10.0.0.1", HTTP_X_FORWARDED_FOR="9.9.9.9, 203.0.113.1").status_code == 429


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::2", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "address:2001:db8:1:3::/64"),
        (None, "address:unknown"),
    ],
)
def test_an_ipv6_customer_is_one_however_many_addresses_it_has(address, group):
    assert address_group(address) == group


def test_a_signed_in_person_is_counted_as_that_person_and_not_as_the_address(client, limits):
    limits("public-read=1/h", "user-read=2/h", "sign-in=1/h")
    login = {"email": person(SUPER_ADMIN).email, "password": PASSWORD}
    signed_in = client.post("/admin/login", login, content_type="application/json")
    assert signed_in.status_code == 200, signed_in.content
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {signed_in.json()['token']}"}
    client.get("/projects")

    statuses = [
        client.get("/admin/projects", REMOTE_ADDR=address, **bearer).status_code
        for address in ("127.0.0.1", "198.51.100.7", "198.51.100.8")
    ]

    assert statuses == [200, 200, 429]


def test_a_token_that_is_refused_counts_for_its_address(client, limits):
    limits("public-read=2/h")

    statuses = [client.get("/admin/projects", HTTP_AUTHORIZATION=f"Bearer junk{n}").status_code for n in range(3)]

    assert statuses == [401, 401, 429]


# --- what it costs, and what if the store is down


def test_a_read_costs_no_statement_of_its_own(client, limits):
    limits()
    with CaptureQueriesContext(connection) as without:
        client.get("/projects")
    limits("public-read=100000/h")
    with CaptureQueriesContext(connection) as first:
        client.get("/projects")  # draws two hundred
    with CaptureQueriesContext(connection) as queries:
        answers = [client.get("/projects") for _ in range(20)]

    assert len(without) == 1
    assert len(first) == 2
    assert len(queries) == 20
    assert remaining(answers[-1]) == [100_000, 100_000 - 21]


def test_a_flood_that_is_refused_costs_no_statement_either(client, limits):
    limits("anonymous-write=1/h")
    log_in(client), log_in(client)

    with CaptureQueriesContext(connection) as queries:
        statuses = {log_in(client).status_code for _ in range(50)}

    assert statuses == {429}
    assert len(queries) == 0


def test_processes_share_what_they_draw(limits):
    # given four processes with a limiter each, and one caller who is spread over them
    limits("public-read=1000/h")
    store = limiter()._store
    processes = [Limiter(store) for _ in range(4)]

    allowed = sum(processes[n % 4].judge([("public-read", "caller")]).allowed for n in range(3000))

    assert allowed == 1000


class Down:
    calls = 0

    def take(self, asks):
        self.calls += 1
        raise StoreDown("connection refused")


def test_with_the_store_down_each_process_counts_for_itself_and_does_not_wait_for_it(settings, caplog):
    settings.RATE_LIMITS = limits_from(["off", "sign-in=3/h"])
    now, down = [100.0], Down()
    limits_alone = Limiter(down, clock=lambda: now[0])

    verdicts = [limits_alone.judge([("sign-in", "caller")]).allowed for _ in range(5)]

    assert verdicts == [True, True, True, False, False]
    assert down.calls == 1
    assert "counted by each process alone" in caplog.text
    now[0] += 6  # asked again after a while
    limits_alone.judge([("sign-in", "somebody else")])
    assert down.calls == 2


def test_a_chunk_grows_with_use_and_never_beyond_a_fiftieth(settings):
    settings.RATE_LIMITS = limits_from(["off", "public-read=10000/h"])
    asked = []

    class Watched(MemoryStore):
        def take(self, asks):
            asked.extend(ask.wanted for ask in asks)
            return super().take(asks)

    one = Limiter(Watched())
    for _ in range(700):
        one.judge([("public-read", "caller")])

    assert asked == [20, 40, 80, 160, 200, 200]


# --- how it is configured


def test_the_defaults_are_the_contracts():
    limits = limits_from([])

    assert limits["anonymous-write"] == limits["sign-in"] == Rate(100, 3600)
    assert limits["public-read"] == Rate(3000, 60)
    assert set(limits) == set(SCOPES)


def test_a_server_may_change_some_and_keeps_the_others():
    limits = limits_from([" anonymous-write = 5/10m", "public-read=off"])

    assert limits["anonymous-write"] == Rate(5, 600)
    assert limits["public-read"] is None
    assert limits["sign-in"] == Rate(100, 3600)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("anonymous=5/h", "there is no scope 'anonymous'; there are: public-read, anonymous-write,"),
        ("sign-in=many", "lists 'sign-in=many': write a rate of up to seven days, such as 100/h, 10/15m, or off"),
        ("sign-in=0/h", "write a rate"),
        ("sign-in=5/8d", "write a rate"),
        ("sign-in=", "write a rate"),
        ("sign-in=٥/h", "write a rate"),
    ],
)
def test_a_limit_that_is_none_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        limits_from([text])


def test_a_server_does_not_start_with_a_wrong_limit(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from carboncore import settings"],
        env={"RATE_LIMITS": "sing-in=5/h", "DEBUG": "true", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "ImproperlyConfigured: RATE_LIMITS lists 'sing-in=5/h'" in done.stderr


def test_a_new_test_client_is_not_limited(db):
    assert [log_in(Client()).status_code for _ in range(3)] == [401, 401, 401]
