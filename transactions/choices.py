"""The closed lists of the ledger: account kinds, block states, entry kinds, statuses, purposes."""

from django.db import models


class AccountKind(models.TextChoices):
    """What a holding account is for."""

    HOLDING = "holding", "Holding"
    PROJECT_PROCEEDS = "project_proceeds", "Project proceeds"
    BUFFER_POOL = "buffer_pool", "Buffer pool"
    REGISTRY_OPERATIONS = "registry_operations", "Registry operations"


class AccountState(models.TextChoices):
    """Whether an account may give and receive."""

    OPEN = "open", "Open"
    FROZEN = "frozen", "Frozen"
    CLOSED = "closed", "Closed"


class BlockState(models.TextChoices):
    """What a range of credits is; the last three are final."""

    ACTIVE = "active", "Active"
    RESERVED = "reserved", "Reserved"
    BUFFER = "buffer", "Buffer"
    RETIRED = "retired", "Retired"
    CANCELLED = "cancelled", "Cancelled"
    BRIDGED = "bridged", "Bridged out"


class EntryKind(models.TextChoices):
    """Why credits moved."""

    ISSUANCE = "issuance", "Issuance"
    RESERVATION = "reservation", "Reservation"
    RELEASE = "release", "Release of a reservation"
    SALE = "sale", "Sale"
    REFUND = "refund", "Refund"
    TRANSFER = "transfer", "Transfer"
    RETIREMENT = "retirement", "Retirement"
    CANCELLATION = "cancellation", "Cancellation"
    BUFFER_RELEASE = "buffer_release", "Buffer release"
    BUFFER_CANCELLATION = "buffer_cancellation", "Buffer cancellation"
    REVERSAL = "reversal", "Reversal of an entry"


class TransactionType(models.TextChoices):
    """What somebody asked for."""

    PURCHASE = "purchase", "Purchase"
    TRANSFER = "transfer", "Transfer"
    RETIREMENT = "retirement", "Retirement"
    CANCELLATION = "cancellation", "Cancellation"


class TransactionStatus(models.TextChoices):
    """How far it has come; the moves are in `transactions.transitions`."""

    PENDING = "pending", "Pending"
    RESERVED = "reserved", "Reserved"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    REFUNDED = "refunded", "Refunded"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class PaymentMethod(models.TextChoices):
    """How a purchase is paid."""

    STRIPE = "stripe", "Card (Stripe)"
    INVOICE = "invoice", "Invoice"


class PaymentState(models.TextChoices):
    """Whether the money of a purchase is here."""

    AWAITED = "awaited", "Awaited"
    TAKEN = "taken", "Taken"
    CLOSED = "closed", "Closed without money"


class RefundState(models.TextChoices):
    """How far giving money back has come."""

    DUE = "due", "Due"
    PENDING = "pending", "Pending at the provider"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    BY_HAND = "by_hand", "Paid back by hand"


class IssueKind(models.TextChoices):
    """What a person has to look at."""

    AMOUNT_DIFFERS = "amount_differs", "Amount or currency differs from ours"
    NOT_DELIVERABLE = "not_deliverable", "Paid, but the credits cannot be delivered"
    SECOND_PAYMENT = "second_payment", "Another payment for the same purchase"
    REFUND_FAILED = "refund_failed", "A refund failed"
    FOREIGN_REFUND = "foreign_refund", "Refunded outside this registry"
    DISPUTE = "dispute", "Disputed by the card's owner"


class IssueResolution(models.TextChoices):
    """What a person decided about a payment issue."""

    DELIVERED = "delivered", "Credits delivered"
    REFUNDED = "refunded", "Money given back"
    NOTED = "noted", "Nothing to do, noted"


class RequestState(models.TextChoices):
    """Where a request stands that a second person decides."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class ApprovedKind(models.TextChoices):
    """What a second member of an organisation approves."""

    TRANSFER = "transfer", "Transfer"
    OFFER = "offer", "Transfer offer"


class RetirementPurpose(models.TextChoices):
    """Why credits are retired; the list that registries share."""

    PERSON_OR_ORGANISATION = "person_or_organisation", "Retirement for a person or organisation"
    CORPORATE_INVENTORY = "corporate_inventory", "Corporate emissions inventory"
    ENVIRONMENTAL_BENEFIT = "environmental_benefit", "Environmental benefit"
    THIRD_PARTY = "third_party", "On behalf of a third party"
    COMPLIANCE = "compliance", "Compliance obligation"
    CORSIA = "corsia", "CORSIA compliance"
    OTHER = "other", "Other"


class OriginCreditKind(models.TextChoices):
    """What another registry states about credits of its own."""

    ISSUANCE = "issuance", "Issued"
    RETIREMENT = "retirement", "Retired"
    CANCELLATION = "cancellation", "Cancelled"
