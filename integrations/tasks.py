"""The background jobs of the integrations app."""

from typing import BinaryIO, cast

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from carboncore.common.errors import RegistryError
from integrations.models import ImportRun
from integrations.services.import_runs import IMPORT_TASK, import_run_perform


@app.task(name=IMPORT_TASK)
def import_run_job(run_id: int) -> None:
    """Import an uploaded export, as the person who uploaded it; what came of it stands on the run."""
    run = ImportRun.objects.select_related("actor").get(pk=run_id)
    with acting(run.actor, Entrance.JOB), run.file.open("rb") as stream:
        try:
            import_run_perform(run=run, stream=cast("BinaryIO", stream))
        except RegistryError:
            # The reason is on the run for the person who uploaded the file; trying again would change nothing.
            return
