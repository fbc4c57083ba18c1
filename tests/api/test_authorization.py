"""Every route of the API by everybody: the answer of `tests/api/authorization_table.py`, and no trace of a refusal."""

import uuid

import pytest
from django.urls import URLPattern, get_resolver

from tests.api.authorization_table import CATCH_ALL, LEDGERS_OF_ATTEMPTS, READS_NO_BODY, TABLE
from tests.world import EVERYBODY, _files_in_a_folder_of_their_own, db, one_case, what_is_stored, world

__all__ = ["_files_in_a_folder_of_their_own", "db", "world"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def shape_of(path):
    return "/".join("{}" if part[:1] in {"{", "<"} else part for part in path.partition("?")[0].split("/"))


def routes(patterns=None, prefix=""):
    """Yield every (route, view) of the API as the URLconf has it, without the prefix `/api/v1`."""
    for pattern in get_resolver("carboncore.api_urls").url_patterns if patterns is None else patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            if not route.startswith(CATCH_ALL):
                yield f"/{route}", pattern.callback.view_class
        else:
            yield from routes(pattern.url_patterns, route)


def test_every_method_of_every_route_is_in_the_table():
    named = {(method, shape_of(path)) for method, path, *_ in TABLE}
    served = {
        (method, shape_of(route)): route
        for route, view in routes()
        for method in METHODS
        if hasattr(view, method.lower())
    }

    missing = [
        f'("{method}", "{served[method, shape]}", staff(…, 200), {{}}),'
        for method, shape in sorted(served)
        if (method, shape) not in named
    ]
    gone = sorted(named - set(served))

    assert not missing, "Add to tests/api/authorization_table.py:\n" + "\n".join(missing)
    assert not gone, f"There is no such route any more; take it out of tests/api/authorization_table.py: {gone}"


def test_each_line_says_what_everybody_is_answered():
    assert [row[:2] for row in TABLE if set(row[2]) != set(EVERYBODY)] == []


def called(world, letter, row, **more):
    method, path, _, body = row
    body = {**world.filled(body), **more} if more else world.filled(body)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answer = world.callers[letter].api.request(method, world.filled(path), body, **key)
    list(getattr(answer, "streaming_content", ()))
    return answer


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_everybody_gets_the_answer_of_the_table(world, row):
    method, _, statuses, _ = row
    before = what_is_stored(but=LEDGERS_OF_ATTEMPTS)
    wrong = {}
    for letter in EVERYBODY:
        with one_case():
            answer = called(world, letter, row)
            if answer.status_code != statuses[letter]:
                said = b"" if answer.streaming else answer.content[:200]
                wrong[letter] = f"{answer.status_code} instead of {statuses[letter]}: {said!r}"
            elif answer.status_code >= 400 or method == "GET":
                after = what_is_stored(but=LEDGERS_OF_ATTEMPTS)
                changed = [name for name in after if after[name] != before[name]]
                if changed:
                    wrong[letter] = f"{answer.status_code}, and yet it changed {changed}"

    assert wrong == {}


TAKING = [row for row in TABLE if isinstance(row[3], dict) and {200, 201} & set(row[2].values())]


@pytest.mark.parametrize("row", TAKING, ids=lambda row: f"{row[0]} {row[1]}")
def test_no_body_assigns_what_is_not_for_callers(world, row):
    letter = next(letter for letter, status in row[2].items() if status < 300)
    before = what_is_stored(but=LEDGERS_OF_ATTEMPTS)

    with one_case():
        answer = called(world, letter, row, is_staff=True, is_superuser=True, balance=1_000_000)
        after = what_is_stored(but=LEDGERS_OF_ATTEMPTS)

    if row[:2] in READS_NO_BODY:
        assert answer.status_code < 300
    else:
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"is_staff", "is_superuser", "balance"})
        assert {name: after[name] for name in after if after[name] != before[name]} == {}
