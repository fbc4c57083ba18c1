"""The errors of the integrations app, of the family in `carboncore.common.errors`."""

from datetime import datetime, timedelta

from carboncore.common.errors import InvalidInput, NotFound, RegistryError, StateConflict, TryLater


class ImportFileRefused(InvalidInput):
    """The file cannot be imported as a whole; the reason says what is wrong with it and what to do."""

    code = "import_file_refused"

    def __init__(self, reason: str) -> None:
        super().__init__({"file": [reason]}, message=reason)
        self.reason = reason


class ConflictNotFound(NotFound):
    """There is no such listing conflict."""

    code = "conflict_not_found"

    def __init__(self) -> None:
        super().__init__("Listing conflict not found.")


class FactorFileRefused(InvalidInput):
    """A file of emission factors cannot be loaded; the reason says what is wrong with it and what to do."""

    code = "factor_file_refused"

    def __init__(self, reason: str) -> None:
        super().__init__({"file": [reason]}, message=reason)
        self.reason = reason


class UnitUnknown(InvalidInput):
    """A text names no unit of activity."""

    code = "unit_unknown"

    def __init__(self, text: str) -> None:
        super().__init__({"unit": [f"“{text[:30]}” is no unit that is known here; give one such as kWh, m3 or litre."]})


class UnitsDiffer(InvalidInput):
    """Two units measure different things, so that no number turns one into the other."""

    code = "units_differ"

    def __init__(self, given: str, wanted: str) -> None:
        reason = f"{given} cannot be turned into {wanted}: they measure different things."
        super().__init__({"unit": [reason]}, message=reason)


class EmissionNotFound(NotFound):
    """There is no such result, or the caller may not know that there is."""

    code = "emission_not_found"

    def __init__(self) -> None:
        super().__init__("Emission not found.")


class CalculationRefused(InvalidInput):
    """A calculation was asked for that cannot be done as asked."""

    code = "calculation_refused"


class DataSourceDisconnected(StateConflict):
    """The data source was disconnected, so that nothing more is stored for it."""

    code = "data_source_disconnected"

    def __init__(self) -> None:
        super().__init__("This data source is disconnected; connect it again to add data.")


class IntegrationNotFound(NotFound):
    """The catalogue has no such entry."""

    code = "integration_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such integration in the catalogue.")


class DataSourceNotFound(NotFound):
    """There is no such data source, or the caller may not know that there is."""

    code = "data_source_not_found"

    def __init__(self) -> None:
        super().__init__("Data source not found.")


class IntegrationNotConnectable(StateConflict):
    """The catalogue names a provider that cannot be connected; the message says why and what else there is."""

    code = "integration_not_connectable"


class AlreadyConnected(StateConflict):
    """The same account of the same provider is connected already."""

    code = "already_connected"


class CredentialsInvalid(InvalidInput):
    """The provider refused the credentials that were given."""

    code = "invalid_api_key"

    def __init__(self, reason: str) -> None:
        super().__init__({"credentials": [reason]}, message="Invalid API key")


class CredentialKeysMissing(RegistryError):
    """This server has no key to encrypt credentials with, so that it takes none."""

    code = "credential_keys_missing"
    http_status = 503

    def __init__(self) -> None:
        super().__init__("This server cannot keep credentials: its operator has to set CREDENTIAL_KEYS first.")


class ProviderSilent(RegistryError):
    """The provider is down, or asks to wait, so that nothing could be checked; nothing was stored."""

    code = "provider_unavailable"
    http_status = 503

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderAnswerUnreadable(RegistryError):
    """The provider answered what cannot be understood; nothing was stored."""

    code = "provider_answer_unreadable"
    http_status = 502


class OAuthRefused(RegistryError):
    """A permission of a provider could not be taken up; the message says why and how to begin again."""

    code = "oauth_refused"
    http_status = 400


class UploadFileRefused(InvalidInput):
    """A file of readings cannot be read as a whole; the reason says what is wrong with it and what to do."""

    code = "upload_file_refused"

    def __init__(self, reason: str) -> None:
        super().__init__({"file": [reason]}, message=reason)


class UploadNotFound(NotFound):
    """There is no such upload, or the caller may not know that there is."""

    code = "upload_not_found"

    def __init__(self) -> None:
        super().__init__("Upload not found.")


class UploadDuplicate(StateConflict):
    """The data source has this very file already."""

    code = "upload_duplicate"

    def __init__(self, file_name: str, at: datetime) -> None:
        super().__init__(f"This file was uploaded on {at:%Y-%m-%d} already, as “{file_name[:100]}”.")


class UploadNotConfirmable(StateConflict):
    """The upload was confirmed already."""

    code = "upload_not_confirmable"

    def __init__(self, status: str) -> None:
        super().__init__(f"This upload is no longer waiting to be confirmed; it is: {status.lower()}.")


class NothingToSync(StateConflict):
    """Nothing of this data source can be fetched now; the message says why."""

    code = "nothing_to_sync"


class SyncGoesOn(StateConflict):
    """A sync of this data source waits or is under way already."""

    code = "sync_under_way"

    def __init__(self) -> None:
        super().__init__("A sync of this data source is under way already; its progress is in the sync logs.")


class SyncNotFound(NotFound):
    """There is no such sync, or the caller may not know that there is."""

    code = "sync_not_found"

    def __init__(self) -> None:
        super().__init__("Sync not found.")


class SyncTooSoon(TryLater):
    """The provider does not want this data source to be asked for again so soon."""

    code = "sync_too_soon"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            "This data source was read a moment ago, and its provider wants a pause. Try again in some minutes.",
            retry_after=max(1, int(wait.total_seconds())),
        )


class IncomingDeliveryNotFound(NotFound):
    """There is no such received webhook."""

    code = "incoming_delivery_not_found"

    def __init__(self) -> None:
        super().__init__("Received webhook not found.")


class WebhookEndpointNotFound(NotFound):
    """There is no such webhook subscription, or the caller may not know that there is."""

    code = "webhook_endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("Webhook subscription not found.")


class WebhookDeliveryNotFound(NotFound):
    """The subscription has no such delivery."""

    code = "webhook_delivery_not_found"

    def __init__(self) -> None:
        super().__init__("Webhook delivery not found.")


class EndpointDisabled(StateConflict):
    """The subscription is disabled, so that nothing is sent."""

    code = "webhook_endpoint_disabled"

    def __init__(self) -> None:
        super().__init__("This subscription is disabled; make it active first.")


class EndpointLimitReached(StateConflict):
    """The owner has as many subscriptions as there may be."""

    code = "webhook_endpoint_limit"

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} subscriptions already; delete one first.")
