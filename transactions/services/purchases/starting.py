"""Starting a purchase: check it, keep the exact credits for the buyer, write down what it costs. No money yet."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import User
from carboncore.audit.services import event_record
from carboncore.common.errors import InvalidInput
from carboncore.common.quantities import KG_PER_CREDIT, MAX_QUANTITY_KG, tonnes_from_kg
from registry.choices import ProjectStatus
from registry.errors import ProjectNotFound
from registry.models import Project
from transactions.choices import PaymentMethod, TransactionStatus, TransactionType
from transactions.errors import AccountNotFound, PriceChanged, ProjectClosed, QuantityRefused, TooManyOpenPurchases
from transactions.locks import accounts_lock, trade_accounts_lock
from transactions.models import HoldingAccount, PlannedRetirement, Transaction
from transactions.services.holding_accounts import proceeds_account
from transactions.services.mails import purchase_reserved_mail
from transactions.services.moving import Origin
from transactions.services.posting import posting_with_accounts_locked
from transactions.services.prices import Quote, price_for
from transactions.services.purchases.guests import buyer_account, guest_account, guest_email_checked
from transactions.services.purchases.holding import reserve
from transactions.services.purchases.orders import record_purchase
from transactions.services.retirements import RetirementDetails, retirement_details_check


@dataclass(frozen=True)
class PlacedOrder:
    """A purchase whose credits are reserved, and their serial numbers."""

    purchase: Transaction
    serials: list[str]


def purchase_start(
    *,
    buyer: User | None,
    project: Project,
    quantity_kg: int,
    currency: str,
    expected_price: Decimal,
    vintage: int | None = None,
    guest_email: str = "",
    to_account: HoldingAccount | None = None,
    retire: RetirementDetails | None = None,
    origin: Origin | None = None,
) -> Transaction:
    """Reserve `quantity_kg` kilograms for a buyer, or for a guest by e-mail, at the price they were shown.

    See `purchase_order_place`, which this is in a database transaction of its own.
    """
    with transaction.atomic():
        return purchase_order_place(
            buyer=buyer,
            project=project,
            quantity_kg=quantity_kg,
            currency=currency,
            expected_price=expected_price,
            vintage=vintage,
            guest_email=guest_email,
            to_account=to_account,
            retire=retire,
            origin=origin,
        ).purchase


def purchase_order_place(
    *,
    buyer: User | None,
    project: Project,
    quantity_kg: int,
    currency: str,
    expected_price: Decimal,
    vintage: int | None = None,
    guest_email: str = "",
    to_account: HoldingAccount | None = None,
    retire: RetirementDetails | None = None,
    origin: Origin | None = None,
) -> PlacedOrder:
    """Reserve credits for a buyer or a guest; call inside a database transaction, which ends with any error.

    The lowest free serials are kept until `expires_at`; the payment comes after this is committed.
    `expected_price` is per credit (tonne).

    Raises:
        ProjectNotFound: the project is not public.
        ProjectClosed: it is public but sells no credits.
        QuantityRefused, InvalidInput: the quantity, e-mail, currency or retirement cannot be accepted.
        PriceChanged, PriceMissing: the price is another one, or there is none.
        AccountNotFound, AccountNotUsable: the buyer's account is not theirs, or frozen or closed.
        NotEnoughCredits: fewer are for sale.
        TooManyOpenPurchases: the guest has unpaid purchases enough.
    """
    project_check_open(project)
    _check_quantity(project, quantity_kg)
    if retire is not None:
        retirement_details_check(retire)
    quote = _agreed_price(project, vintage, quantity_kg, currency, expected_price)
    seller, account = _accounts_locked(buyer, guest_email, to_account, project)
    with posting_with_accounts_locked(actor=buyer) as movement:
        origin = origin or Origin()
        purchase = Transaction(
            transaction_type=TransactionType.PURCHASE,
            status=TransactionStatus.RESERVED,
            project=project,
            vintage=vintage,
            from_account=seller,
            to_account=account,
            to_user=buyer,
            guest_email="" if buyer else guest_email_checked(guest_email),
            quantity_kg=quantity_kg,
            price_per_credit=quote.price_per_credit,
            total_amount=quote.total_amount,
            currency=quote.currency,
            payment_method=PaymentMethod(settings.PAYMENT_MODE),
            created_at=movement.at,
            expires_at=movement.at + _time_to_pay(),
            user_agent=origin.user_agent[:500],
            ip_address=origin.ip_address,
        )
        record_purchase(purchase)
        if retire is not None:
            PlannedRetirement.objects.create(transaction=purchase, **_stripped(retire))
        purchase_reserved_mail(purchase=purchase)
        event_record(action="purchase.started", obj=purchase, actor=buyer, changes=_told(purchase))
        # Last, because other buyers of this batch wait from here to the commit.
        serials = reserve(movement, purchase).serials
    return PlacedOrder(purchase, serials)


def _told(purchase: Transaction) -> dict[str, object]:
    return {
        "project": purchase.project_id,
        "vintage": purchase.vintage,
        "quantity_kg": purchase.quantity_kg,
        "total_amount": purchase.total_amount,
        "currency": purchase.currency,
        "to_account": purchase.to_account_id,
    }


def project_check_open(project: Project) -> None:
    """Refuse a project that does not sell credits.

    Raises:
        ProjectNotFound: it is not public.
        ProjectClosed: it is public, but not registered (any more).
    """
    if not project.is_public:
        raise ProjectNotFound
    if project.status != ProjectStatus.REGISTERED:
        raise ProjectClosed(f"This project is {project.get_status_display().lower()} and sells no credits.")


def _check_quantity(project: Project, quantity_kg: int) -> None:
    if not 0 < quantity_kg <= MAX_QUANTITY_KG:
        raise QuantityRefused("The quantity must be more than 0, and no more than a thousand million tonnes.")
    if quantity_kg < project.minimum_purchase_volume * KG_PER_CREDIT:
        least = project.minimum_purchase_volume.normalize()
        raise QuantityRefused(
            f"This project sells at least {least:f} credits at a time; {tonnes_from_kg(quantity_kg)} are too few."
        )


def _agreed_price(project: Project, vintage: int | None, quantity_kg: int, currency: str, expected: Decimal) -> Quote:
    quote = price_for(project=project, vintage=vintage, quantity_kg=quantity_kg, currency=currency)
    if quote.price_per_credit != expected:
        raise PriceChanged(
            price_per_credit=quote.price_per_credit, total_amount=quote.total_amount, currency=quote.currency
        )
    return quote


def _accounts_locked(
    buyer: User | None, guest_email: str, to_account: HoldingAccount | None, project: Project
) -> tuple[HoldingAccount, HoldingAccount]:
    """Return the selling and the receiving account, held against freezing and closing."""
    if buyer is not None and to_account is None and not guest_email:
        seller, account = trade_accounts_lock(project_id=project.pk, buyer_id=buyer.pk)
        if seller is not None and account is not None:
            return seller, account
    account = _receiving_account(buyer, guest_email, to_account)
    seller = proceeds_account(project=project)
    held = accounts_lock([seller.pk, account.pk])
    return held[seller.pk], held[account.pk]


def _receiving_account(buyer: User | None, guest_email: str, to_account: HoldingAccount | None) -> HoldingAccount:
    if buyer is None:
        if to_account is not None:
            raise InvalidInput({"to_account": ["A guest's credits wait in an account of their own; leave this out."]})
        account = guest_account(email=guest_email)
        # One purchase of a guest at a time gets past this, so that the limit holds.
        HoldingAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        unpaid = Transaction.objects.filter(
            transaction_type=TransactionType.PURCHASE, to_account=account, status=TransactionStatus.RESERVED
        ).count()
        if unpaid >= settings.GUEST_OPEN_PURCHASES:
            raise TooManyOpenPurchases(
                f"There are {unpaid} unpaid purchases for this e-mail. Pay or cancel one, or wait until one expires.",
                retry_after=300,
            )
        return account
    if guest_email:
        raise InvalidInput({"guest_email": ["You are signed in; leave this out."]})
    if to_account is None:
        return buyer_account(user=buyer)
    if not HoldingAccount.objects.held_for(buyer).filter(pk=to_account.pk).exists():
        raise AccountNotFound
    return to_account


def _time_to_pay() -> timedelta:
    if settings.PAYMENT_MODE == PaymentMethod.STRIPE:
        return timedelta(minutes=settings.RESERVATION_MINUTES)
    return timedelta(days=settings.INVOICE_RESERVATION_DAYS)


def _stripped(details: RetirementDetails) -> dict[str, object]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in asdict(details).items()}
