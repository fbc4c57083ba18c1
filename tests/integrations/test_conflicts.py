"""Likely double listings: which pairs are found and why, and a person's verdict that stays."""

import gzip
import io
import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from carboncore.common.errors import InvalidInput
from integrations.errors import ConflictNotFound
from integrations.listing_similarity import Listing, matches
from integrations.models import ListingConflict
from integrations.registry_exports import SourceCode
from integrations.services import conflict_decide, conflicts_find
from integrations.services.import_projects import projects_import_file
from registry.models import Project

BERKELEY = Path(__file__).resolve().parents[3] / "shared" / "data" / "open" / "berkeley_vrod_v5_2022-04_projects.csv.gz"
# Names around the pair under test, so that rare words are rare.
OTHERS = [
    "Gudur Bundled Wind Power Project", "Tinwari Solar Farm", "Sungai Kerling Hydropower Plant",
    "Usak Wind Power Plant", "Robeson County Landfill", "Elk Creek Coal Mine Methane", "Double A Dairy",
    "Wolf Creek Landfill", "Blue Lake Forest",
]  # fmt: skip


def listing(pk, registry, name, **changes):
    fields = {
        "developer": "", "country": "IN", "type_code": "WIND", "latitude": None, "longitude": None,
        "vintage_year": None, "crediting_start": None, "annual_tonnes": None,
    }  # fmt: skip
    return Listing(pk=pk, registry=registry, name=name, **(fields | changes))


def found(*pair, min_score=0):
    others = [listing(1000 + number, "VCS", name) for number, name in enumerate(OTHERS)]
    return list(matches([*pair, *others], min_score))


def points(match):
    return {reason.kind: reason.points for reason in match.reasons}


def test_the_same_name_developer_country_year_and_quantity_add_up():
    one = listing(1, "VCS", "Wind power project by GFL in Gudhepanchgani", developer="Gujarat Fluorochemicals Ltd",
                  vintage_year=2010, annual_tonnes=Decimal(50_000))  # fmt: skip
    other = listing(2, "GLD", "WIND POWER PROJECT BY GFL IN GUDHEPANCHGANI.",
                    developer="Gujarat Fluorochemicals Limited",
                    vintage_year=2011, annual_tonnes=Decimal(50_400))  # fmt: skip

    (match,) = found(other, one)

    assert (match.first, match.second) == (1, 2)
    assert points(match) == {"name": 60, "country": 10, "dates": 7, "developer": 15, "reductions": 10}
    # 60 + 10 + 7 + 15 + 10 is 102, and a score is at most 100.
    assert match.score == 100


def test_place_is_the_distance_on_the_globe():
    # One degree of latitude is 111.2 km.
    one = listing(1, "VCS", "Tecamac Landfill Gas", latitude=19.0, longitude=-99.0)
    near = listing(2, "CAR", "Tecamac Landfill Gas", latitude=19.01, longitude=-99.0)
    middling = listing(3, "ACR", "Tecamac Landfill Gas", latitude=19.1, longitude=-99.0)
    far = listing(4, "GLD", "Tecamac Landfill Gas", latitude=21.0, longitude=-99.0)

    by_pair = {(match.first, match.second): points(match)["place"] for match in found(one, near, middling, far)
               if "place" in points(match)}  # fmt: skip

    assert by_pair == {(1, 2): 15, (1, 3): 8, (2, 3): 8, (1, 4): -15, (2, 4): -15, (3, 4): -15}


def test_crediting_periods_that_begin_together_give_ten():
    one = listing(1, "VCS", "Tecamac Landfill Gas", crediting_start=date(2020, 1, 1), vintage_year=2020)
    other = listing(2, "CAR", "Tecamac Landfill Gas", crediting_start=date(2020, 1, 31), vintage_year=2020)

    (match,) = found(one, other)

    assert points(match)["dates"] == 10


def test_numbered_instances_lose_points():
    one = listing(1, "VCS", "Nanyang Danjiang River Solar Cooker Project Phase I")
    other = listing(2, "GLD", "Nanyang Danjiang River Solar Cooker Project Phase II")

    (match,) = found(one, other)

    assert points(match)["numbering"] == -25
    assert match.score < 65


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"registry": "VCS"}, {"registry": "VCS"}, id="the same registry"),
        pytest.param({"registry": "VCS", "country": "IN"}, {"registry": "GLD", "country": "CN"}, id="other countries"),
    ],
)
def test_what_cannot_be_a_double_listing_across_registries_is_not_compared(first, second):
    pair = (listing(1, name="Tecamac Landfill Gas", **first), listing(2, name="Tecamac Landfill Gas", **second))

    assert found(*pair) == []


def test_a_rare_word_that_differs_tells_two_projects_of_one_developer_apart():
    names = ("Blue Source - Wolf River Improved Forest Management", "Blue Source - Marmet Improved Forest Management")
    pair = [listing(number, registry, name, developer="Blue Source", vintage_year=2015)
            for number, (registry, name) in enumerate(zip(("CAR", "ACR"), names, strict=True), 1)]  # fmt: skip
    siblings = [
        listing(10 + number, "ACR", f"Blue Source - {place} Improved Forest Management", developer="Blue Source")
        for number, place in enumerate(("Gilchrist", "Lafayette", "Bishop", "Goodwood", "Snowshoe", "Sylvan"))
    ]

    assert not [match for match in matches([*pair, *siblings], 65) if (match.first, match.second) == (1, 2)]


