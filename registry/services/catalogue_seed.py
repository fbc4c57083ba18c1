"""Filling the catalogue and a first set of real projects from the compact files in `registry/data`."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import models, transaction

from carboncore.audit.services import event_record
from registry.models import (
    Methodology,
    Project,
    ProjectType,
    Standard,
    StandardValidator,
    ValidatorAccreditation,
)
from registry.services.bulk_write import insert_with_history
from registry.services.project_import import BATCH, ImportedProject, projects_import
from registry.services.projects import project_update

DATA = Path(__file__).resolve().parent.parent / "data"
SEED_REASON = "seed"
# Said on every accreditation the seed adds, for it is only known that the body stands in the programme's lists.
UNCHECKED_SCOPE = "Named in this programme's public project list; accreditation not checked"

Report = Callable[[int, int], None]


def project_types_seed() -> int:
    """Add the project types that are missing, and count them; a type that is here is left as it is."""
    return _add_missing(
        ProjectType,
        "code",
        [
            ProjectType(
                code=row["code"], name=row["name"], category=row["category"], land_based=row["land_based"] == "yes"
            )
            for row in _rows("project_types.csv")
        ],
    )


def standards_seed() -> int:
    """Add the standards that are missing, and count them."""
    return _add_missing(Standard, "code", [Standard(**row) for row in _rows("standards.csv")])


def methodologies_seed() -> int:
    """Add the methodologies that are missing, under their standards; name those an import knew by code only."""
    standards = {standard.code: standard for standard in Standard.objects.all()}
    rows = list(_rows("methodologies.csv"))
    unnamed = {methodology.code: methodology for methodology in Methodology.objects.filter(name="", standard=None)}
    for row in rows:
        if (known := unnamed.get(row["code"])) is not None and row["standard"] in standards:
            known.name, known.standard = row["name"], standards[row["standard"]]
            known.save()
    return _add_missing(
        Methodology,
        "code",
        [
            Methodology(code=row["code"], name=row["name"], url=row["url"], standard=standards.get(row["standard"]))
            for row in rows
        ],
    )


def validators_seed() -> int:
    """Add the verification bodies that are missing, with the programmes in whose lists they stand; count them."""
    standards = {standard.code: standard for standard in Standard.objects.all()}
    rows = {row["name"]: row["standards"].split() for row in _rows("validators.csv")}
    present = set(StandardValidator.objects.filter(name__in=rows).values_list("name", flat=True))
    added = _add_missing(StandardValidator, "name", [StandardValidator(name=name) for name in rows])
    fresh = StandardValidator.objects.filter(name__in=rows.keys() - present)
    accreditations = [
        ValidatorAccreditation(validator=validator, standard=standards[code], scope=UNCHECKED_SCOPE)
        for validator in fresh
        for code in rows[validator.name]
        if code in standards
    ]
    if accreditations:
        insert_with_history(accreditations, reason=SEED_REASON)
    return added


def projects_seed(*, report: Report | None = None) -> int:
    """Add the seeded projects that are missing, published where their status is public; count them.

    A project that is here, however it came, is left as it is: newer imports and staff know better.
    """
    rows = list(_rows("projects.csv"))
    present = set(Project.objects.exclude(origin_id="").values_list("origin_registry", "origin_id"))
    missing = [row for row in rows if (row["origin_registry"], row["origin_id"]) not in present]
    created = 0
    with transaction.atomic():
        for source in dict.fromkeys(row["source"] for row in missing):
            batches = _batches(_seeded(row) for row in missing if row["source"] == source)
            for batch in batches:
                outcome = projects_import(rows=batch, source=source, second_hand=True, publish=True)
                created += outcome.created
                if report is not None:
                    report(created, len(missing))
        _draw_boundaries({row["origin_id"] for row in missing})
    return created


def _draw_boundaries(fresh: set[str]) -> None:
    collection = json.loads((DATA / "boundaries.geojson").read_text(encoding="utf-8"))
    for feature in collection["features"]:
        if (identifier := feature["properties"]["origin_id"]) in fresh:
            project = Project.objects.get(origin_id=identifier)
            project_update(actor=None, pk=project.pk, fields={"coordinates": feature["geometry"]})


def _seeded(row: dict[str, str]) -> ImportedProject:
    return ImportedProject(
        origin_registry=row["origin_registry"],
        origin_id=row["origin_id"],
        origin_status=row["origin_status"],
        status=row["status"],
        project_name=row["name"],
        project_initiator=row["initiator"],
        country_code=row["country"],
        region=row["region"],
        type_code=row["type"],
        methodologies=tuple(row["methodologies"].split()),
        crediting_period_start=_date(row["crediting_start"]),
        crediting_period_end=_date(row["crediting_end"]),
        vintage_year=int(row["vintage_year"]) if row["vintage_year"] else None,
        estimated_annual_reductions=_decimal(row["estimated_annual_reductions_t"]),
        longitude=float(row["longitude"]) if row["longitude"] else None,
        latitude=float(row["latitude"]) if row["latitude"] else None,
        sdg_goals=tuple(int(goal) for goal in row["sdg_goals"].split()),
        labels=tuple(label for label in row["labels"].split("; ") if label),
        standard_code=STANDARD_OF_REGISTRY[row["origin_registry"]],
        validator_name=row["verification_body"],
    )


# The standard that each origin registry certifies under.
STANDARD_OF_REGISTRY = {
    "VCS": "VCS",
    "GLD": "GS",
    "ACR": "ACR",
    "CAR": "CAR",
    "ART": "ART-TREES",
    "CCB": "CERCARBONO",
    "ISO": "ISOMETRIC",
    "PUR": "PURO",
}


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


def _batches(rows: Iterator[ImportedProject]) -> Iterator[list[ImportedProject]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _add_missing(model: type[models.Model], key: str, wanted: list[Any]) -> int:
    present = set(model._default_manager.values_list(key, flat=True))
    missing = [instance for instance in wanted if getattr(instance, key) not in present]
    if missing:
        with transaction.atomic():
            insert_with_history(missing, reason=SEED_REASON)
            event_record(action="catalogue.seeded", changes={model._meta.label_lower: len(missing)})
    return len(missing)
