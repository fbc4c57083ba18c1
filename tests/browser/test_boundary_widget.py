"""The boundary map in a real browser: drawing, editing, text, figures, neighbours, phones and the dark."""

import json
from decimal import Decimal

import pytest

from registry.geometry import parse_boundary
from tests.browser.boundary_pages import KENYA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.boundary_pages")]

CANVAS = "[data-canvas]"
SQUARE = {"type": "Polygon", "coordinates": [[[10, 50], [10.5, 50], [10.5, 50.5], [10, 50.5], [10, 50]]]}


class Widget:
    """What a person sees and does on the page."""

    def __init__(self, watched, query=""):
        self.watched, self.page = watched, watched.page
        self.page.goto(f"{watched.server}/staff/edit?{query}")
        self.page.wait_for_selector(f"{CANVAS} path.cc-land", state="attached")

    def says(self, part):
        return self.page.locator(f"[data-{part}]").inner_text().strip()

    def wait_for(self, part, text):
        self.page.wait_for_function(
            "([part, text]) => document.querySelector(`[data-${part}]`).textContent.includes(text)", arg=[part, text]
        )

    def point(self, across, down):
        box = self.page.locator(CANVAS).bounding_box()
        return box["x"] + box["width"] * across, box["y"] + box["height"] * down

    def click(self, *points):
        # Two clicks closer together than this are a double click, as for a person.
        for across, down in points:
            self.page.mouse.click(*self.point(across, down), delay=30)

    def drag(self, start, end):
        self.page.mouse.move(*self.point(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.point(*end), steps=8)
        self.page.mouse.up()

    def tool(self, name):
        self.page.click(f"[data-tool={name}]")

    def draw(self, *corners):
        self.tool("Polygon")
        self.click(*corners, corners[0])

    @property
    def geometry(self):
        text = self.page.input_value("textarea")
        return json.loads(text) if text else None

    @property
    def hectares(self):
        """The computed area on the page, which must be what the server computes from the text."""
        shown = Decimal(self.says("computed").removesuffix(" ha").replace(",", ""))
        stored = parse_boundary(self.geometry).area_ha
        assert abs(shown - stored) <= max(stored * Decimal("1e-7"), Decimal("0.006"))
        return stored


def test_an_empty_form_shows_the_world_and_asks_nothing_of_another_host(watched):
    widget = Widget(watched)

    assert widget.says("computed") == "no boundary"
    assert widget.page.locator("path.cc-land").count() > 150
    assert widget.page.locator("path.cc-graticule").count() > 5
    watched.assert_clean()


def test_drawing_an_area_writes_it_as_text_with_the_area_that_the_server_computes(watched):
    widget = Widget(watched)

    widget.draw((0.5, 0.4), (0.6, 0.4), (0.6, 0.6), (0.5, 0.6))

    assert widget.geometry["type"] == "Polygon"
    assert len(widget.geometry["coordinates"][0]) == 5
    assert widget.hectares > 1_000_000
    assert widget.says("size") == "1 area, 5 positions"
    watched.assert_clean()


def test_the_area_is_shown_before_the_shape_is_closed(watched):
    widget = Widget(watched)

    widget.tool("Polygon")
    widget.click((0.5, 0.4), (0.6, 0.4), (0.6, 0.6))

    assert widget.says("computed").endswith(" ha")
    assert widget.geometry is None
    watched.assert_clean()


def test_escape_gives_up_drawing(watched):
    widget = Widget(watched)
    widget.tool("Polygon")
    widget.click((0.5, 0.4), (0.6, 0.4), (0.6, 0.6))

    widget.page.keyboard.press("Escape")

    assert widget.page.locator("[aria-pressed=true]").count() == 0
    assert widget.geometry is None
    assert widget.says("computed") == "no boundary"


def test_a_saved_boundary_is_fitted_and_compared_with_the_declared_area(watched):
    widget = Widget(watched, "saved&declared=49000")

    shape = widget.page.locator("path.cc-boundary").bounding_box()
    canvas = widget.page.locator(CANVAS).bounding_box()
    assert canvas["height"] * 0.3 < shape["height"] < canvas["height"]
    assert (widget.says("computed"), widget.says("declared-shown")) == ("49,130.91 ha", "49,000.00 ha")
    assert (widget.says("difference"), widget.says("warning")) == ("0.3 %", "")
    watched.assert_clean()


def test_a_declared_area_more_than_a_tenth_off_is_warned_about_while_typing(watched):
    widget = Widget(watched, "saved&declared=49000")

    widget.page.fill("[name=total_area]", "40000")

    assert widget.says("difference") == "18.6 %"
    assert "declared area is less than the boundary encloses by over 10 %" in widget.says("warning")


def test_a_corner_can_be_dragged_and_the_step_undone(watched):
    widget = Widget(watched, "saved")
    before = widget.hectares
    widget.tool("edit")
    corner = widget.page.locator(".marker-icon:not(.marker-icon-middle)").first.bounding_box()
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2

    widget.page.mouse.move(x, y)
    widget.page.mouse.down()
    widget.page.mouse.move(x - 60, y + 30, steps=6)
    while_dragging = widget.says("computed")
    widget.page.mouse.up()

    assert while_dragging == widget.says("computed")
    assert widget.hectares > before
    widget.page.click("[data-undo]")
    assert widget.hectares == before
    assert widget.page.locator("[data-undo]").is_disabled()
    watched.assert_clean()


def test_a_piece_cut_from_the_middle_is_a_hole(watched):
    widget = Widget(watched, "saved")
    before = widget.hectares

    widget.tool("Cut")
    widget.click((0.48, 0.45), (0.52, 0.45), (0.52, 0.55), (0.48, 0.55), (0.48, 0.45))

    widget.wait_for("size", "10 positions")
    assert [len(ring) for ring in widget.geometry["coordinates"]] == [5, 5]
    assert widget.hectares < before
    watched.assert_clean()


def test_a_strip_cut_across_leaves_two_areas_of_which_one_can_be_deleted(watched):
    widget = Widget(watched, "saved")

    widget.tool("Cut")
    widget.click((0.1, 0.5), (0.9, 0.5), (0.9, 0.55), (0.1, 0.55), (0.1, 0.5))
    widget.wait_for("size", "2 areas")
    assert widget.geometry["type"] == "MultiPolygon"
    both = widget.hectares

    widget.tool("removal")
    widget.click((0.5, 0.7))

    widget.wait_for("size", "1 area,")
    assert widget.geometry["type"] == "Polygon"
    assert widget.hectares < both
    watched.assert_clean()


def test_an_area_can_be_moved(watched):
    widget = Widget(watched, "saved")

    widget.tool("drag")
    widget.drag((0.5, 0.5), (0.6, 0.5))

    widget.page.wait_for_function("!document.querySelector('textarea').value.includes('[38.5, -3.9]')")
    (west, south), *_ = widget.geometry["coordinates"][0]
    assert west > 38.5 + 0.02
    assert south == pytest.approx(-3.9, abs=0.002)
    watched.assert_clean()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(SQUARE),
        json.dumps({"type": "Feature", "properties": {}, "geometry": SQUARE}),
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE}]}),
        json.dumps([SQUARE["coordinates"]]),
    ],
    ids=["polygon", "feature", "collection", "list"],
)
def test_pasted_text_is_drawn_and_measured_without_the_mouse(watched, text):
    widget = Widget(watched)
    widget.page.focus("[data-source] summary")
    widget.page.keyboard.press("Enter")

    widget.page.fill("textarea", text)

    widget.wait_for("size", "1 area, 5 positions")
    assert widget.says("computed") == f"{parse_boundary(SQUARE).area_ha:,.2f} ha"
    assert "Computed area" in widget.page.locator("[data-status]").text_content()
    assert widget.page.locator("path.cc-boundary").count() == 1
    watched.assert_clean()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ('{"type": "Point", "coordinates": [1, 2]}', "A Point is not a boundary"),
        (json.dumps(SQUARE).replace("[10.5, 50.5]", "[500, 50.5]"), "position 3 has longitude 500"),
        (json.dumps(SQUARE).replace("[10, 50]]]", "[10, 51]]]"), "not closed"),
    ],
    ids=["not JSON", "point", "longitude 500", "not closed"],
)
def test_faulty_text_is_announced_and_the_map_keeps_what_it_showed(watched, text, words):
    widget = Widget(watched, "saved")
    widget.page.click("[data-source] summary")

    widget.page.fill("textarea", text)

    widget.wait_for("fault", words)
    assert widget.page.locator("[data-fault][role=alert]").is_visible()
    assert widget.page.locator("textarea").get_attribute("aria-invalid") == "true"
    assert widget.says("computed") == "49,130.91 ha"
    watched.assert_clean()


