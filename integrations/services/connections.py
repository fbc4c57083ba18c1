"""Connecting data sources: adding, changing, pausing, disconnecting; a person's own or an organisation's."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation, User
from carboncore.audit.services import changes_since, event_record, state_of
from carboncore.common.errors import StateConflict
from integrations.choices import (
    ConnectionProblem,
    ConnectionStatus,
    IntegrationType,
    SyncFrequency,
)
from integrations.errors import DataSourceNotFound
from integrations.models import (
    Connection,
    EmissionRun,
    Integration,
    OAuthState,
    Reading,
    SyncReject,
    UnmatchedActivity,
)
from integrations.providers.base import AccountFound
from integrations.services.checking import account_check
from integrations.services.connection_rules import (
    refuse_bad_settings,
    refuse_too_many,
    refuse_twin,
    refuse_unconnectable,
    secrets_asked_for,
)
from integrations.services.credentials import credentials_destroy, credentials_store, tokens_store
from integrations.services.oauth_clients import application_of
from integrations.services.oauth_flow import permission_ask
from integrations.services.oauth_tokens import permission_revoke
from registry.services.validation import assign_fields, full_clean_or_refuse, one_transaction

_TEXTS = frozenset({"display_name", "site", "country_code", "sync_frequency"})


@dataclass(frozen=True)
class Connected:
    """A new data source; `authorize_url` is where its owner gives the provider's permission, where one is needed."""

    connection: Connection
    authorize_url: str = ""


