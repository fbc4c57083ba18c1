"""The provider, asked without keeping anybody waiting for our database."""

from django.db import connection

from transactions.payments import PaymentProvider, payment_provider


def provider_asked() -> PaymentProvider:
    """Return the provider, after giving this thread's idle database connection back to its pool.

    An answer may take seconds. Ten of them at once would otherwise hold every connection of a web process, and stop
    requests that need no provider at all.

    Raises:
        PaymentsNotConfigured: there is none; purchases are paid by invoice.
    """
    if not connection.in_atomic_block:
        connection.close()
    return payment_provider()
