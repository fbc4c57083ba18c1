"""What every list does: bounds, cursors, counts, fields, formats, entity tags; and refusing what it does not know."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.choices import ProjectStatus
from registry.models import Project, ProjectCredits
from tests.factories import ProjectTypeFactory, country, project_in, projects_in_bulk, square

pytestmark = pytest.mark.django_db

NO_CURSOR = "This is no cursor; take it from the Link header of the page before."


def next_address(answer):
    found = re.fullmatch(r'<http://testserver(/[^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return found.group(1) if found else None


def walk(api, path):
    pages = []
    while path:
        answer = api.get(path)
        assert answer.status_code == 200
        pages.append(answer.json())
        path = next_address(answer)
    return pages


@pytest.mark.parametrize(
    "ordering",
    ["id", "-id", "vintage_year", "-vintage_year", "project_name", "-estimated_annual_reductions", "created_date"],
)
def test_paging_meets_every_project_once_in_order(api, ordering):
    projects = projects_in_bulk(250)
    Project.objects.filter(pk__in=[project.pk for project in projects[:30]]).update(
        vintage_year=None, estimated_annual_reductions=None
    )

    pages = walk(api, f"/projects?ordering={ordering}&fields=id,{ordering.removeprefix('-')}")

    assert [len(page) for page in pages] == [100, 100, 50]
    rows = [row for page in pages for row in page]
    assert sorted(row["id"] for row in rows) == sorted(project.pk for project in projects)
    name, down = ordering.removeprefix("-"), ordering.startswith("-")
    known = [(row[name], row["id"]) for row in rows if row[name] is not None]
    assert known == sorted(known, reverse=down)
    assert [row[name] for row in rows[len(known) :]] == [None] * (len(rows) - len(known))


def test_a_project_added_while_somebody_pages_moves_no_other(api):
    projects = projects_in_bulk(4)
    first = api.get("/projects?limit=2&ordering=-id&fields=id")
    projects_in_bulk(1)

    second = api.get(next_address(first))

    assert [row["id"] for row in first.json() + second.json()] == [p.pk for p in reversed(projects)]


def test_limit_and_count(api):
    projects_in_bulk(7)

    answer = api.get("/projects?limit=3&count=true")

    assert (len(answer.json()), answer["X-Total-Count"]) == (3, "7")
    assert "X-Total-Count" not in api.get("/projects?limit=3")
    assert "Link" not in api.get("/projects?limit=7")
    assert api.get("/projects?limit=2&count=true&ordering=-id&search=number-nobody-has")["X-Total-Count"] == "0"


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("limit=0", "limit", "Give a whole number from 1 to 1,000."),
        ("limit=1001", "limit", "Give a whole number from 1 to 1,000."),
        ("limit=ten", "limit", "Give a whole number from 1 to 1,000."),
        ("limit=1&limit=2", "limit", "Give this once."),
        ("count=perhaps", "count", "Give true or false."),
        ("ordering=notes", "ordering", ("Order by one of id, project_name, vintage_year, created_date, updated_date,"
         " total_area, estimated_annual_reductions; a minus in front turns it round.")),
        ("cursor=!!", "cursor", NO_CURSOR),
        ("cursor=WyJpZCIsbnVsbCwiMSJd", "cursor", NO_CURSOR),
        ("cursor=WyItaWQiLG51bGwsMV0", "cursor",
         "This cursor was made for another ordering; keep the ordering while you page."),
        ("format=xml", "format", "Ask for one of json, geojson."),
        ("status=draft", "status", "Give one of registered, suspended, completed."),
        ("country=Atlantis", "country", "“Atlantis” is no country; give an ISO 3166-1 code (BR) or name (Brazil)."),
        ("vintage_from=soon", "vintage_from", "Give a year from 1980 to 2100."),
        ("vintage_to=99999", "vintage_to", "Give a year from 1980 to 2100."),
        ("min_area=NaN", "min_area", "Give a number, not negative."),
        ("min_area=-1", "min_area", "Give a number, not negative."),
        ("min_available=1e400", "min_available", "Give a number, not negative."),
        ("search=%21%21", "search", "Give at least one letter or digit."),
        ("search=a+b+c+d+e+f+g+h+i", "search", "Search for up to 8 words."),
        ("search=a%00b", "search", "Use up to 300 characters of text."),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named_with_what_it_may_be(api, query, parameter, words):
    answer = api.get(f"/projects?{query}")

    assert answer.status_code == 400
    assert answer.json() == {
        "message": "Please correct the query parameters named in `errors`.",
        "error": f"{parameter}: {words}",
        "code": "invalid",
        "errors": {parameter: [words]},
    }


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "-181,0,0,1", "0,1,1,0", "0,-91,1,1", "nan,0,1,1", "0,0,inf,1"])
def test_a_box_that_is_none_is_refused(api, box):
    answer = api.get(f"/projects?bbox={box}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["bbox"])


def test_an_unknown_parameter_is_refused_with_those_there_are(api):
    answer = api.get("/projects?colour=green&page=2")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"colour", "page"}
    assert answer.json()["errors"]["page"][0].startswith(
        "There is no such parameter. There are: search, type, country,"
    )


def test_an_unknown_type_and_standard_are_refused_with_those_there_are(api):
    projects_in_bulk(1, project_type=ProjectTypeFactory(code="FC"))

    answer = api.get("/projects?type=XX")

    assert answer.json()["errors"] == {"type": ["There is no type “XX”. There are: FC."]}
    assert api.get("/projects?standard=YY").status_code == 400
    assert len(api.get("/projects?type=fc").json()) == 1


def test_filters_narrow_and_combine(api):
    forest, wind = ProjectTypeFactory(code="FC"), ProjectTypeFactory(code="WIND")
    a = projects_in_bulk(1, project_type=forest, country=country("BR"), vintage_year=2010, total_area=500)[0]
    b = projects_in_bulk(1, project_type=forest, country=country("PE"), vintage_year=2015, total_area=5000)[0]
    c = projects_in_bulk(
        1,
        project_type=wind,
        country=country("CI"),
        vintage_year=2020,
        status=ProjectStatus.COMPLETED,
        tree_types=["oak"],
    )[0]
    ProjectCredits.objects.filter(pk=b.pk).update(issued_kg=1_500, available_kg=1_500)

    def found(query):
        answer = api.get(f"/projects?fields=id&{query}")
        assert answer.status_code == 200, answer.content
        return [{a.pk: "a", b.pk: "b", c.pk: "c"}[row["id"]] for row in answer.json()]

    assert found("") == ["a", "b", "c"]
    assert found("type=FC") == found(f"type={forest.pk}") == ["a", "b"]
    assert found("country=BR") == found("country=brazil") == found("country=BRA") == ["a"]
    assert found("country=PE&country=C%C3%B4te+d%27Ivoire") == ["b", "c"]
    assert found("status=completed") == ["c"]
    assert found("status=completed&status=registered") == ["a", "b", "c"]
    assert found("vintage_from=2011&vintage_to=2019") == ["b"]
    assert found("min_area=500.01") == ["b"]
    assert found("min_available=1.5") == ["b"]
    assert found("min_available=1.501") == []
    assert found("species=OAK") == ["c"]
    assert found("species=tectona+grandis") == ["a", "b"]
    assert found("type=FC&country=PE&vintage_from=2015") == ["b"]
    assert found("search=&country=") == ["a", "b", "c"]


def test_standard_filter_takes_code_and_name(api):
    project = project_in(ProjectStatus.REGISTERED, published=True)
    standard = project.certifications.get().standard
    projects_in_bulk(1)

    for value in (standard.code.lower(), standard.name):
        assert [row["id"] for row in api.get("/projects?fields=id&standard=" + value.replace(" ", "+")).json()] == [
            project.pk
        ]


def test_box_filter_meets_boundaries_and_crosses_the_180th_meridian(api):
    fiji = project_in(ProjectStatus.REGISTERED, published=True, coordinates=square(179.5, -17.0))
    samoa = project_in(ProjectStatus.REGISTERED, published=True, coordinates=square(-172.0, -14.0))

    def found(box):
        return [row["id"] for row in api.get(f"/projects?fields=id&bbox={box}").json()]

    assert found("179,-18,180,-16") == [fiji.pk]
    assert found("179.6,-16.9,179.7,-16.8") == [fiji.pk]
    assert found("170,-20,-170,-10") == [fiji.pk, samoa.pk]
    assert found("0,-20,10,-10") == []


def test_search_is_blind_to_accents_takes_beginnings_and_corrects_typing(api):
    sao = projects_in_bulk(1, project_name="Conservação São João", project_initiator="Iniciativa Verde")[0]
    mai = projects_in_bulk(1, project_name="Mai Ndombe REDD+", country=country("CD"))[0]

    def found(words):
        return [row["id"] for row in api.get(f"/projects?fields=id&search={words}").json()]

    assert found("sao+joao") == found("S%C3%83O") == [sao.pk]
    assert found("conserv") == [sao.pk]
    assert found("verde+jo") == [sao.pk]
    assert found("ndombe+verde") == []
    assert found("congo") == [mai.pk]
    assert found("CD") == [mai.pk]
    assert found("tectona") == [sao.pk, mai.pk]
    assert found("ndonbe") == [mai.pk]
    assert found("conservacoa+joao") == [sao.pk]
    assert found("qqqqqqqq") == []


def test_fields_choose_and_keep_the_declared_order(api):
    project = projects_in_bulk(1)[0]

    assert api.get("/projects?fields=slug,id").content.decode() == f'[{{"id":{project.pk},"slug":"{project.slug}"}}]'
    assert (
        api.get("/projects?fields=id,notes")
        .json()["errors"]["fields"][0]
        .startswith("Name fields out of: id, public_id,")
    )


def test_geojson_of_the_same_list(api, exact):
    project = project_in(ProjectStatus.REGISTERED, published=True, coordinates=square(10.0, 10.0))
    projects_in_bulk(1)

    answer = api.get("/projects?format=geojson&fields=id,status,coordinates")

    assert answer["Content-Type"] == "application/geo+json"
    first, second = exact(answer)["features"]
    assert exact(answer)["type"] == "FeatureCollection"
    assert first == {
        "type": "Feature",
        "id": project.pk,
        "geometry": exact(api.get(f"/projects/{project.pk}"))["coordinates"],
        "properties": {"id": project.pk, "status": "registered"},
    }
    assert first["geometry"]["coordinates"][0][0] == [10, 10]
    assert second["geometry"] is None


def test_quantities_keep_every_digit(api, exact):
    project = projects_in_bulk(1, estimated_annual_reductions=Decimal("123456789012345.678"))[0]
    ProjectCredits.objects.filter(pk=project.pk).update(
        issued_kg=9_007_199_254_740_993, available_kg=9_007_199_254_740_993
    )

    row = exact(api.get("/projects"))[0]

    assert row["estimated_annual_reductions"] == Decimal("123456789012345.678")
    assert row["available_credits"] == Decimal("9007199254740.993")


def test_entity_tags_save_the_body(api):
    project = projects_in_bulk(1)[0]
    for path in ("/projects", f"/projects/{project.pk}", "/projects?format=geojson", "/countries", "/api/schema"):
        first = api.get(path)
        again = api.get(path, **{"If-None-Match": f'"other", W/{first["ETag"]}'})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert first["Cache-Control"] == "public, no-cache"
    tag = api.get("/projects")["ETag"]
    Project.objects.filter(pk=project.pk).update(project_name="Renamed")
    assert api.get("/projects", **{"If-None-Match": tag}).status_code == 200


def test_other_origins_may_read_and_see_the_paging_headers(api):
    projects_in_bulk(2)

    answer = api.get("/projects?limit=1", Origin="https://market.example")
    preflight = api.request(
        "OPTIONS",
        "/admin/projects",
        **{"Origin": "https://market.example", "Access-Control-Request-Method": "PUT",
           "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,x-api-key"},
    )  # fmt: skip

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert set(answer["Access-Control-Expose-Headers"].split(", ")) == {
        "ETag", "Link", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Total-Count"
    }  # fmt: skip
    assert "Access-Control-Allow-Credentials" not in answer
    assert preflight.status_code == 200
    assert set(preflight["Access-Control-Allow-Methods"].split(", ")) == {
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
    }
    allowed = set(preflight["Access-Control-Allow-Headers"].split(", "))
    assert {
        "content-type",
        "authorization",
        "idempotency-key",
        "x-amz-date",
        "x-api-key",
        "x-amz-security-token",
    } <= allowed


def test_a_public_read_has_the_security_headers_of_every_other_answer(api, officer):
    short, usual = api.get("/projects"), officer.get("/admin/projects")
    for header in (
        "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Referrer-Policy", "X-Content-Type-Options",
        "X-Frame-Options",
    ):  # fmt: skip
        assert sorted(short[header].split("; ")) == sorted(usual[header].split("; ")), header


@pytest.mark.parametrize(
    ("query", "statements"),
    [("", 1), ("?count=true", 2), ("?search=imported", 3), ("?search=importd", 4), ("?country=BR&type=FC", 1)],
)
def test_statements_of_a_page_do_not_grow_with_its_rows(api, query, statements):
    for rows in (3, 100):
        projects_in_bulk(
            rows, project_type=ProjectTypeFactory(code="FC") if rows == 3 else Project.objects.first().project_type
        )
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get(f"/projects{query}").status_code == 200
        assert len(captured) == statements


def test_a_mistyped_word_is_not_corrected_to_one_much_less_like_it(api):
    meant = projects_in_bulk(1, project_name="Amazon Forest")[0]
    projects_in_bulk(1, project_name="AMA08 Methane Recovery")
    assert [row["id"] for row in api.get("/projects?fields=id&search=amazn").json()] == [meant.pk]
