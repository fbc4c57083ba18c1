"""What no client of ours sends is refused in the contract's words, and nothing is read for it."""

import json
from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import psycopg
import pytest
from django.db import InterfaceError, OperationalError
from django.test import RequestFactory
from psycopg_pool import PoolTimeout, TooManyRequests
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from carboncore.common.admin.exchange_files import MAX_UNPACKED_BYTES, FileRefused, Xlsx
from carboncore.common.api.errors import exception_handler
from carboncore.common.api.parsers import StrictJSONParser
from carboncore.common.request_limits import RequestLimitsMiddleware, largest_body


def refused(answer, status, code):
    assert answer.status_code == status
    body = json.loads(answer.content)
    assert body["code"] == code
    assert body["message"] == body["error"] != ""
    assert answer["X-Content-Type-Options"] == "nosniff"
    return True


@pytest.mark.parametrize("path", ["/projects", "/api/v1/projects", "/nothing", "/staff/login/", "/static/x.css"])
def test_an_endless_address_is_refused(client, path):
    assert refused(client.get(f"{path}?search={'x' * 9_000}"), 414, "uri_too_long")


def test_an_address_of_a_usual_length_is_not(client, db):
    assert client.get(f"/projects?search={'x' * 100}").status_code == 200


def test_headers_have_a_bound_together(client):
    headers = {f"X-Junk-{n}": "x" * 1_000 for n in range(40)}

    assert refused(client.get("/api/nothing", headers=headers), 431, "headers_too_large")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "GZIP", "gzip, identity"])
def test_a_packed_body_is_refused_unopened(client, coding):
    answer = client.post(
        "/admin/login", b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": coding}
    )

    assert refused(answer, 415, "encoding_not_supported")


def test_a_body_that_says_it_is_not_packed_is_taken(client, db):
    answer = client.post("/admin/login", {}, content_type="application/json", headers={"Content-Encoding": "identity"})

    assert answer.status_code == 400


def test_a_body_without_a_length_is_refused(client):
    answer = client.post("/admin/login", headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")

    assert refused(answer, 411, "length_required")


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "٣", "5, 5"])
def test_a_length_that_is_no_number_is_refused(client, length):
    assert refused(client.post("/admin/login", CONTENT_LENGTH=length), 400, "bad_request")


@pytest.mark.parametrize(
    ("path", "meta", "most"),
    [
        ("/admin/login", {}, 5 * 1024 * 1024),
        ("/staff/login/", {}, 5 * 1024 * 1024),
        ("/admin/projects/1/documents", {"HTTP_AUTHORIZATION": "Bearer x"}, 26_000_000),
        ("/staff/integrations/importrun/add/", {"HTTP_COOKIE": "sessionid=x"}, 201_000_000),
        ("/admin/projects", {"HTTP_COOKIE": "sessionid=x"}, 26_000_000),
    ],
)
def test_how_much_is_worth_receiving(path, meta, most):
    assert largest_body({"PATH_INFO": path, **meta}) == most
    request = RequestFactory().post(path, **meta)
    request.META["CONTENT_LENGTH"] = str(most + 1)

    answer = RequestLimitsMiddleware(lambda _: pytest.fail("it went on"))(request)

    assert answer.status_code == 413


def test_a_huge_length_is_refused_and_not_reckoned_with(client):
    assert refused(client.post("/admin/login", CONTENT_LENGTH="9" * 5_000), 413, "too_large")


# --- JSON


def parse(text):
    body = text if isinstance(text, bytes) else text.encode()
    request = Request(RequestFactory().post("/", body, content_type="application/json"))
    return StrictJSONParser().parse(BytesIO(body), parser_context={"request": request})


@pytest.mark.parametrize(
    "text",
    [
        "[" * 33 + "]" * 33,
        '{"a":' * 33 + "1" + "}" * 33,
        "[" * 500 + "]" * 500,
        '[{"a":' * 20 + "1" + "}]" * 20,
        "1" * 65,
        "-" + "1" * 64,
        "0." + "1" * 64,
        "1e101",
        "1e-101",
        "1e999999999",
        '{"quantity": 1E+400}',
        "1" * 5_000,
    ],
)
def test_deep_and_endless_json_is_refused(text):
    with pytest.raises(
        ParseError, match=r"more than 64 digits or beyond 1e100, or is nested more than 32 levels|is not JSON \(line"
    ):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[" * 32 + "]" * 32, None),
        ('{"a": "' + "[" * 500 + '"}', {"a": "[" * 500}),
        ('["\\"[", "]\\\\"]' + " ", ['"[', "]\\"]),
        ("1" * 64, int("1" * 64)),
        ("[1.250, 1e100, 0.0]", [Decimal("1.250"), Decimal("1e100"), Decimal("0.0")]),
        (json.dumps([[[[n, n] for n in range(1000)]]] * 10), [[[[n, n] for n in range(1000)]]] * 10),
        ('["' + "[" * 40 + '\\\\", [[]]]', ["[" * 40 + "\\", [[]]]),
    ],
)
def test_what_people_send_is_taken(text, value):
    found = parse(text)

    assert value is None or found == value


# --- workbooks


def workbook(members):
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    bomb = workbook({"xl/worksheets/sheet1.xml": b" " * (MAX_UNPACKED_BYTES + 1)})
    assert len(bomb) < 200_000
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was opened"))

    with pytest.raises(FileRefused, match="unpacks to more than 100 MB"):
        Xlsx().read(bomb)


# --- the database is overloaded


def failure(kind, cause):
    error = kind("the pool")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        failure(OperationalError, PoolTimeout("no connection in 5 s")),
        failure(OperationalError, TooManyRequests("100 wait already")),
        failure(OperationalError, psycopg.OperationalError("connection refused")),
        failure(OperationalError, psycopg.errors.QueryCanceled("statement timeout")),
        failure(OperationalError, psycopg.errors.TooManyConnections("sorry, too many clients")),
        failure(InterfaceError, psycopg.InterfaceError("the connection is closed")),
    ],
)
def test_an_overloaded_database_is_no_fault_but_a_reason_to_come_again(error):
    answer = exception_handler(error, {})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert json.loads(answer.content)["code"] == "unavailable"
    page = RequestLimitsMiddleware(lambda _: None).process_exception(RequestFactory().get("/"), error)
    assert page.status_code == 503


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), failure(OperationalError, None), failure(OperationalError, psycopg.errors.DiskFull("full"))],
)
def test_other_faults_stay_faults(error):
    assert exception_handler(error, {}).status_code == 500
    assert RequestLimitsMiddleware(lambda _: None).process_exception(RequestFactory().get("/"), error) is None
