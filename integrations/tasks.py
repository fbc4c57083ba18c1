"""The background jobs of the integrations app."""

from typing import BinaryIO, cast

from procrastinate.contrib.django import app

from carboncore.common.context import Entrance, acting
from carboncore.common.errors import RegistryError
from integrations.models import EmissionRun, ImportRun, IncomingDelivery, Upload
from integrations.services.emissions import CALCULATION_TASK, calculation_perform, calculations_due_request
from integrations.services.grid_intensities import grid_intensities_fetch
from integrations.services.import_runs import IMPORT_TASK, import_run_perform
from integrations.services.incoming_webhooks import INBOX_RETRIES, INBOX_TASK, inbox_process
from integrations.services.lost_jobs import lost_jobs_requeue
from integrations.services.outgoing_webhooks import OUTBOX_TASK
from integrations.services.sync_running import sync_perform
from integrations.services.syncing import SYNC_QUEUE, SYNC_TASK, syncs_due_start, syncs_lost_requeue
from integrations.services.upload_processing import upload_process
from integrations.services.uploads import UPLOAD_TASK
from integrations.services.webhook_delivering import delivery_attempt
from integrations.services.webhook_relay import events_relay


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


@app.task(name=SYNC_TASK, queue=SYNC_QUEUE)
def sync_job(run_id: int) -> None:
    """Read a data source; what came of it stands on the run. A job that comes twice does nothing the second time."""
    with acting(None, Entrance.JOB):
        sync_perform(run_id=run_id)


# No lock: two rounds at once share the sources, and the lock of a killed worker would keep all later rounds away.
@app.periodic(cron="* * * * *")
@app.task(name="integrations.sync_round", queue="integrations", queueing_lock="integrations.sync_round")
def sync_round_job(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Queue the syncs whose turn it is, and those again whose worker was lost."""
    with acting(None, Entrance.JOB):
        syncs_lost_requeue()
        syncs_due_start()


@app.task(name=INBOX_TASK, retry=INBOX_RETRIES)
def inbox_process_job(delivery_id: int) -> None:
    """Act on a received webhook; what came of it stands on the delivery."""
    with acting(None, Entrance.JOB):
        inbox_process(delivery=IncomingDelivery.objects.select_related("source").get(pk=delivery_id))


@app.task(name=OUTBOX_TASK)
def outbox_deliver_job(delivery_id: int) -> None:
    """Try to tell a subscriber; the next attempt is a job of its own."""
    with acting(None, Entrance.JOB):
        delivery_attempt(delivery_id=delivery_id)


@app.periodic(cron="* * * * * */10")
@app.task(
    name="integrations.webhook_relay",
    queue="webhooks",
    lock="integrations.webhook_relay",
    queueing_lock="integrations.webhook_relay",
)
def webhook_relay_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Tell subscribers of what was recorded in the last ten seconds."""
    with acting(None, Entrance.JOB):
        events_relay()


# No lock, as for the syncs' round; what waits is ten minutes old before it is looked for.
@app.periodic(cron="4-59/10 * * * *")
@app.task(name="integrations.lost_jobs", queue="integrations", queueing_lock="integrations.lost_jobs")
def lost_jobs_job(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Queue again what waits for a job that is not there any more."""
    with acting(None, Entrance.JOB):
        lost_jobs_requeue()


# After the half hour, when its actual value is there, and not with everybody else.
@app.periodic(cron="11,41 * * * *")
@app.task(name="integrations.grid_intensity", queue="integrations", queueing_lock="integrations.grid_intensity")
def grid_intensity_job(timestamp: int) -> None:  # noqa: ARG001 - as above
    """Fetch the grid's intensity for the regions that data sources lie in."""
    with acting(None, Entrance.JOB):
        grid_intensities_fetch()
