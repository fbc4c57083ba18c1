"""Recording one event, in the transaction of what it tells about."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, models

from carboncore.audit.actions import ACTIONS
from carboncore.audit.choices import Outcome
from carboncore.audit.models import Event
from carboncore.audit.redaction import CHANGED, is_redacted
from carboncore.audit.services.changes import plain
from carboncore.common.api.statements import fetch_named
from carboncore.common.context import current_actor
from carboncore.common.observing import metrics

_LONGEST_NOTE = 1_000
_LONGEST_AGENT = 200

_COLUMNS = (
    "action", "outcome", "actor_id", "entrance", "ip_address", "user_agent", "request_id", "on_behalf_of",
    "object_type", "object_id", "note",
)  # fmt: skip
# Prepared: every change of anything waits for it.
_INSERT = """
    INSERT INTO audit_event (at, action, outcome, actor_id, entrance, ip_address, user_agent, request_id, on_behalf_of,
                             object_type, object_id, note, changes)
    VALUES (statement_timestamp(), %(action)s, %(outcome)s, %(actor_id)s::bigint, %(entrance)s, %(ip_address)s::inet,
            %(user_agent)s, %(request_id)s, %(on_behalf_of)s, %(object_type)s, %(object_id)s, %(note)s,
            %(changes)s::jsonb)
    RETURNING id, at
"""


def event_record(
    *,
    action: str,
    obj: models.Model | None = None,
    changes: Mapping[str, Any] | None = None,
    on_behalf_of: models.Model | None = None,
    outcome: str = Outcome.DONE,
    note: str = "",
    actor: models.Model | None = None,
) -> Event:
    """Record what is being done to `obj`: one INSERT, which stands or falls with the caller's transaction.

    Who, through which entrance and from where is known from the context; `actor` names the person where the context
    does not know them yet (signing in) or may not (a service that is told who acts). `changes` maps a field to
    [before, after], as `changes_since` makes them; what is secret or personal is cut down to "changed" here.
    A record that is deleted is named before it goes.

    Raises:
        ValueError: `action` is not declared in `carboncore.audit.actions`.
    """
    if action not in ACTIONS:
        raise ValueError(f"“{action}” is no declared action: add it to carboncore/audit/actions.py.")
    if outcome == Outcome.REFUSED:
        metrics.REFUSALS.labels(action).inc()
    context = current_actor()
    person = actor if actor is not None else context.user
    principal = on_behalf_of if on_behalf_of is not None else context.on_behalf_of
    event = Event(
        action=action,
        outcome=outcome,
        actor_id=person.pk if person is not None else None,
        entrance=context.entrance,
        ip_address=context.ip_address,
        user_agent=_text(context.user_agent)[:_LONGEST_AGENT],
        request_id=context.request_id,
        on_behalf_of=f"{principal._meta.label_lower}:{principal.pk}" if principal is not None else "",
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None and obj.pk is not None else "",
        note=_cut(_text(note)),
    )
    event.changes = _told(event.object_type, changes or {})
    _insert(event)
    return event


def personal_data_read_record(*, obj: models.Model) -> Event:
    """Record that the present actor was shown what is personal of `obj`: an account, or a purchase with its e-mail."""
    return event_record(action="user.personal_data_read", obj=obj)


def _insert(event: Event) -> None:
    values = {name: getattr(event, name) for name in _COLUMNS} | {
        "changes": json.dumps(event.changes, ensure_ascii=False)
    }
    ((event.pk, event.at),) = fetch_named(_INSERT, values)
    event._state.adding, event._state.db = False, connection.alias  # noqa: SLF001 - Django's way to say "saved"


def _told(object_type: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: CHANGED
        if is_redacted(object_type, name)
        else plain(values)
        if not _is_pair(values)
        else [plain(value) for value in values]
        for name, values in changes.items()
    }


def _is_pair(values: Any) -> bool:
    return isinstance(values, list | tuple) and len(values) == 2


def _text(text: str) -> str:
    """Return the text without what PostgreSQL cannot store: the null character and halves of characters."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _cut(note: str) -> str:
    return note if len(note) <= _LONGEST_NOTE else f"{note[: _LONGEST_NOTE - 1]}…"
