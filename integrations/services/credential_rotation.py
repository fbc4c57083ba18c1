"""Moving every secret to the active key: a row at a time, so that it can be stopped and gone on with at any time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from carboncore.audit.services import event_record
from integrations.choices import ConnectionProblem, ConnectionStatus
from integrations.encryption import EnvelopeUnreadable, NoActiveKey, active_key_id, decrypt, encrypt, row_binding
from integrations.errors import CredentialKeysMissing
from integrations.models import Connection, ConnectionCredential, IncomingSource, OAuthClient, WebhookEndpoint

# Every column of envelopes that is kept for longer than minutes, and where its row's lasting id stands.
_COLUMNS: tuple[tuple[type[models.Model], str, str], ...] = (
    (ConnectionCredential, "envelope", "connection__public_id"),
    (OAuthClient, "secret_envelope", "public_id"),
    (IncomingSource, "envelope", "public_id"),
    (IncomingSource, "previous_envelope", "public_id"),
    (WebhookEndpoint, "envelope", "public_id"),
    (WebhookEndpoint, "previous_envelope", "public_id"),
)
_BATCH = 500


@dataclass
class Rotation:
    """What came of it: `unreadable` names the rows that no key of this server opens."""

    moved: int = 0
    already: int = 0
    unreadable: int = 0


def credentials_rotate(*, report: Callable[[int, int], None] = lambda _done, _total: None) -> Rotation:
    """Encrypt under the active key whatever is under another one; `report` is told how many of how many are done.

    A data source whose credentials no key opens is shown to its owner as such.

    Raises:
        CredentialKeysMissing: this server has no key.
    """
    try:
        active = active_key_id()
    except NoActiveKey as error:
        raise CredentialKeysMissing from error
    outcome = Rotation()
    present = {column: _kept(column) for column in _COLUMNS}
    total = sum(rows.count() for rows in present.values())
    under_another = {
        column: rows.exclude(**{f"{column[1]}__startswith": f"v1.{active}."}) for column, rows in present.items()
    }
    waiting = sum(rows.count() for rows in under_another.values())
    outcome.already = total - waiting
    done = 0
    for column, rows in under_another.items():
        for pk in _keys(rows):
            _move(column, pk, active, outcome)
            done += 1
            report(done, waiting)
    with transaction.atomic():
        event_record(
            action="credentials.rotated",
            changes={"moved": [None, outcome.moved], "unreadable": [None, outcome.unreadable]},
        )
    return outcome


def _kept(column: tuple[type[models.Model], str, str]) -> models.QuerySet:
    model, field, _ = column
    return model._default_manager.exclude(**{field: ""})


def _keys(rows: models.QuerySet) -> Iterator[int]:
    """Yield the rows' keys in their order, a batch at a time: what was moved no longer matches."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        yield from batch
        last = batch[-1]


def _move(column: tuple[type[models.Model], str, str], pk: int, active: str, outcome: Rotation) -> None:
    model, field, id_path = column
    lost: int | None = None
    with transaction.atomic():
        rows: Any = model._default_manager.select_for_update(of=("self",))
        row = rows.filter(pk=pk).first()
        envelope = getattr(row, field, "")
        if not envelope or envelope.startswith(f"v1.{active}."):
            return  # somebody was faster
        row_id = model._default_manager.values_list(id_path, flat=True).get(pk=pk)
        bound_to = row_binding(str(model._meta.label_lower), field, row_id)
        try:
            fresh = encrypt(decrypt(envelope, bound_to=bound_to), bound_to=bound_to)
        except EnvelopeUnreadable:
            outcome.unreadable += 1
            lost = getattr(row, "connection_id", None) if model is ConnectionCredential else None
        else:
            # By the column alone: nothing else about the row changed, its history included.
            model._default_manager.filter(pk=pk).update(**{field: fresh})
            outcome.moved += 1
    if lost is not None:
        credentials_mark_unreadable(connection_id=lost)


def credentials_mark_unreadable(*, connection_id: int) -> None:
    """Say on a data source that its credentials cannot be read any more, and stop syncing it."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection_id)
        row.status, row.problem = ConnectionStatus.ERROR, ConnectionProblem.CREDENTIALS_UNREADABLE
        row.error_message = "The stored credentials cannot be read any more. Enter them again."
        row.next_sync_at = None
        row.save()
        event_record(action="connection.changed", obj=row, changes={"problem": [None, row.problem]})