def test_a_file_is_loaded(watched):
    widget = Widget(watched)
    content = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE}]})

    widget.page.set_input_files(
        "[data-file]", {"name": "land.geojson", "mimeType": "application/json", "buffer": content.encode()}
    )

    widget.wait_for("size", "1 area, 5 positions")
    assert widget.geometry == SQUARE
    watched.assert_clean()


def test_a_boundary_with_very_many_corners_is_shown_but_not_edited_by_hand(watched):
    # given a zigzag of 6,000 positions, more than a browser can make handles for
    widget = Widget(watched)
    widget.page.click("[data-source] summary")
    zigzag = [[10 + step / 5998, 50.1 if step % 2 else 50] for step in range(5_999)]
    ring = [*zigzag, [11, 49], [10, 49], zigzag[0]]
    widget.page.fill("textarea", json.dumps({"type": "Polygon", "coordinates": [ring]}))
    widget.wait_for("size", "1 area, 6,002 positions")

    widget.tool("edit")

    assert "corners cannot be moved here" in widget.says("hint")
    assert widget.page.locator("[aria-pressed=true]").count() == 0
    assert widget.page.locator(".marker-icon").count() == 0
    watched.assert_clean()


def test_a_file_that_is_no_boundary_changes_nothing_and_is_named(watched):
    widget = Widget(watched, "saved")

    widget.page.set_input_files(
        "[data-file]", {"name": "notes.json", "mimeType": "application/json", "buffer": b'{"a": 1}'}
    )

    widget.wait_for("fault", "notes.json: This is not a boundary.")
    assert widget.geometry == KENYA
    watched.assert_clean()