@pytest.mark.skipif(not BERKELEY.is_file(), reason="the real database is not beside the checkout")
@pytest.mark.django_db
def test_double_listings_that_berkeley_notes_are_found_in_the_real_data():
    # Berkeley's own notes: "Same project as VCS573 and ACR388", "Same project as ACR388 and VCSOPR2".
    stream = io.BytesIO(gzip.decompress(BERKELEY.read_bytes()))
    projects_import_file(
        source=SourceCode.BERKELEY, stream=stream, dry_run=False, keep_going=True, publish=False, rejects=StringIO()
    )

    conflicts = conflicts_find()

    ids = dict(Project.objects.values_list("pk", "origin_id"))
    pairs = {frozenset({ids[row.project_a_id], ids[row.project_b_id]}): row.score for row in conflicts}
    assert pairs[frozenset({"VCSOPR2", "ACR388"})] == 92
    assert pairs[frozenset({"VCS573", "ACR388"})] == 80
    assert 60 <= len(pairs) <= 140


def make_pair():
    header = (
        "Project ID,Project Name,Voluntary Status,Type,Country,Project Developer,Total Credits Issued,"
        "Total Credits Retired,Estimated Annual Emission Reductions\n"
    )
    rows = [
        "VCS346,Wind power project by GFL in Gudhepanchgani,Registered,Wind,India,Gujarat Fluorochemicals,0,0,50000",
        "GS1307,Wind power project by GFL in Gudhepanchgani,Listed,Wind,India,Gujarat Fluorochemicals,0,0,50000",
        *(f"VCS{number},{name},Registered,Wind,India,Somebody,0,0,1" for number, name in enumerate(OTHERS, 1)),
    ]
    projects_import_file(
        source=SourceCode.BERKELEY,
        stream=io.BytesIO((header + "\n".join(rows)).encode()),
        dry_run=False,
        keep_going=False,
        publish=False,
        rejects=StringIO(),
    )


@pytest.mark.django_db
def test_a_verdict_is_kept_by_a_second_search_even_when_the_pair_is_no_longer_alike():
    make_pair()
    (conflict,) = conflicts_find()
    officer = User.objects.create_user(email="officer@example.org", password=None)

    conflict_decide(actor=officer, pk=conflict.pk, verdict="different", note="Two farms on one ridge.")
    again = conflicts_find()
    Project.objects.filter(origin_id="GS1307").update(project_name="Something else")
    gone = conflicts_find()

    assert [(row.pk, row.verdict, row.note) for row in again] == [(conflict.pk, "different", "Two farms on one ridge.")]
    assert gone == []
    kept = ListingConflict.objects.get()
    assert (kept.verdict, kept.decided_by, kept.score) == ("different", officer, 95)
    assert kept.decided_at is not None


@pytest.mark.django_db
def test_an_open_conflict_that_is_no_longer_found_goes():
    make_pair()
    conflicts_find()
    Project.objects.filter(origin_id="GS1307").update(project_name="Something else")

    conflicts_find()

    assert ListingConflict.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verdict", "note", "field"), [("maybe", "", "verdict"), ("same", " ", "note"), ("different", "\x00", "note")]
)
def test_a_verdict_that_makes_no_sense_is_refused_and_nothing_changed(verdict, note, field):
    make_pair()
    (conflict,) = conflicts_find()
    officer = User.objects.create_user(email="officer@example.org", password=None)

    with pytest.raises(InvalidInput) as refusal:
        conflict_decide(actor=officer, pk=conflict.pk, verdict=verdict, note=note)

    assert list(refusal.value.errors) == [field]
    assert ListingConflict.objects.get().verdict == "open"


@pytest.mark.django_db
def test_deciding_on_no_conflict_is_not_found():
    officer = User.objects.create_user(email="officer@example.org", password=None)

    with pytest.raises(ConflictNotFound):
        conflict_decide(actor=officer, pk=1, verdict="different")


@pytest.mark.django_db
def test_the_command_prints_json_and_a_table():
    make_pair()
    out, table = StringIO(), StringIO()

    call_command("find_conflicts", "--json", stdout=out)
    call_command("find_conflicts", stdout=table)

    (conflict,) = json.loads(out.getvalue())
    assert (conflict["score"], conflict["verdict"]) == (95, "open")
    assert [project["origin_id"] for project in conflict["projects"]] == ["VCS346", "GS1307"]
    assert conflict["reasons"][0] == {"kind": "name", "points": 60, "text": "The names agree by 100 %."}
    assert "1 likely double listings, 1 of them not judged yet." in table.getvalue()
    with pytest.raises(CommandError, match="0 to 100"):
        call_command("find_conflicts", "--min-score", "101")
