"""Small Verra-shaped exports for the import tests, and importing them."""

import io

from integrations.registry_exports import SourceCode
from integrations.services.import_projects import projects_import_file

HEADER = (
    "ID,Name,Proponent,Project Type,AFOLU Activities,Methodology,Status,Country/Area,"
    "Estimated Annual Emission Reductions,Region,Project Registration Date,Crediting Period Start Date,"
    "Crediting Period End Date"
)
LAND = "Agriculture Forestry and Other Land Use"
FOREST = (
    f"2500,Río Bravo Forest,Forest Co,{LAND},REDD,VM0007; VM0033,Registered,Belize,"
    '"56,373",Latin America,2015-05-01,2014-01-01,2043-12-31'
)
STOVES = "2501,Clean Stoves,Stove Co,Energy demand,,AMS-II.G.,Under validation,Kenya,1000,Africa,,2024-01-01,2030-12-31"


def verra_export(*rows):
    return io.BytesIO("\n".join([HEADER, *rows]).encode())


def run(*rows, source=SourceCode.VERRA, dry_run=False, keep_going=False, publish=False, stream=None):
    rejects = io.StringIO()
    summary = projects_import_file(
        source=source,
        stream=stream or verra_export(*rows),
        dry_run=dry_run,
        keep_going=keep_going,
        publish=publish,
        rejects=rejects,
    )
    return summary, rejects.getvalue()
