"""The staff admin in a real Chromium: the work by keyboard and mouse, on a phone, in the dark, with a clean console."""

import pytest
from playwright.sync_api import expect

from accounts.roles import REGISTRY_OFFICER, REVIEWER, VIEWER
from registry.choices import ProjectStatus
from registry.models import Project, ProjectStatusChange
from tests.factories import PASSWORD, ProjectTypeFactory, person, project_in, ready_project, square

pytestmark = pytest.mark.django_db(transaction=True)


def _sign_in(watched, role):
    user = person(role)
    watched.page.goto(f"{watched.server}/staff/")
    watched.page.get_by_label("E-mail").fill(user.email)
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url(f"{watched.server}/staff/")
    return user


def _open(watched, path):
    watched.page.goto(f"{watched.server}{path}")
    watched.page.wait_for_load_state("networkidle")


def _width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def test_an_officer_adds_a_project_and_submits_it_with_the_keyboard_alone(watched):
    # given a type and an officer
    ProjectTypeFactory(code="FC", name="Forest conservation")
    officer = _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page

    # when they fill the first panel, go to the next by arrow key, and save
    _open(watched, "/staff/registry/project/add/")
    page.locator("#id_project_name").fill("Cedar Hills")
    page.locator("#id_project_initiator").fill("Cedar Trust")
    page.locator("#id_project_type + .select2 .select2-selection").press("Enter")
    page.keyboard.type("forest")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Forest conservation")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Identity").press("ArrowRight")
    expect(page.get_by_role("tab", name="Place & boundary")).to_be_focused()
    page.locator("#id_country + .select2 .select2-selection").press("Enter")
    page.keyboard.type("brazil")
    expect(page.locator(".select2-results__option--highlighted")).to_contain_text("Brazil")
    page.keyboard.press("Enter")
    page.locator("#id_region").fill("Acre")
    page.get_by_role("tab", name="Place & boundary").press("ArrowRight")
    page.locator("#id_vintage_year").fill("2022")
    page.get_by_role("button", name="Save", exact=True).press("Enter")

    # then it is a draft with its page, and can be submitted from there
    expect(page.get_by_text("“Cedar Hills” is a draft now.")).to_be_visible()
    page.get_by_role("link", name="Submit").press("Enter")
    page.get_by_label("Comment").fill("Complete as far as we know.")
    page.get_by_role("button", name="Submit").press("Enter")
    expect(page.get_by_text("is now submitted")).to_be_visible()
    change = ProjectStatusChange.objects.get()
    assert (change.actor, change.comment, change.to_status) == (officer, "Complete as far as we know.", "submitted")
    watched.assert_clean()


def test_a_missing_field_leads_to_its_panel_and_is_marked(watched):
    project = ready_project(region="")
    _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page

    _open(watched, f"/staff/registry/project/{project.pk}/move/submit/")
    page.get_by_role("link", name="Name the region.").click()

    expect(page.get_by_role("tab", name="Place & boundary")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#id_region")).to_be_focused()
    watched.assert_clean()


def test_an_error_in_a_hidden_panel_opens_it(watched):
    project = ready_project()
    _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page
    _open(watched, f"/staff/registry/project/{project.pk}/change/")

    page.get_by_role("tab", name="Carbon").click()
    page.locator("#id_vintage_year").fill("1066")
    page.get_by_role("tab", name="Identity").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("tab", name="Carbon")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#field-vintage_year")).to_contain_text("1980")
    assert Project.objects.get(pk=project.pk).vintage_year == project.vintage_year
    watched.assert_clean()


def test_the_boundary_is_on_the_map_with_the_land_that_another_project_claims(watched):
    ready_project(coordinates=square(10, 0), project_name="West")
    east = ready_project(coordinates=square(10.05, 0), project_name="East")
    _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page

    _open(watched, f"/staff/registry/project/{east.pk}/change/#field-coordinates")

    expect(page.locator("[data-boundary-widget] [data-claims]")).to_contain_text("West")
    expect(page.locator("[data-boundary-widget] [data-computed]")).to_contain_text("ha")
    assert page.locator("[data-canvas]").bounding_box()["height"] > 200
    watched.assert_clean()


def test_a_document_row_is_added_and_uploaded(watched, tmp_path):
    project = ready_project()
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.7\n%%EOF\n")
    _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page
    _open(watched, f"/staff/registry/project/{project.pk}/change/#documents-group")

    page.get_by_text("Add another Document").click()
    page.locator("#id_documents-0-title").fill("Monitoring report")
    page.locator("#id_documents-0-upload").set_input_files(report)
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_role("link", name="report.pdf")).to_be_visible()
    assert project.documents.get().sha256
    watched.assert_clean()


PAGES = [
    "/staff/",
    "/staff/registry/project/",
    "/staff/registry/project/{pk}/change/",
    "/staff/registry/project/{pk}/change/#field-coordinates",
    "/staff/registry/project/{pk}/change/#documents-group",
    "/staff/registry/project/{pk}/history/",
    "/staff/registry/project/{pk}/move/suspend/",
    "/staff/registry/project/import/",
    "/staff/registry/boundaryoverlap/",
    "/staff/registry/standardvalidator/",
    "/staff/integrations/importrun/add/",
    "/staff/integrations/listingconflict/",
    "/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_in_both_modes(watched, scheme):
    project = project_in(
        ProjectStatus.REGISTERED, project_name="A name long enough to need more than a single line here"
    )
    watched.page.set_viewport_size({"width": 390, "height": 844})
    watched.page.emulate_media(color_scheme=scheme)
    _sign_in(watched, REGISTRY_OFFICER)

    for path in PAGES:
        _open(watched, path.format(pk=project.pk))
        assert _width(watched.page) == 390, path
        if path.startswith("/staff"):
            dark = watched.page.evaluate("document.documentElement.classList.contains('dark')")
            assert dark == (scheme == "dark"), path
    watched.assert_clean()


def test_charts_are_drawn_and_their_figures_can_be_read_as_tables(watched):
    project_in(ProjectStatus.REGISTERED)
    _sign_in(watched, VIEWER)
    page = watched.page

    drawn = page.evaluate(
        "Array.from(document.querySelectorAll('canvas.chart')).map((c) =>"
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0))"
    )
    assert drawn == [True] * 5
    page.get_by_text("As a table").first.click()
    expect(page.locator("details[open] table").first).to_be_visible()
    watched.assert_clean()


def test_focus_is_visible_and_the_first_tab_skips_to_the_content(watched):
    _sign_in(watched, REVIEWER)
    page = watched.page
    _open(watched, "/staff/registry/project/")

    page.keyboard.press("Tab")

    skip = page.locator(".st-skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    watched.assert_clean()


def test_a_confirmation_is_sent_once_however_often_the_button_is_pressed(watched):
    project = ready_project()
    _sign_in(watched, REGISTRY_OFFICER)
    page = watched.page
    _open(watched, f"/staff/registry/project/{project.pk}/move/submit/")

    page.get_by_role("button", name="Submit").dblclick()

    expect(page.get_by_text("is now submitted")).to_be_visible()
    assert ProjectStatusChange.objects.count() == 1
    watched.assert_clean()