def connection_create(
    *,
    actor: User,
    integration: Integration,
    organisation: Organisation | None = None,
    credentials: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Connected:
    """Connect a data source for a person, or for an organisation that they act for.

    Credentials are checked by a real call before anything is stored; for OAuth nothing but a pending source is.

    Raises:
        IntegrationNotConnectable: the provider offers no way, or the operator has not set it up.
        InvalidInput: a field or a credential is missing or wrong.
        CredentialsInvalid: the provider refuses the credentials.
        ProviderSilent, ProviderAnswerUnreadable: they could not be checked.
        AlreadyConnected: the same account is connected already.
        StateConflict: there are too many data sources.
        CredentialKeysMissing: this server cannot keep credentials.
    """
    refuse_unconnectable(integration)
    if integration.type == IntegrationType.OAUTH:
        application_of(integration=integration)
    row = Connection(integration=integration, owner=None if organisation else actor, organisation=organisation)
    given = {"display_name": integration.name, "sync_frequency": SyncFrequency.DAILY, **(fields or {})}
    _assign(row, given)
    refuse_bad_settings(row)
    full_clean_or_refuse(row, exclude=("integration", "owner", "organisation"))
    secrets = secrets_asked_for(integration, credentials or {})
    # Before the provider is asked, so that a repeated request asks nobody; the rule in the table decides.
    refuse_too_many(row)
    found = account_check(integration=integration, secrets=secrets, settings=row.settings) if secrets else None
    with one_transaction():
        if integration.type == IntegrationType.OAUTH:
            row = _pending(row)
        else:
            _adopt(row, found or AccountFound(reference=row.display_name))
        refuse_twin(row)
        full_clean_or_refuse(row, exclude=("integration", "owner", "organisation"))
        row.save()
        _keep(row, secrets, found)
        event_record(action="connection.created", obj=row, actor=actor, changes=changes_since({}, row))
    if integration.type == IntegrationType.OAUTH:
        return Connected(row, permission_ask(actor=actor, connection=row))
    return Connected(row)


def connection_update(
    *,
    actor: User,
    public_id: uuid.UUID,
    fields: Mapping[str, Any],
    credentials: Mapping[str, str] | None = None,
    active: bool | None = None,
) -> Connected:
    """Change a data source's settings, give it new credentials, pause it (`active=False`) or go on with it.

    New credentials are checked like the first ones and have to open the same account. Going on with a source whose
    OAuth permission is over begins to ask for it again.

    Raises:
        DataSourceNotFound: there is none, or the person may not change it.
        InvalidInput: a field or a credential is wrong.
        CredentialsInvalid, ProviderSilent, ProviderAnswerUnreadable: as `connection_create`.
        StateConflict: the new credentials are of another account.
    """
    known = connection_changeable_by(user=actor, public_id=public_id)
    secrets = secrets_asked_for(known.integration, credentials) if credentials else {}
    settings = {**known.settings, **(fields.get("settings") or {})}
    found = account_check(integration=known.integration, secrets=secrets, settings=settings) if secrets else None
    with one_transaction():
        row = _locked(known.pk)
        before = state_of(row)
        _assign(row, fields)
        refuse_bad_settings(row)
        if found is not None:
            if row.account_reference and found.reference and found.reference != row.account_reference:
                raise StateConflict(
                    f"These credentials are for the account {found.reference}; this data source reads"
                    f" {row.account_reference}. Connect the other account as a data source of its own."
                )
            _adopt(row, found)
        if active is not None:
            _set_active(row, active=active)
        full_clean_or_refuse(row, exclude=("integration", "owner", "organisation"))
        row.save()
        _keep(row, secrets, found)
        event_record(action="connection.changed", obj=row, actor=actor, changes=changes_since(before, row))
    if active and row.integration.type == IntegrationType.OAUTH and row.status != ConnectionStatus.ACTIVE:
        return Connected(row, permission_ask(actor=actor, connection=row))
    return Connected(row)


def connection_disconnect(*, actor: User, public_id: uuid.UUID, erase: bool = False) -> Connection:
    """Disconnect a data source: its credentials are destroyed at once, its readings and results stay.

    A permission is also revoked at the provider, where that is possible. `erase` deletes readings and results too.

    Raises:
        DataSourceNotFound: there is none, or the person may not change it.
    """
    known = connection_changeable_by(user=actor, public_id=public_id)
    if known.integration.type == IntegrationType.OAUTH:
        permission_revoke(connection=known)
    with transaction.atomic():
        row = _locked(known.pk)
        credentials_destroy(connection=row)
        OAuthState.objects.filter(connection=row).delete()
        row.status, row.problem, row.error_message = ConnectionStatus.DISABLED, ConnectionProblem.NONE, ""
        row.next_sync_at, row.disconnected_at = None, timezone.now()
        row.save()
        event_record(action="connection.deleted", obj=row, actor=actor)
        if erase:
            source_data_erase(actor=actor, connection=row)
    return row


def connection_pause(*, actor: User, pk: int) -> Connection:
    """Pause a data source, as staff do for one that troubles its provider.

    Raises:
        DataSourceNotFound: there is none that is connected.
    """
    return _switched(actor, pk, active=False)


def connection_retry(*, actor: User, pk: int) -> Connection:
    """Let a data source be read again soon, with a clean slate, as staff do after an outage.

    Raises:
        DataSourceNotFound: there is none that is connected.
        StateConflict: only its owner can put right what is wrong with it.
    """
    return _switched(actor, pk, active=True)


def connection_changeable_by(*, user: User, public_id: uuid.UUID) -> Connection:
    """Return a connected data source to who may change it.

    Raises:
        DataSourceNotFound: there is none, or the person may not know that there is, or it was disconnected.
    """
    rows: QuerySet[Connection] = Connection.objects.changeable_by(user).connected().select_related("integration")
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise DataSourceNotFound
    return row


def _pending(row: Connection) -> Connection:
    """Return the source to ask a permission for: one that waits for it already, with the newer settings, or `row`."""
    waiting = (
        Connection.objects.select_for_update()
        .connected()
        .filter(
            integration=row.integration_id,
            owner=row.owner_id,
            organisation=row.organisation_id,
            status=ConnectionStatus.PENDING,
        )
        .first()
    )
    if waiting is None:
        return row
    for name in (*_TEXTS, "settings"):
        setattr(waiting, name, getattr(row, name))
    return waiting


def _assign(row: Connection, fields: Mapping[str, Any]) -> None:
    """Set what a caller may; settings are added to those that are there, and None takes one away."""
    assign_fields(row, {name: value for name, value in fields.items() if name != "settings"}, allowed=_TEXTS)
    settings = {**row.settings, **(fields.get("settings") or {})}
    row.settings = {name: value for name, value in settings.items() if value is not None}


def _adopt(row: Connection, found: AccountFound) -> None:
    row.account_reference = (row.account_reference or found.reference)[:120]
    row.settings = {**row.settings, **found.settings}
    _set_active(row, active=True)


def _keep(row: Connection, secrets: Mapping[str, str], found: AccountFound | None) -> None:
    """Store the secrets that were given, or the tokens that the provider gave for them."""
    if found is not None and found.tokens is not None:
        tokens_store(connection=row, tokens=found.tokens)
    elif secrets:
        credentials_store(connection=row, secrets=secrets)


def _set_active(row: Connection, *, active: bool) -> None:
    if not active:
        row.status, row.next_sync_at = ConnectionStatus.DISABLED, None
        return
    if row.problem in _OWNERS and row.integration.type == IntegrationType.OAUTH:
        row.status = ConnectionStatus.PENDING
        return
    row.status, row.problem, row.error_message, row.error_count = ConnectionStatus.ACTIVE, ConnectionProblem.NONE, "", 0
    row.next_sync_at = timezone.now() if row.integration.adapter else None


# What nobody but the owner, with the provider, can put right.
_OWNERS = (
    ConnectionProblem.CREDENTIALS_REFUSED,
    ConnectionProblem.CREDENTIALS_UNREADABLE,
    ConnectionProblem.REAUTHORISATION_NEEDED,
)


def _switched(actor: User, pk: int, *, active: bool) -> Connection:
    with transaction.atomic():
        row = _locked(pk)
        if active and row.problem in _OWNERS:
            raise StateConflict(f"“{row}” waits for its owner: {row.get_problem_display().lower()}.")
        before = state_of(row)
        _set_active(row, active=active)
        row.save()
        event_record(action="connection.changed", obj=row, actor=actor, changes=changes_since(before, row))
    return row


def _locked(pk: int) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("integration").connected()
    row: Connection | None = rows.filter(pk=pk).first()
    if row is None:
        raise DataSourceNotFound
    return row


def source_data_erase(*, actor: User, connection: Connection) -> None:
    """Delete a data source's readings, results and rejected records; the source itself stays, as does its log."""
    with transaction.atomic():
        with database.cursor() as cursor:  # results name one another, which Django would take for a reason to refuse
            cursor.execute("DELETE FROM integrations_emission WHERE connection_id = %s", [connection.pk])
        UnmatchedActivity.objects.filter(connection=connection).delete()
        EmissionRun.objects.filter(connection=connection).delete()
        SyncReject.objects.filter(run__connection=connection).delete()
        readings, _ = Reading.objects.filter(connection=connection).delete()
        event_record(action="connection.erased", obj=connection, actor=actor, changes={"readings": [readings, 0]})
