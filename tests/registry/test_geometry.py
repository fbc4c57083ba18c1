"""Boundaries: what is accepted, in which words it is refused, and that the hectares are right.

Exact areas come from other programs: the closed formula for the WGS 84 ellipsoid's surface, and PROJ's
geodesic polygon area on rings cut into edges so short that geodesic and straight edges agree.
"""

import json
import math
import time
from decimal import Decimal
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from registry.errors import BoundaryInvalid
from registry.geometry import area_deviation, parse_boundary, shared_area

SAMPLE = Path(__file__).parents[3] / "shared/data/open/project_boundaries_karnik2024_sample.geojson"
EARTH_HA = Decimal("51006562172.4089")  # surface of the WGS 84 ellipsoid, 510 065 621.724 km²
GEOD = Geod(ellps="WGS84")


def square(west, south, size=1.0):
    """A closed anticlockwise ring."""
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def multipolygon(*shells):
    return {"type": "MultiPolygon", "coordinates": [[shell] for shell in shells]}


def feature(geometry):
    return {"type": "Feature", "properties": {"name": "any"}, "geometry": geometry}


def collection(*geometries):
    return {"type": "FeatureCollection", "features": [feature(geometry) for geometry in geometries]}


def reason(value, **options):
    """The words with which `value` is refused."""
    with pytest.raises(BoundaryInvalid) as caught:
        parse_boundary(value, **options)
    assert caught.value.errors == {"coordinates": [caught.value.reason]}
    assert caught.value.reason.isprintable()
    return caught.value.reason


def comb(teeth, *, upright):
    """A valid polygon of long thin teeth; an upright one crosses a lying one in teeth² places."""
    line = [(0.0, 0.0)]
    for tooth in range(teeth):
        left, middle, right = (tooth / teeth, (tooth + 0.5) / teeth, (tooth + 1) / teeth)
        line += [(left, 1.0), (middle, 1.0), (middle, 0.001), (right, 0.001)]
    line += [(1.0, -0.1), (0.0, -0.1), (0.0, 0.0)]
    return [[x, y] if upright else [y, x] for x, y in line]


# --- measuring ---------------------------------------------------------------------------------------


def test_one_degree_at_the_equator_has_the_area_that_proj_finds():
    boundary = parse_boundary(polygon(square(0, 0)))

    short_edges = shapely.segmentize(shapely.Polygon(square(0, 0)), 0.001)
    assert boundary.area_ha == Decimal("1230846.3894")
    assert float(boundary.area_ha) == pytest.approx(GEOD.geometry_area_perimeter(short_edges)[0] / 1e4, abs=1e-3)


def test_an_eighth_of_the_earth_is_an_eighth_of_its_surface():
    boundary = parse_boundary(polygon([[0, 0], [90, 0], [90, 90], [0, 90], [0, 0]]))

    assert abs(boundary.area_ha - EARTH_HA / 8) < 5  # one part in a thousand million


def test_a_long_edge_is_straight_in_longitude_and_latitude_not_the_shortest_way():
    # given a cell one degree wide, whose northern geodesic edge bulges 2.8 m on average towards the pole
    geodesic_ha = GEOD.geometry_area_perimeter(shapely.Polygon(square(0, 0)))[0] / 1e4

    # then ours is smaller by those 31 hectares, as docs/boundaries.md says
    assert geodesic_ha - float(parse_boundary(polygon(square(0, 0))).area_ha) == pytest.approx(31.4467, abs=1e-3)


@pytest.mark.parametrize(("south", "size"), [(-33.5, 0.01), (0.0, 0.001), (64.2, 0.25), (-89.0, 1.0), (51.5, 0.0001)])
def test_areas_agree_with_proj_at_every_latitude_and_size(south, size):
    ring = square(12.25, south, size)

    short_edges = shapely.segmentize(shapely.Polygon(ring), size / 200)
    expected = abs(GEOD.geometry_area_perimeter(short_edges)[0]) / 1e4
    assert float(parse_boundary(polygon(ring)).area_ha) == pytest.approx(expected, rel=1e-6, abs=6e-5)


