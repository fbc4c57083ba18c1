"""What a data source has to be before it is connected: offered, complete in its credentials, sound in its settings."""

import re
from collections.abc import Mapping

from django.db.models import Q, QuerySet

from carboncore.common.errors import InvalidInput, StateConflict
from integrations.choices import Availability, ConnectionStatus, IntegrationStatus, IntegrationType
from integrations.emissions.settings import NAMES, calculation_settings
from integrations.errors import AlreadyConnected, IntegrationNotConnectable
from integrations.models import Connection, Integration
from integrations.providers.registry import ADAPTERS

MOST_CONNECTIONS = 200
_LONGEST_SECRET = 4_000
_LONGEST_SETTINGS = 5_000
_LONGEST_SETTING = 60
# What a person made up may hold any character, blanks at its ends too; what a provider gave out does not.
_CHOSEN = frozenset({"password"})
_SECRET = re.compile(r"passw|secret|token|api_?key", re.IGNORECASE)


def refuse_unconnectable(integration: Integration) -> None:
    """Do nothing for an integration that people can connect.

    Raises:
        IntegrationNotConnectable: it is not, and why.
    """
    if integration.availability == Availability.NONE:
        raise IntegrationNotConnectable(
            f"{integration.provider} offers no interface for its customers' data. Its page in the catalogue names"
            " other ways, such as Bright, n3rgy or uploading a file."
        )
    if integration.status == IntegrationStatus.DEVELOPMENT or not integration.listed:
        raise IntegrationNotConnectable(f"{integration.name} cannot be connected yet. Upload a file in the meantime.")
    if not integration.adapter and integration.type in (IntegrationType.API_KEY, IntegrationType.OAUTH):
        raise IntegrationNotConnectable(f"{integration.name} needs no connection: its page says how it is used.")


def secrets_asked_for(integration: Integration, given: Mapping[str, str]) -> dict[str, str]:
    """Return the credentials that the catalogue asks for, every one that is required among them.

    Raises:
        InvalidInput: naming each that is missing, unknown or no credential.
    """
    if integration.type != IntegrationType.API_KEY:
        if given:
            raise InvalidInput({"credentials": ["This kind of data source takes no credentials."]})
        return {}
    asked = {str(each["name"]): each for each in integration.credential_fields}
    errors = {f"credentials.{name}": ["There is no such field here."] for name in given if name not in asked}
    for name, each in asked.items():
        value = given.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST_SECRET:
            errors[f"credentials.{name}"] = [f"Give a text of at most {_LONGEST_SECRET:,} characters."]
        elif each.get("required") and not value.strip():
            errors[f"credentials.{name}"] = [f"Give {each.get('label') or name}."]
        elif not (value.strip().isprintable() and (value.isascii() or name in _CHOSEN)):
            errors[f"credentials.{name}"] = ["This holds characters that no such credential has; copy it again."]
    if errors:
        raise InvalidInput(errors)
    present = {name: given[name] for name in asked if given.get(name, "").strip()}
    return {name: value if name in _CHOSEN else value.strip() for name, value in present.items()}


def refuse_bad_settings(row: Connection) -> None:
    """Do nothing for settings that can be calculated with, and that the provider's reader knows.

    Raises:
        InvalidInput: naming each that cannot.
    """
    if not isinstance(row.settings, dict) or len(str(row.settings)) > _LONGEST_SETTINGS:
        raise InvalidInput({"settings": ["Give an object of a few settings."]})
    if any(_SECRET.search(str(name)) for name in row.settings):
        raise InvalidInput({"settings": ["Settings are shown to you in clear: give secrets under credentials only."]})
    errors = _faults_of_own(row)
    try:
        calculation_settings(country=row.country_code, settings=row.settings)
    except InvalidInput as error:
        errors |= error.errors
    if errors:
        raise InvalidInput(errors, message="The data source's settings need a correction.")


def _faults_of_own(row: Connection) -> dict[str, list[str]]:
    """Return what is wrong with the settings that no calculation reads: the provider's, and those that nobody knows."""
    own = ADAPTERS[row.integration.adapter].own_settings if row.integration.adapter else {}
    known = ", ".join(sorted(NAMES | own.keys()))
    errors = {name: [f"There is no such setting here. There are: {known}."] for name in row.settings.keys() - NAMES}
    for name in own.keys() & row.settings.keys():
        value, choices = row.settings[name], own[name]
        del errors[name]
        if choices and value not in choices:
            errors[name] = [f"Give {' or '.join(choices)}."]
        elif not isinstance(value, str) or len(value) > _LONGEST_SETTING:
            errors[name] = [f"Give a text of at most {_LONGEST_SETTING} characters."]
    return errors


def refuse_too_many(row: Connection) -> None:
    """Do nothing where there is room for one more.

    Raises:
        StateConflict: the owner has as many data sources as anybody may have.
    """
    mine = Connection.objects.connected().filter(owner=row.owner_id, organisation=row.organisation_id)
    if mine.count() >= MOST_CONNECTIONS:
        raise StateConflict(f"There are {MOST_CONNECTIONS} data sources already. Disconnect one first.")


def refuse_twin(row: Connection) -> None:
    """Do nothing for an account that is not connected yet.

    Raises:
        AlreadyConnected: the owner has it as another data source.
    """
    twins = twins_of(row, row.account_reference)
    twin = twins.exclude(pk=row.pk).first()
    if twin is not None and (twin.status != ConnectionStatus.PENDING or row.pk is None):
        raise AlreadyConnected(f"This is connected already, as “{twin.display_name}”. Change or disconnect that one.")


def twins_of(row: Connection, reference: str) -> QuerySet[Connection]:
    """Return the owner's connected data sources that read an account, by whichever of its provider's entries."""
    same = Q(integration=row.integration_id)
    if reference and row.integration.adapter:
        same |= Q(integration__adapter=row.integration.adapter, integration__provider=row.integration.provider)
    mine = Connection.objects.connected().filter(owner=row.owner_id, organisation=row.organisation_id)
    return mine.filter(same, account_reference=reference)
