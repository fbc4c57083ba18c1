"""The nightly job of the audit trail."""

import structlog
from procrastinate.contrib.django import app

from carboncore.audit.services import audit_seal, audit_verify
from carboncore.common.context import Entrance, acting

logger = structlog.get_logger(__name__)


@app.periodic(cron="15 2 * * *")
@app.task(name="audit.verify_and_seal", queue="ledger", lock="audit.verify", queueing_lock="audit.verify")
def audit_verify_and_seal_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate says when the round was due
    """Verify the whole trail and seal where it stands; a trail that does not verify is not sealed."""
    with acting(None, Entrance.JOB):
        result, problems = audit_verify()
        if not problems:
            audit_seal()
    if problems:
        logger.error("audit_not_clean", problems=result.problems, first=str(problems[0]))
