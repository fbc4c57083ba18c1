"""The catalogue: what is offered and what honestly is not, guides that cannot harm, staff's edits that stay."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from carboncore.common.errors import InvalidInput
from integrations.guides import guide_html
from integrations.models import Integration
from integrations.services.catalogue import integration_save, integrations_load
from tests.api_clients import Api

pytest_plugins = ("tests.integrations.source_fixtures",)
pytestmark = pytest.mark.django_db


def test_the_command_adds_what_is_missing_and_leaves_what_staff_changed():
    out = StringIO()
    call_command("load_integrations", stdout=out)
    entry = Integration.objects.get(slug="openai")
    integration_save(pk=entry.pk, fields={"description": "Ours."})
    Integration.objects.get(slug="n3rgy").delete()

    call_command("load_integrations", stdout=out)
    call_command("load_integrations", stdout=out)

    assert out.getvalue().splitlines() == [
        "integrations: 19 added", "integrations: 1 added", "integrations: nothing to add",
    ]  # fmt: skip
    assert Integration.objects.get(slug="openai").description == "Ours."


def test_the_list_has_the_contracts_shape_and_all_categories(catalogue):
    body = Api().get("/api/v1/integrations").json()

    assert set(body) == {"data", "count", "categories"}
    assert body["count"] == len(body["data"]) == 19
    assert body["categories"] == [
        "energy", "ai", "cloud", "transport", "finance", "enterprise", "manufacturing", "retail", "utilities", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("category=ai", {"openai", "anthropic"}),
        ("search=glow+bright", {"glowmarkt-bright"}),
        ("status=development&category=energy", {"british-gas", "scottish-power"}),
        ("search=nothing-like-it", set()),
    ],
)
def test_the_list_is_narrowed(catalogue, query, slugs):
    body = Api().get(f"/api/v1/integrations?{query}").json()

    assert {each["slug"] for each in body["data"]} == slugs
    assert body["count"] == len(slugs)


@pytest.mark.parametrize("query", ["category=food", "status=old", "search=%00"])
def test_a_filter_that_means_nothing_is_named(catalogue, query):
    answer = Api().get(f"/api/v1/integrations?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_who_offers_no_interface_says_so_and_names_what_works(catalogue):
    body = Api().get("/api/v1/integrations/british-gas").json()

    assert body["availability"] == "none"
    assert body["connectable"] is False
    assert "cannot be connected directly" in body["info_page"]
    assert all(way in body["html"]["info_page"] for way in ("Bright", "n3rgy", "CSV upload"))


def test_what_can_be_connected_is_told(catalogue):
    found = {each["slug"]: each["connectable"] for each in Api().get("/api/v1/integrations").json()["data"]}

    assert {slug for slug, ready in found.items() if ready} == {
        "octopus-energy", "octopus-energy-password", "edf-energy-password", "eon-next", "eon-next-password",
        "glowmarkt-bright", "n3rgy", "openai", "anthropic", "csv-upload", "manual-entry", "generic-webhook",
    }  # fmt: skip


def test_oauth_is_connectable_once_the_operator_is_registered(provider):
    assert Api().get("/api/v1/integrations/edf-energy").json()["connectable"] is True


def test_every_entry_has_a_guide_and_answers_and_only_links_to_the_web(catalogue):
    for row in catalogue.values():
        assert row.setup_guide, row.slug
        assert row.faq, row.slug
        for html in map(guide_html, (row.setup_guide, row.info_page, row.authentication_guide)):
            assert re.findall(r'href="(?!https?://)', html) == []


def test_an_unknown_entry_is_404(catalogue):
    assert Api().get("/api/v1/integrations/nobody").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](//evil.example/x)",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/pixel.gif)",
        "[x](vbscript:x)",
        '[x](https://a.example/"onmouseover="x)',
    ],
)
def test_a_guide_cannot_carry_markup_of_its_own(text):
    html = guide_html(text)

    assert not re.search(r"<(script|img)|href=\"(?!https://)|\"\s*onmouseover=", html)


def test_a_guide_is_markdown():
    assert guide_html("**a** [b](https://c.example/)") == (
        '<p><strong>a</strong> <a href="https://c.example/" rel="noopener noreferrer nofollow">b</a></p>\n'
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"adapter": "nobody"}, "adapter"),
        ({"faq": [{"question": "?"}]}, "faq"),
        ({"credential_fields": [{"name": "a", "label": "b", "secret": "yes"}]}, "credential_fields"),
        ({"category": "food"}, "category"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(catalogue, fields, named):
    with pytest.raises(InvalidInput) as refused:
        integration_save(pk=catalogue["openai"].pk, fields=fields)

    assert named in refused.value.errors


def test_loading_again_in_the_seed_is_harmless(catalogue):
    assert integrations_load() == 0
