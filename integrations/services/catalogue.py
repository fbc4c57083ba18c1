"""The catalogue of providers: filled from the project's own files, edited by staff."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import InvalidInput
from integrations.errors import IntegrationNotFound
from integrations.models import Integration
from integrations.providers.registry import ADAPTERS
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

DATA = Path(__file__).resolve().parent.parent / "data" / "catalogue"

_JSON_FIELDS = frozenset({"credential_fields", "faq"})
_FIELDS = frozenset(
    {
        *("slug", "name", "provider", "category", "type", "availability", "status", "adapter", "base_url", "listed"),
        *("description", "logo", "authentication_guide", "setup_complexity", "estimated_setup_time", "data_types"),
        *("emission_scopes", "info_page", "setup_guide", "documentation_url", "official_url"),
    }
)
_MOST_ITEMS = 30


def integrations_load() -> int:
    """Add the entries that are missing, and count them; one that is here is left as staff made it."""
    with transaction.atomic():
        present = set(Integration.objects.values_list("slug", flat=True))
        missing = [fields for fields in _files() if fields["slug"] not in present]
        for fields in missing:
            integration_save(pk=None, fields=fields)
        if missing:
            event_record(action="integrations.loaded", changes={"entries": [None, len(missing)]})
    return len(missing)


def integration_save(*, pk: int | None, fields: Mapping[str, Any]) -> Integration:
    """Create (`pk=None`) or change an entry of the catalogue.

    Raises:
        IntegrationNotFound: there is no such entry.
        InvalidInput: with every reason by field.
    """
    with one_transaction():
        row = Integration() if pk is None else Integration.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            raise IntegrationNotFound
        before = {} if pk is None else state_of(row)
        assign_fields(row, {n: v for n, v in fields.items() if n not in _JSON_FIELDS}, allowed=_FIELDS)
        for name in _JSON_FIELDS & fields.keys():
            setattr(row, name, fields[name] or [])
        _refuse_bad(row)
        full_clean_or_refuse(row)
        row.save()
        event_record(action="integration.saved", obj=row, changes=changes_since(before, row))
    return row


def _refuse_bad(row: Integration) -> None:
    errors: dict[str, list[str]] = {}
    if row.adapter and row.adapter not in ADAPTERS:
        errors["adapter"] = [f"There is no such reader. There are: {', '.join(sorted(ADAPTERS))}."]
    if not _is_list_of(
        row.credential_fields, {"name", "label", "secret", "required", "help"}, needed={"name", "label"}
    ):
        errors["credential_fields"] = ["Give a list of objects with name, label, secret, required and help."]
    if not _is_list_of(row.faq, {"question", "answer"}, needed={"question", "answer"}):
        errors["faq"] = ["Give a list of objects with question and answer."]
    if errors:
        raise InvalidInput(errors)


def _is_list_of(given: Any, names: set[str], *, needed: set[str]) -> bool:
    if not isinstance(given, list) or len(given) > _MOST_ITEMS:
        return False
    return all(
        isinstance(each, dict)
        and needed <= each.keys() <= names
        and all(isinstance(each.get(name, ""), bool if name in {"secret", "required"} else str) for name in each)
        for each in given
    )


def _files() -> Iterator[dict[str, Any]]:
    for path in sorted(DATA.glob("*.toml")):
        yield {"slug": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}
