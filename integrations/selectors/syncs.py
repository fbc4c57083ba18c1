"""Reading the sync log: who may see which runs, the records that one rejected."""

import uuid
from collections.abc import Iterator

from accounts.models import User
from integrations.errors import SyncNotFound
from integrations.models import SyncReject, SyncRun
from integrations.selectors.connections import connection_visible_to


def syncs_of(*, user: User, source: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[SyncRun]:
    """Return a source's runs, the latest first, from the one after `before` on.

    Raises:
        DataSourceNotFound: there is no such source, or the person may not know that there is.
        SyncNotFound: `before` is no run of it.
    """
    rows = SyncRun.objects.filter(connection=connection_visible_to(user=user, public_id=source)).order_by("-pk")
    if before is not None:
        last = rows.filter(public_id=before).first()
        if last is None:
            raise SyncNotFound
        rows = rows.filter(pk__lt=last.pk)
    return list(rows[:limit])


def sync_visible_to(*, user: User, source: uuid.UUID, public_id: uuid.UUID) -> SyncRun:
    """Return one run of a source.

    Raises:
        DataSourceNotFound, SyncNotFound: there is none, or the person may not know that there is.
    """
    connection = connection_visible_to(user=user, public_id=source)
    run = SyncRun.objects.filter(connection=connection, public_id=public_id).first()
    if run is None:
        raise SyncNotFound
    return run


def rejects_of(*, run: SyncRun) -> Iterator[SyncReject]:
    """Yield the records that a run rejected, in their order."""
    return SyncReject.objects.filter(run=run).order_by("pk").iterator(chunk_size=1000)
