"""The one real call to a provider before credentials are stored, its problems in the words of this registry."""

from collections.abc import Mapping
from typing import Any

from integrations.errors import CredentialsInvalid, ProviderAnswerUnreadable, ProviderSilent
from integrations.models import Integration
from integrations.providers.base import (
    AccountFound,
    CredentialsRefused,
    NothingFound,
    ProviderProblem,
    ProviderUnavailable,
    ReauthorisationNeeded,
)
from integrations.providers.registry import adapter_of

_A_MINUTE = 60


def account_check(*, integration: Integration, secrets: Mapping[str, str], settings: Mapping[str, Any]) -> AccountFound:
    """Return whose account the credentials open, from the provider itself; without an adapter, nobody's.

    Raises:
        CredentialsInvalid: the provider refuses them, or the account has nothing to read.
        ProviderSilent: the provider is down or asks to wait: that says nothing about the credentials.
        ProviderAnswerUnreadable: its answer cannot be understood.
    """
    if not integration.adapter:
        return AccountFound(reference="")
    try:
        return adapter_of(adapter=integration.adapter, base_url=integration.base_url).check(secrets, settings)
    except (CredentialsRefused, ReauthorisationNeeded, NothingFound) as error:
        raise CredentialsInvalid(error.message) from error
    except ProviderUnavailable as error:
        raise ProviderSilent(error.message, retry_after=error.retry_after or _A_MINUTE) from error
    except ProviderProblem as error:
        raise ProviderAnswerUnreadable(f"{error.message} Nothing was stored; try again later.") from error
