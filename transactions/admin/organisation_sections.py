"""Tables that other apps hang into an organisation's page; the ledger knows none of them."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest

from accounts.models import Organisation
from transactions.admin.pages import Table

OrganisationTablesProvider = Callable[[HttpRequest, Organisation], Sequence[Table]]

_providers: list[OrganisationTablesProvider] = []


def register_organisation_tables(provider: OrganisationTablesProvider) -> OrganisationTablesProvider:
    """Add a provider of tables; it leaves out those that the person may not see."""
    _providers.append(provider)
    return provider


def organisation_tables(request: HttpRequest, organisation: Organisation) -> list[Table]:
    """Return the tables for this person, in the order in which their providers were registered."""
    return [table for provider in _providers for table in provider(request, organisation)]
