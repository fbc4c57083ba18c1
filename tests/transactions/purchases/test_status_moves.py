"""The table of a transaction's moves: the database holds the same one, and what was agreed does not change."""

import re
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction

from tests.purchase_factories import payable_purchase, reserved_purchase, selling_batch
from transactions.choices import TransactionStatus
from transactions.errors import PurchaseStateWrong
from transactions.models import Payment, Transaction
from transactions.services.purchases.moves import status_move
from transactions.transitions import TRANSACTION_MOVES

pytestmark = pytest.mark.django_db
MOVES = [*product(TransactionStatus.values, repeat=2)]


def test_the_trigger_and_the_table_are_the_same():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'transactions_transaction_check_change'")
        (source,) = cursor.fetchone()

    held = {tuple(pair.split(">")) for pair in re.findall(r"'([a-z]+>[a-z]+)'", source)}

    assert held == {(came_from, to) for came_from, ends in TRANSACTION_MOVES.items() for to in ends}
    assert set(TRANSACTION_MOVES) == set(TransactionStatus.values)


def test_the_service_and_the_database_refuse_the_same_moves(by_invoice):
    purchase = reserved_purchase(selling_batch())
    for came_from, to in MOVES:
        if came_from == to:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE transactions_transaction SET status = %s", [came_from])
            cursor.execute("SET LOCAL session_replication_role = origin")
        purchase.refresh_from_db()
        allowed = to in TRANSACTION_MOVES[came_from]
        assert _moves_by_sql(purchase, to) == allowed, (came_from, to)
        assert _moves_by_service(purchase, to) == allowed, (came_from, to)


class _Undone(Exception):
    pass


def _moves_by_sql(purchase, to):
    try:
        with transaction.atomic():
            Transaction.objects.filter(pk=purchase.pk).update(status=to)
            raise _Undone
    except _Undone:
        return True
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name != "transactions_transaction_status_moves"


def _moves_by_service(purchase, to):
    try:
        with transaction.atomic():
            status_move(purchase, TransactionStatus(to))
            raise _Undone
    except _Undone:
        purchase.refresh_from_db()
        return True
    except PurchaseStateWrong:
        return False


@pytest.mark.parametrize("change", ["quantity_kg = 1", "total_amount = 1", "currency = 'USD'", "price_per_credit = 1"])
def test_what_was_agreed_does_not_change(by_invoice, change):
    reserved_purchase(selling_batch())

    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE transactions_transaction SET {change}")

    assert refusal.value.__cause__.diag.constraint_name == "transactions_transaction_agreed_fixed"


def test_money_that_was_taken_stays_taken(stripe):
    purchase = payable_purchase(selling_batch())
    Payment.objects.update(state="taken", amount_received=12_500, taken_at=purchase.created_at)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Payment.objects.update(state="awaited")

    assert refusal.value.__cause__.diag.constraint_name == "transactions_payment_taken_stands"


@pytest.mark.parametrize("table", ["transactions_transaction", "transactions_payment"])
def test_nothing_of_a_purchase_is_deleted(by_invoice, table):
    reserved_purchase(selling_batch())

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
