"""A certificate says what the ledger says, proves it offline, and shows every kind of tampering."""

import copy
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from tests.ledger_factories import account, issued_batch
from transactions.models import Checkpoint
from transactions.proofs import ProofInvalid, certificate_check
from transactions.selectors.certificates import NOT_DISCLOSED, certificate_of, certificate_proof
from transactions.services import RetirementDetails, Wanted, credits_retire, credits_transfer, proceeds_account
from transactions.services.checkpoints import checkpoint_make, public_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def retirement():
    """12.345 t of 100 t: bought by one account in two steps and retired by it, so that two blocks are used up."""
    batch = issued_batch(quantity_kg=100_000)
    seller, buyer = proceeds_account(project=batch.project), account()
    for quantity_kg in (10_000, 5_000):
        credits_transfer(
            actor=None, from_account=seller, to_account=buyer, wanted=Wanted(batch.project_id, quantity_kg)
        )
    return credits_retire(
        actor=None,
        account=buyer,
        wanted=Wanted(batch.project_id, 12_345),
        details=RetirementDetails(beneficiary_name="Acme Ltd", purpose="corporate_inventory", published=True),
    )


@pytest.fixture
def proved(retirement):
    checkpoint_make()
    return certificate_of(retirement.public_id).document | {"proof": certificate_proof(retirement.public_id)}


def tampered(statement):
    """Run SQL as somebody with every right would: triggers and keys off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


def test_the_document_names_every_serial_range(retirement):
    certificate = certificate_of(retirement.public_id)

    root = retirement.transaction.entry_links.get().entry.batch.serial_root
    assert certificate.is_valid
    assert certificate.document["quantity"] == "12.345"
    assert [(part["serial"], part["quantity"]) for part in certificate.document["ranges"]] == [
        (f"{root}-1-10", "10.000"),
        (f"{root}-11-13.345", "2.345"),
    ]
    assert certificate.document["beneficiary"] == "Acme Ltd"
    assert [step.kind for step in certificate.path] == ["Issuance", "Transfer", "Transfer", "Retirement"]


def test_the_document_is_the_same_each_time(retirement):
    first, second = (json.dumps(certificate_of(retirement.public_id).document) for _ in range(2))
    assert first == second


def test_a_beneficiary_who_is_not_published_is_not_named(retirement):
    retirement.published = False
    retirement.save()
    document = certificate_of(retirement.public_id).document
    assert document["beneficiary"] == NOT_DISCLOSED
    assert "Acme" not in json.dumps(document)


def test_there_is_no_proof_before_a_checkpoint(retirement):
    assert certificate_proof(retirement.public_id) is None
    document = certificate_of(retirement.public_id).document
    with pytest.raises(ProofInvalid, match="after the next checkpoint"):
        certificate_check(document | {"proof": None}, public_key=public_key())


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE transactions_block SET state = 'active' WHERE first_kg = 10000", "is not retired"),
        ("UPDATE transactions_ledgerline SET end_kg = 9999 WHERE to_state = 'retired' AND first_kg = 0", "changed"),
        ("UPDATE transactions_ledgerentry SET at = at + interval '1 day' WHERE kind = 'retirement'", "changed"),
        ("UPDATE transactions_transaction SET quantity_kg = 99999 WHERE transaction_type = 'retirement'", "quantity"),
        ("DELETE FROM transactions_transactionentry", "No ledger entry"),
    ],
)
def test_tampering_with_the_ledger_shows_on_the_certificate(retirement, statement, fault):
    tampered(statement)
    certificate = certificate_of(retirement.public_id)
    assert not certificate.is_valid
    assert any(fault in text for text in certificate.faults)


def test_a_proof_holds_offline(proved):
    certificate_check(json.loads(json.dumps(proved)), public_key=public_key())


def _set(path, value):
    def change(document):
        target = document
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set(["quantity_kg"], 99_999),
        _set(["ranges", 0, "end_kg"], 50_000),
        _set(["proof", "entries", 0, "document", "lines", 0, 1], 50_000),
        _set(["proof", "entries", 0, "document", "kind"], "transfer"),
        _set(["proof", "entries", 0, "previous_hash"], "00" * 32),
        _set(["proof", "entries", 0, "batch_leaf", "entries"], 5),
        _set(["proof", "entries", 0, "entry_proof"], []),
        _set(["proof", "checkpoint", "statement", "root"], "00" * 32),
        _set(["proof", "checkpoint", "statement", "number"], 2),
        _set(["proof", "checkpoint", "signature"], "00" * 64),
        _set(["proof", "entries"], []),
        _set(["proof", "entries", 0], {}),
        _set(["ranges"], None),
    ],
)
def test_any_change_to_a_proved_certificate_is_found(proved, change):
    forged = copy.deepcopy(proved)
    change(forged)
    with pytest.raises(ProofInvalid):
        certificate_check(forged, public_key=public_key())


def test_another_key_does_not_prove_it(proved):
    with pytest.raises(ProofInvalid, match="another key"):
        certificate_check(proved, public_key=b"\x01" * 32)


def test_checkpoints_are_numbered_and_chained(retirement):
    first, second = checkpoint_make(), checkpoint_make()
    assert [first.number, second.number] == [1, 2]
    assert bytes(second.previous_digest) == bytes(first.digest)
    assert (first.batches, first.entries) == (1, 4)


def test_a_checkpoint_cannot_be_changed(retirement):
    checkpoint_make()
    with pytest.raises(Exception, match="keeps its history"), transaction.atomic():
        Checkpoint.objects.update(entries=7)


def test_the_command_proves_a_file_and_refuses_a_forged_one(proved, tmp_path, capsys):
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(proved))
    call_command("verify_certificate", str(file), "--public-key", public_key().hex())
    assert "Proved: 12.345 t CO2e, 2 serial range(s), in checkpoint 1." in capsys.readouterr().out

    file.write_text(json.dumps(proved | {"quantity_kg": 1}))
    with pytest.raises(CommandError, match="Not proved"):
        call_command("verify_certificate", str(file), "--public-key", public_key().hex())