def test_real_boundaries_have_the_areas_that_proj_finds():
    if not SAMPLE.exists():
        pytest.skip(f"SKIPPED: the sample boundaries are not at {SAMPLE}")
    features = json.loads(SAMPLE.read_text())["features"]

    found = {item["properties"]["projectId"]: parse_boundary(item) for item in features}

    for item in features:
        exact = shapely.segmentize(shapely.from_geojson(json.dumps(item["geometry"])), 0.0002)
        expected = abs(GEOD.geometry_area_perimeter(exact)[0]) / 1e4
        assert float(found[item["properties"]["projectId"]].area_ha) == pytest.approx(expected, rel=2e-5)
    assert {name: boundary.vertices for name, boundary in found.items()} == {
        "VCS818": 34,
        "VCS999": 32,
        "VCS562": 44,
        "VCS852": 143,
    }
    assert found["VCS562"].area_ha == Decimal("30191.5480")


def test_holes_are_subtracted():
    whole = parse_boundary(polygon(square(10, 10, 4)))
    hole = parse_boundary(polygon(square(11, 11, 1)))

    ringed = parse_boundary(polygon(square(10, 10, 4), square(11, 11, 1)))

    assert abs(ringed.area_ha - (whole.area_ha - hole.area_ha)) <= Decimal("0.0001")


def test_a_boundary_cut_in_two_has_the_area_of_its_halves():
    left = parse_boundary(polygon([[0, 40], [3.3, 40], [4.1, 48], [0, 47], [0, 40]]))
    right = parse_boundary(polygon([[3.3, 40], [9, 41], [9, 49], [4.1, 48], [3.3, 40]]))

    whole = parse_boundary(polygon([[0, 40], [3.3, 40], [9, 41], [9, 49], [4.1, 48], [0, 47], [0, 40]]))

    assert abs(whole.area_ha - left.area_ha - right.area_ha) <= Decimal("0.0001")


def test_the_box_and_the_centre_of_a_square():
    boundary = parse_boundary(polygon(square(-60.5, -3.25, 0.5)))

    assert (boundary.west, boundary.south, boundary.east, boundary.north) == (-60.5, -3.25, -60.0, -2.75)
    assert (boundary.centroid_longitude, boundary.centroid_latitude) == (-60.25, -3.0)
    assert boundary.vertices == 5


def test_a_boundary_cut_at_the_180th_meridian_has_its_centre_there():
    # given a square of Fiji, two thirds of it east of the meridian, sent as two parts
    boundary = parse_boundary(
        multipolygon(
            [[179.5, -17], [180, -17], [180, -16], [179.5, -16], [179.5, -17]],
            [[-180, -17], [-179, -17], [-179, -16], [-180, -16], [-180, -17]],
        )
    )

    # then the centre is a quarter of a degree past the meridian, and the box is the whole way round
    assert (boundary.centroid_longitude, boundary.centroid_latitude) == (-179.75, -16.5)
    assert (boundary.west, boundary.east) == (-180.0, 180.0)


@pytest.mark.parametrize(
    ("declared", "computed", "expected"),
    [
        ("110", "100", "0.100000"),
        ("90", "100", "0.100000"),
        ("0", "12.5", "1.000000"),
        ("100", "99", "0.010101"),
    ],
)
def test_the_deviation_is_a_fraction_of_the_computed_area(declared, computed, expected):
    assert area_deviation(Decimal(declared), Decimal(computed)) == Decimal(expected)


def test_the_deviation_from_no_area_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="positive"):
        area_deviation(Decimal(1), Decimal(0))


