"""Small credit exports for the import tests, the real ones beside the checkout, and projects for both."""

import io
from pathlib import Path

from integrations.credit_exports import StatedRow, read_credits
from integrations.registry_exports import SourceCode
from integrations.services.import_credits import credits_import_file
from registry.services.catalogue_seed import project_types_seed
from registry.services.project_import import ImportedProject, projects_import

EXPORTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "registry_exports"
HEADER = (
    "Issuance Date,Vintage Start,Vintage End,ID,Quantity Issued,Serial Number,Additional Certifications,"
    "Retirement/Cancellation Date,Retirement Beneficiary,Retirement Reason,Retirement Details"
)


def vcu(first, last, *, project=1340, retired="", beneficiary="", quantity=None, labels=""):
    """One row of Verra's list: credits `first` to `last` of a project, retired on a day or still active."""
    serial = f"19385-{first}-{last}-VCS-VCU-1507-VER-ET-14-{project}-01012020-31122020-0"
    count = last - first + 1 if quantity is None else quantity
    reason = "Environmental Benefit" if retired else ""
    return f"2026-04-03,2020-01-01,2020-12-31,{project},{count},{serial},{labels},{retired},{beneficiary},{reason},"


def vcu_list(*rows):
    return io.BytesIO("\n".join([HEADER, *rows]).encode())


def run(*rows, source=SourceCode.VERRA, stream=None, dry_run=False, keep_going=False):
    """Import the rows (or a stream); return the summary and the rejects file."""
    rejects = io.StringIO()
    summary = credits_import_file(
        source=source, stream=stream or vcu_list(*rows), dry_run=dry_run, keep_going=keep_going, rejects=rejects
    )
    return summary, rejects.getvalue()


def projects_in(registry, *ids, url="https://example.org/"):
    """Import bare projects of a registry; their pages are `url` and the id."""
    project_types_seed()
    rows = [
        ImportedProject(
            origin_registry=registry,
            origin_id=origin_id,
            origin_url=f"{url}{origin_id}",
            origin_status="Registered",
            status="registered",
            project_name=f"Project {origin_id}",
            project_initiator="A company",
            country_code="KE",
            type_code="OTHER",
        )
        for origin_id in ids
    ]
    projects_import(rows=rows, source="test", second_hand=False, publish=False)


def projects_of(source, path):
    """Import bare projects for all that the statements of a real export are about."""
    with path.open("rb") as file:
        records = [r for row in read_credits(source, file) if isinstance(row, StatedRow) for r in row.records]
    for registry in {record.project_registry or record.origin_registry for record in records}:
        mine = [record for record in records if (record.project_registry or record.origin_registry) == registry]
        projects_in(registry, *sorted({record.origin_id for record in mine if record.origin_id}))
        pages = sorted({record.project_url for record in mine if not record.origin_id})
        projects_in(registry, *(page.rpartition("/")[2] for page in pages), url="https://to.isometric.com/")
