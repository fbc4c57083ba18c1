"""The background jobs of the integrations app."""

from typing import cast

from procrastinate.contrib.django import app

from accounts.models import User
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import RegistryError
from integrations.models import ImportRun
from integrations.services.import_runs import import_run_perform


# One import at a time: a second waits in the queue rather than on a lock.
@app.task(name="integrations.import_run", queue="imports", lock="integrations.import_run")
def import_run_job(run_id: int) -> None:
    """Import an uploaded export, as the person who uploaded it; what came of it stands on the run."""
    run = ImportRun.objects.select_related("actor").get(pk=run_id)
    with acting(cast("User | None", run.actor), Entrance.JOB), run.file.open("rb") as stream:
        try:
            import_run_perform(run=run, stream=stream)
        except RegistryError:
            # The reason is on the run for the person who uploaded the file; trying again would change nothing.
            return