# --- forms that are accepted ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        polygon(square(0, 0)),
        feature(polygon(square(0, 0))),
        collection(polygon(square(0, 0))),
        multipolygon(square(0, 0)),
        [square(0, 0)],
        [[square(0, 0)]],
        [polygon(square(0, 0))],
        [feature(polygon(square(0, 0)))],
        json.dumps(polygon(square(0, 0))),
        "\ufeff" + json.dumps(collection(polygon(square(0, 0))), indent=4),
        polygon(square(0, 0)[::-1]),
        polygon([[*position, 412.5] for position in square(0, 0)]),
        polygon([tuple(map(Decimal, position)) for position in square(0, 0)][::-1]),
        polygon([position for position in square(0, 0) for _ in range(3)]),
        {
            **polygon(square(0, 0)),
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        },
        {**feature(polygon(square(0, 0))), "crs": {"type": "name", "properties": {"name": "EPSG:4326"}}},
        {**polygon(square(0, 0)), "bbox": [9, 9, 9, 9], "anything": {"else": 1}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_every_accepted_form_comes_out_as_the_same_polygon(value):
    boundary = parse_boundary(value)

    (ring,) = boundary.geometry["coordinates"]
    assert boundary.geometry["type"] == "Polygon"
    assert sorted(map(tuple, ring[1:])) == [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    assert ring[0] == ring[-1]
    assert shapely.LinearRing(ring).is_ccw
    assert boundary.area_ha == Decimal("1230846.3894")


def test_the_normal_form_is_right_handed_short_and_flat():
    boundary = parse_boundary(
        polygon(
            [[0, 0, 5], [0, 2, 5], [2, 2, 5], [2, 0, 5], [0, 0, 5]],
            [[0.5, 0.5], [1.123456789, 0.5], [1, 1], [0.5, -0.000000001 + 1], [0.5, 0.5]],
        )
    )

    assert boundary.geometry == {
        "type": "Polygon",
        "coordinates": [
            [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]],
            [[0.5, 0.5], [0.5, 1.0], [1.0, 1.0], [1.1234568, 0.5], [0.5, 0.5]],
        ],
    }


def test_reading_the_normal_form_again_changes_nothing():
    first = parse_boundary(collection(polygon(square(0, 0, 3), square(1, 1)), polygon(square(7.77777777777, 5))))

    assert parse_boundary(json.loads(json.dumps(first.geometry))) == first


def test_separate_features_become_one_multipolygon_in_their_order():
    boundary = parse_boundary(collection(polygon(square(5, 0)), multipolygon(square(0, 0), square(-5, 0))))

    assert boundary.geometry["type"] == "MultiPolygon"
    assert [part[0][0] for part in boundary.geometry["coordinates"]] == [[5.0, 0.0], [0.0, 0.0], [-5.0, 0.0]]


def test_neighbouring_parcels_become_one_polygon():
    boundary = parse_boundary(collection(polygon(square(0, 0)), polygon(square(1, 0))))

    assert boundary.geometry["type"] == "Polygon"
    assert abs(boundary.area_ha - 2 * Decimal("1230846.3894")) <= Decimal("0.0001")


def test_parcels_that_overlap_by_a_digitising_error_become_one_polygon():
    # given two parcels that overlap in a strip of 0.1 m by 111 m, which is 12 m²
    boundary = parse_boundary(multipolygon(square(0, 0, 0.001), square(0.000999, 0, 0.001)))

    assert boundary.geometry["type"] == "Polygon"
    assert (boundary.west, boundary.east) == (0.0, 0.001999)


def test_an_island_in_the_hole_of_another_part_is_kept():
    boundary = parse_boundary(
        {"type": "MultiPolygon", "coordinates": [[square(0, 0, 9), square(1, 1, 5)], [square(2, 2)]]}
    )

    assert len(boundary.geometry["coordinates"]) == 2


# --- words of refusal -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "The boundary is null. Send a GeoJSON Polygon"),
        (12, "The boundary is 12. Send a GeoJSON Polygon"),
        ("", "not valid JSON (line 1, column 1)"),
        ('{"type": "Polygon",\n"coordinates": [[}', "not valid JSON (line 2, column 18)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"type":"Polygon","coordinates":[[[NaN,1],[1,1],[1,2],[0,1]]]}', "NaN is not JSON"),
        ("1" * 5_000, "number too long"),
        ({}, "there is no GeoJSON `type`"),
        ([], "holds no polygon"),
        ({"type": "FeatureCollection", "features": []}, "holds no polygon"),
        ({"type": "FeatureCollection"}, "`features` must be a list, not null"),
        ({"type": "FeatureCollection", "features": [7]}, "Feature 1: this is not a GeoJSON Feature"),
        (collection(polygon(square(0, 0)), None), "Feature 2: the Feature has no geometry"),
        ({"type": "Point", "coordinates": [1, 1]}, "a Point encloses no land"),
        (feature({"type": "LineString", "coordinates": square(0, 0)}), "a LineString encloses no land"),
        (
            collection({"type": "GeometryCollection", "geometries": []}),
            "Feature 1: a GeometryCollection is not",
        ),
        ({"type": "polygon", "coordinates": []}, "the type 'polygon' is not accepted"),
        ({"type": ["Polygon"]}, "the type a list of 1 is not accepted"),
        ({"type": "\ud800" * 99}, "is not accepted"),
        (polygon(), "there is no ring"),
        ({"type": "Polygon", "coordinates": "0 0"}, "`coordinates` must be a list, not '0 0'"),
        (polygon(None), "Outer ring: a ring must be a list, not null"),
        (square(0, 0), "A bare list must be the coordinates of a Polygon"),
        ([[[[[0]]]]], "A bare list must be"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "Outer ring: a ring needs at least 4 positions"),
        (polygon([[0, 0], [0, 0], [1, 1], [1, 1], [0, 0]]), "fewer than three different positions"),
        (polygon([[0, 0], [1, 0], [1, 1], [0, 1]]), "Outer ring: the ring is not closed"),
        (
            polygon([[500, 0], [1, 0], [1, 1], [500, 0]]),
            "Outer ring, position 1: longitude 500 is outside -180 to 180",
        ),
        (
            multipolygon(square(0, 0), [[5, 5], [6, 5], [6, 91.5], [5, 5]]),
            "Polygon 2, outer ring, position 3: latitude 91.5 is outside -90 to 90. Longitude and latitude look",
        ),
        (
            polygon([[-3.1, -60], [-3.1, -160], [-3, -60], [-3.1, -60]]),
            "position 2: latitude -160 is outside",
        ),
        (polygon([[512345.6, 9876543], [1, 0], [1, 1], [0, 0]]), "looks like metres of a projected system"),
        (polygon([["1", 0], [1, 0], [1, 1], [0, 0]]), "position 1: '1' is not a number"),
        (polygon([[0, 0], [True, 0], [1, 1], [0, 0]]), "position 2: true is not a number"),
        (polygon([[0, 0], [1, None], [1, 1], [0, 0]]), "position 2: null is not a number"),
        (
            polygon([[0, 0], [math.nan, 0], [1, 1], [0, 0]]),
            "position 2: nan is not a number a coordinate can have",
        ),
        (
            polygon([[0, 0], [0, math.inf], [1, 1], [0, 0]]),
            "a number beyond 1e15 is not a number a coordinate",
        ),
        (
            polygon([[0, 0], [0, 10**400], [1, 1], [0, 0]]),
            "a number beyond 1e15 is not a number a coordinate",
        ),
        (polygon([[0, 0], [0, Decimal("sNaN")], [1, 1], [0, 0]]), "nan is not a number a coordinate"),
        (
            polygon([[0, 0], [0], [1, 1], [0, 0]]),
            "position 2: a position is [longitude, latitude], not a list of 1",
        ),
        (polygon([[0, 0], 7, [1, 1], [0, 0]]), "position 2: a position is [longitude, latitude], not 7"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "crosses itself near [0.500000, 0.500000]"),
        (
            polygon([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4], [0, 0]]),
            "touches itself near [2.000000, 0.000000]",
        ),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "Outer ring: the positions lie on one line"),
        (polygon(square(0, 0, 9), [[1, 1], [2, 2], [3, 3], [1, 1]]), "Hole 1: the positions lie on one line"),
        (polygon(square(0, 0), square(5, 5)), "a hole lies outside the outer ring near [5.000000, 5.000000]"),
        (polygon(square(0, 0), square(0.5, 0.2, 0.7)), "two of its rings cross or share a line"),
        (polygon(square(0, 0, 9), square(1, 1, 4), square(2, 2)), "a hole lies inside another hole"),
        (
            polygon(square(0, 0, 9), square(1, 1, 4), square(3, 3, 4)),
            "two of its rings cross or share a line",
        ),
        (
            multipolygon(square(0, 0), square(9, 9), square(0.5, 0)),
            "Polygon 1 and polygon 3 overlap by 615423.1947 ha. The same land would be counted twice",
        ),
        (
            collection(polygon(square(0, 0)), polygon(square(0, 0))),
            "Feature 1 and feature 2 overlap by 1230846.3894",
        ),
        (multipolygon(square(0, 0, 9), square(2, 2)), "Polygon 1 and polygon 2 overlap"),
        (polygon(square(10, 10, 0.000005)), "encloses less than one square metre"),
        (
            polygon([[-170, 0], [170, 0], [170, 5], [-170, 5], [-170, 0]]),
            "Cut a boundary that crosses the 180th",
        ),
        (
            {**polygon(square(0, 0)), "crs": {"type": "name", "properties": {"name": "EPSG:32637"}}},
            "the coordinate system 'EPSG:32637' is not WGS 84",
        ),
        (
            {**collection(polygon(square(0, 0))), "crs": {"type": "link"}},
            "the coordinate system null is not WGS 84",
        ),
        (b"{}", "The boundary is a bytes"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_faulty_boundary_is_refused_in_words_that_say_where(value, words):
    assert words in reason(value)


# --- too much ---------------------------------------------------------------------------------------


def circle(positions, radius=1.0, *, longitude=0.0):
    """A regular polygon of `positions` vertices, its closing position counted."""
    turn = [2 * math.pi * step / (positions - 1) for step in range(positions - 1)]
    ring = [[longitude + radius * math.cos(angle), radius * math.sin(angle)] for angle in turn]
    return [*ring, ring[0]]


def test_the_vertex_limit_is_exact():
    assert parse_boundary(polygon(circle(100)), max_vertices=100).vertices == 100
    assert "more than 100 positions" in reason(polygon(circle(101)), max_vertices=100)
    assert "more than 100 positions" in reason(multipolygon(circle(60), circle(41, longitude=9)), max_vertices=100)


@pytest.mark.parametrize(
    "value",
    [
        polygon([[0, 0]] * 1_000_000),
        polygon(*([[[0, 0]] * 4] * 250_000)),
        polygon(*([[]] * 1_000_000)),
        {"type": "MultiPolygon", "coordinates": [[[[0, 0]] * 4]] * 250_000},
        {"type": "FeatureCollection", "features": [feature(polygon([[0, 0]] * 4))] * 250_000},
        [[[0, 0]] * 4] * 250_000,
        json.dumps(polygon([[0, 0]] * 1_000_000)),
    ],
    ids=["positions", "rings", "empty rings", "polygons", "features", "bare list", "text"],
)
def test_a_million_positions_are_refused_before_any_is_looked_at(value):
    started = time.perf_counter()

    words = reason(value)

    assert time.perf_counter() - started < 0.5
    assert "Simplify" in words or "needs at least 4 positions" in words


def test_the_largest_boundary_is_read_in_a_moment():
    started = time.perf_counter()

    boundary = parse_boundary(polygon(circle(20_000)))

    assert time.perf_counter() - started < 3
    assert boundary.vertices == 20_000


def test_parts_that_cross_everywhere_are_refused_without_computing_a_million_crossings():
    started = time.perf_counter()

    words = reason(multipolygon(comb(2_400, upright=True), comb(2_400, upright=False)))

    assert time.perf_counter() - started < 3
    assert "cross each other in very many places" in words


# --- land claimed twice -----------------------------------------------------------------------------


def geometry(*rings):
    return parse_boundary(polygon(*rings)).geometry


def test_the_shared_area_of_two_squares_is_their_common_corner():
    shared = shared_area(geometry(square(0, 0, 2)), geometry(square(1, 1, 1.5)))

    common = parse_boundary(polygon(square(1, 1))).area_ha
    assert shared.shared_ha == common == Decimal("1230481.4950")
    assert shared.share_of_a == Decimal("0.2500")
    assert shared.share_of_b == Decimal("0.4445")


def test_a_boundary_shares_all_of_itself():
    ring = geometry(square(30, 60, 3), square(31, 61))

    shared = shared_area(ring, ring)

    assert (shared.share_of_a, shared.share_of_b) == (Decimal("1.0000"), Decimal("1.0000"))
    assert shared.shared_ha == parse_boundary(ring).area_ha


@pytest.mark.parametrize(
    "other",
    [
        square(1, 0),
        square(1, 1),
        square(0.3, 1, 0.2),
        square(40, 40),
        [[2, 0.2], [1, 0.5], [2, 0.7], [2, 0.2]],
    ],
    ids=["edge", "corner", "part of an edge", "far away", "a tip on the edge"],
)
def test_boundaries_that_touch_or_are_apart_share_nothing(other):
    shared = shared_area(geometry(square(0, 0)), geometry(other))

    assert (shared.shared_ha, shared.share_of_a, shared.share_of_b) == (0, 0, 0)


def test_a_common_line_with_different_vertices_shares_nothing():
    # given a slanting line of 157 km, that the neighbour has digitised with 99 positions of its own, each
    # rounded to a centimetre, so that the two lines cross again and again
    line = [[round(step / 100 * 1.1, 7), round(step / 100 * 0.9000001, 7)] for step in range(101)]
    one = geometry([[0, 0], [1.1, 0.9000001], [0, 1], [0, 0]])
    other = geometry([*line, [1.1, 0], [0, 0]])
    noise = shapely.from_geojson(json.dumps(one)).intersection(shapely.from_geojson(json.dumps(other)))
    assert noise.area > 0

    assert shared_area(one, other).shared_ha == 0


@pytest.mark.parametrize(("size", "expected"), [(0.00008, "0"), (0.0001, "0.0123")], ids=["79 m²", "123 m²"])
def test_an_overlap_below_a_hundredth_of_a_hectare_counts_as_none(size, expected):
    shared = shared_area(geometry(square(0, 0)), geometry(square(1 - size, 1 - size)))

    assert shared.shared_ha == Decimal(expected)


def test_land_in_a_hole_is_not_shared():
    assert shared_area(geometry(square(0, 0, 3), square(1, 1)), geometry(square(1.2, 1.2, 0.5))).shared_ha == 0


def test_two_combs_are_refused_without_computing_millions_of_crossings():
    upright, lying = geometry(comb(4_000, upright=True)), geometry(comb(4_000, upright=False))
    started = time.perf_counter()

    with pytest.raises(BoundaryInvalid, match="in too many places"):
        shared_area(upright, lying)

    assert time.perf_counter() - started < 3


def test_two_large_boundaries_that_share_their_whole_line_are_compared():
    large = geometry(circle(20_000))

    assert shared_area(large, large).share_of_a == 1


# --- anything at all --------------------------------------------------------------------------------

_numbers = st.one_of(
    st.floats(-180, 180),
    st.integers(-3, 3),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
)
_any_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.sampled_from(["type", "coordinates", "geometry", "features", "crs", "properties", "name"]),
            inner,
        ),
    ),
    max_leaves=30,
)
_small_grid = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(list)
_rings = st.lists(
    st.one_of(_small_grid, _small_grid, _small_grid, st.lists(_numbers, max_size=3)), min_size=3, max_size=8
).map(lambda ring: [*ring, ring[0]])
_grid_rings = st.lists(_small_grid, min_size=3, max_size=8).map(lambda ring: [*ring, ring[0]])
_polygons = st.lists(st.one_of(_rings, _grid_rings, _grid_rings), min_size=1, max_size=3).map(
    lambda rings: polygon(*rings)
)
_multipolygons = st.lists(st.lists(_grid_rings, min_size=1, max_size=2), min_size=1, max_size=4).map(
    lambda parts: {"type": "MultiPolygon", "coordinates": parts}
)
_wrapped = st.one_of(_polygons, _multipolygons).flatmap(
    lambda shape: st.sampled_from([shape, feature(shape), collection(shape, shape), [shape], shape["coordinates"]])
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(_any_json, _wrapped, _any_json.map(json.dumps)))
def test_any_json_is_a_boundary_or_is_refused_with_a_reason(value):
    try:
        boundary = parse_boundary(value)
    except BoundaryInvalid as refusal:
        boundary, words = None, refusal.reason
    if boundary is None:
        assert words.isprintable()
    else:
        assert boundary.area_ha > 0
        assert parse_boundary(json.loads(json.dumps(boundary.geometry))) == boundary


@settings(max_examples=200, deadline=None)
@given(_multipolygons, _multipolygons)
def test_sharing_is_symmetric_and_never_more_than_the_smaller(one, other):
    try:
        first, second = parse_boundary(one), parse_boundary(other)
    except BoundaryInvalid:
        return

    shared, reverse = (
        shared_area(first.geometry, second.geometry),
        shared_area(second.geometry, first.geometry),
    )

    assert abs(shared.shared_ha - reverse.shared_ha) <= Decimal("0.0001")
    assert 0 <= shared.shared_ha <= min(first.area_ha, second.area_ha) + Decimal("0.0001")
    assert abs(shared.share_of_a - reverse.share_of_b) <= Decimal("0.0001")
