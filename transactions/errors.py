"""Errors of the transactions app."""

from decimal import Decimal

from carboncore.common.errors import InvalidInput, NotAllowed, NotFound, RegistryError, StateConflict, TryLater


class QuantityRefused(InvalidInput):
    """The quantity is not a positive number of tonnes with at most three places."""

    code = "quantity_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__({"quantity": [reason]}, message=reason)


class NotEnoughCredits(StateConflict):
    """The account does not hold that many credits in the state the movement needs."""

    code = "not_enough_credits"


class CreditsNotMovable(StateConflict):
    """The named credits are not held by the account in the state the movement needs."""

    code = "credits_not_movable"


class AccountNotUsable(StateConflict):
    """The account is frozen or closed: it neither gives nor receives."""

    code = "account_not_usable"


class AccountNotFound(NotFound):
    """There is no such account, or the actor may not know that there is."""

    code = "account_not_found"

    def __init__(self) -> None:
        super().__init__("Account not found.")


class SecondPersonNeeded(NotAllowed):
    """Whoever asked for this cannot also approve it."""

    code = "second_person_needed"


class IdempotencyKeyReused(StateConflict):
    """The same Idempotency-Key was used before for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request. Use a new key for a new request.")


class IssuanceNotPossible(StateConflict):
    """The issuance request is not in a state, or its project is not, in which this can be done."""

    code = "issuance_not_possible"


class EntryNotReversible(StateConflict):
    """The credits have moved on since, or the entry is final."""

    code = "entry_not_reversible"


class PriceChanged(StateConflict):
    """The price is another one than the buyer was shown; `details` carries the present one."""

    code = "price_changed"

    def __init__(self, *, price_per_credit: Decimal, total_amount: Decimal, currency: str) -> None:
        super().__init__(
            f"The price has changed to {price_per_credit} {currency} per credit, {total_amount} {currency} in all."
            " Show it to the buyer and order again with this price."
        )
        self.details = {
            "price_per_credit": str(price_per_credit),
            "total_amount": str(total_amount),
            "currency": currency,
        }


class PriceMissing(StateConflict):
    """There is no price for this project, vintage and currency at the moment."""

    code = "price_missing"


class PriceStands(StateConflict):
    """A price that is or was in force cannot be changed, only ended."""

    code = "price_stands"


class ProjectClosed(StateConflict):
    """The project does not sell credits."""

    code = "project_closed"


class PurchaseNotFound(NotFound):
    """There is no such purchase, or the actor may not know that there is."""

    code = "purchase_not_found"

    def __init__(self) -> None:
        super().__init__("Purchase not found.")


class PurchaseStateWrong(StateConflict):
    """The purchase is not in a status in which this can be done."""

    code = "purchase_state_wrong"


class ReservationExpired(StateConflict):
    """The credits were kept for the buyer for a while and are free again."""

    code = "reservation_expired"

    def __init__(self) -> None:
        super().__init__("This reservation has expired and its credits are free again. Start a new purchase.")


class CreditsNotRefundable(StateConflict):
    """The buyer does not hold the credits any more: they were retired, cancelled or passed on."""

    code = "credits_not_refundable"


class PaymentsNotConfigured(StateConflict):
    """No payment provider is set up; purchases are paid by invoice."""

    code = "payments_not_configured"

    def __init__(self) -> None:
        super().__init__("Card payments are not set up here; purchases are paid by invoice.")


class PaymentUnavailable(RegistryError):
    """The payment provider gave no usable answer. `answered`: it did answer, with an error of its own."""

    code = "payment_provider_unavailable"
    http_status = 503

    def __init__(self, *, answered: bool = False) -> None:
        super().__init__(
            "The payment provider cannot be reached at the moment. Nothing is lost:"
            " send the same request again, with the same Idempotency-Key, in a minute."
        )
        self.answered = answered


class PaymentRefused(StateConflict):
    """The payment provider will not do this, however often it is asked."""

    code = "payment_refused"


class PaymentNotFound(NotFound):
    """The payment provider knows no such payment or refund."""

    code = "payment_not_found"

    def __init__(self) -> None:
        super().__init__("The payment provider knows no such payment.")


class PaymentDeclined(StateConflict):
    """The buyer's bank or card said no; another way to pay may work while the reservation lasts."""

    code = "payment_declined"


class PaymentIncomplete(StateConflict):
    """The buyer has not finished paying: nothing was chosen yet, or the bank asks for a further step."""

    code = "payment_incomplete"


class TooManyOpenPurchases(TryLater):
    """This guest has as many unpaid purchases as one e-mail may have."""

    code = "too_many_open_purchases"


class WebhookRefused(RegistryError):
    """A delivery that is not the payment provider's, or not an event."""

    code = "webhook_refused"
    http_status = 400

    def __init__(self, message: str, *, signed: bool) -> None:
        super().__init__(message)
        self.signed = signed


class SerialNotFound(NotFound):
    """The text is no serial number of this registry, or names credits that were never issued."""

    code = "serial_not_found"


class CheckpointNotFound(NotFound):
    """There is no checkpoint yet, or none with this number."""

    code = "checkpoint_not_found"


class RetirementErased(StateConflict):
    """What the retirement said of its beneficiary was erased before."""

    code = "retirement_erased"

    def __init__(self) -> None:
        super().__init__("The beneficiary of this retirement was erased already; there is nothing left to erase.")


class OfferNotFound(NotFound):
    """There is no such offer, or the actor may not know that there is."""

    code = "offer_not_found"

    def __init__(self) -> None:
        super().__init__("Transfer offer not found.")


class ApprovalNeeded(StateConflict):
    """The transfer is above the organisation's limit: a second member has to approve it."""

    code = "approval_needed"


class ApprovalNotFound(NotFound):
    """There is no such approval, or the actor may not know that there is."""

    code = "approval_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such transfer that waits for a second member.")


class OfferOver(StateConflict):
    """The offer was accepted, declined, withdrawn, or its time is over."""

    code = "offer_over"
