"""What a payment provider tells us, in records of our own, and what every provider must be able to do."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class IntentSnapshot:
    """A payment as the provider sees it at this moment. Amounts are in the currency's minor units.

    `purchase_id` is the transaction that we named when we asked for the payment; empty for one that is not ours.
    """

    id: str
    status: str
    amount: int
    amount_received: int
    currency: str
    purchase_id: str
    client_secret: str
    declined: str

    @property
    def is_paid(self) -> bool:
        """Whether the money was taken."""
        return self.status == "succeeded"

    @property
    def is_over(self) -> bool:
        """Whether no money was taken and none ever will be."""
        return self.status == "canceled"

    @property
    def is_processing(self) -> bool:
        """Whether the buyer has done all, and the bank has not."""
        return self.status == "processing"


@dataclass(frozen=True)
class RefundSnapshot:
    """A refund as the provider sees it at this moment; `refund_id` is what we named it, empty if it is not ours."""

    id: str
    status: str
    amount: int
    currency: str
    intent_id: str
    refund_id: str
    failure: str


class PaymentProvider(Protocol):
    """What a payment provider can be asked. Every question may be asked again with the same key.

    Each may raise PaymentUnavailable (no answer: ask again), PaymentRefused (asking again is no use) and
    PaymentNotFound (the provider knows no such object).
    """

    def intent_create(
        self, *, key: str, amount: int, currency: str, purchase_id: str, description: str, receipt_email: str
    ) -> IntentSnapshot:
        """Prepare a payment of `amount` minor units that the buyer confirms."""
        ...

    def intent_read(self, intent_id: str) -> IntentSnapshot:
        """Return the payment as it is now."""
        ...

    def intent_confirm(self, intent_id: str, *, key: str, payment_method: str, return_url: str) -> IntentSnapshot:
        """Charge the buyer's payment method. Raises PaymentDeclined when its bank says no."""
        ...

    def intent_cancel(self, intent_id: str) -> IntentSnapshot:
        """Make sure that the payment is not taken any more, if that is still possible; returns it as it is then."""
        ...

    def refund_create(self, *, key: str, intent_id: str, amount: int) -> RefundSnapshot:
        """Give `amount` minor units of a payment back."""
        ...

    def refund_read(self, refund_id: str) -> RefundSnapshot:
        """Return the refund as it is now."""
        ...

    def refund_find(self, *, key: str, intent_id: str) -> RefundSnapshot | None:
        """Return the refund that was made under `key`, however long ago; None when there is none."""
        ...
