"""The background jobs of the integrations app."""

from typing import BinaryIO, cast

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from carboncore.common.errors import RegistryError
from integrations.models import EmissionRun, ImportRun, Upload
from integrations.services.emissions import CALCULATION_TASK, calculation_perform, calculations_due_request
from integrations.services.import_runs import IMPORT_TASK, import_run_perform
from integrations.services.upload_processing import upload_process
from integrations.services.uploads import UPLOAD_TASK


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


@app.task(name=UPLOAD_TASK)
def upload_process_job(upload_id: int) -> None:
    """Read a confirmed file, as the person who uploaded it; what came of it stands on the upload."""
    upload = Upload.objects.select_related("uploaded_by", "connection").get(pk=upload_id)
    with acting(upload.uploaded_by, Entrance.JOB):
        try:
            upload_process(upload=upload)
        except RegistryError:
            # The reason is on the upload for the source's owner; trying again would change nothing.
            return


@app.task(name=CALCULATION_TASK)
def emissions_calculate_job(run_id: int) -> None:
    """Calculate a data source's emissions, as the person who asked for it; what came of it stands on the run."""
    run = EmissionRun.objects.select_related("asked_by", "connection").get(pk=run_id)
    with acting(run.asked_by, Entrance.JOB):
        try:
            calculation_perform(run=run)
        except RegistryError:
            # The reason is on the run for the source's owner; trying again would change nothing.
            return


# One round at a time, every ten minutes: whatever a sync brought is calculated soon after.
@app.periodic(cron="*/10 * * * *")
@app.task(
    name="integrations.emissions_round",
    queue="emissions",
    lock="integrations.emissions_round",
    queueing_lock="integrations.emissions_round",
)
def emissions_round_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Ask for the calculation of every data source that got readings since its last one."""
    with acting(None, Entrance.JOB):
        calculations_due_request()