def test_land_of_a_neighbour_is_marked_with_its_hectares(watched):
    widget = Widget(watched, "saved&neighbours")

    widget.wait_for("claims", "Overlaps Tsavo")

    # then it is the corner of 0.05 by 0.1 degrees, whose area PROJ computes too
    assert widget.says("claims") == "Overlaps Tsavo <b>East</b>: 6,141.02 ha in both."
    assert widget.page.locator("path.cc-neighbour").count() == 1
    assert widget.page.locator("path.cc-overlap").count() == 1
    watched.assert_clean()


def test_what_was_drawn_is_what_the_form_receives(watched):
    widget = Widget(watched, "declared=1")
    widget.draw((0.5, 0.4), (0.6, 0.4), (0.6, 0.6), (0.5, 0.6))
    drawn = widget.geometry

    with widget.page.expect_navigation():
        widget.page.click("text=Save")

    answer = json.loads(widget.page.inner_text("body"))
    assert answer == {"coordinates": drawn, "changed": ["coordinates"]}


def test_saving_an_untouched_boundary_changes_nothing(watched):
    widget = Widget(watched, "saved&declared=1")

    with widget.page.expect_navigation():
        widget.page.click("text=Save")

    assert json.loads(widget.page.inner_text("body")) == {"coordinates": KENYA, "changed": []}


def test_saving_an_empty_boundary_is_no_boundary(watched):
    widget = Widget(watched, "declared=1")

    with widget.page.expect_navigation():
        widget.page.click("text=Save")

    assert json.loads(widget.page.inner_text("body")) == {"coordinates": None, "changed": []}


def test_who_may_only_look_gets_no_tools(watched):
    widget = Widget(watched, "saved&readonly&declared=40000")

    assert widget.page.locator("[data-tool]").count() == 0
    assert widget.page.locator("textarea[readonly]").count() == 1
    assert widget.says("difference") == "18.6 %"
    watched.assert_clean()


def test_the_map_to_look_at_shows_the_boundary(watched):
    watched.page.goto(f"{watched.server}/staff/look")
    watched.page.wait_for_selector("path.cc-land", state="attached")

    assert watched.page.locator("path.cc-boundary").count() == 1
    assert watched.page.inner_text("figcaption") == "Kasigau"
    watched.assert_clean()


@pytest.mark.parametrize("theme", ["", "dark"], ids=["light", "dark"])
def test_it_fits_a_phone(watched, theme):
    watched.page.set_viewport_size({"width": 390, "height": 844})
    widget = Widget(watched, f"saved&neighbours&theme={theme}")

    assert widget.page.evaluate("document.documentElement.scrollWidth") <= 390
    for button in widget.page.locator(".cc-tools button").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 390
    background = widget.page.evaluate("getComputedStyle(document.querySelector('[data-canvas]')).backgroundColor")
    assert background == ("rgb(17, 28, 36)" if theme else "rgb(234, 242, 246)")
    watched.assert_clean()
