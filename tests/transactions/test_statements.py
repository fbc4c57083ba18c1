"""What a retirement says is proved by its ledger entry: shown, withheld, erased, or altered behind everybody's back."""

import hashlib
import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.roles import TRANSACTIONS_OFFICER
from tests.factories import person
from tests.ledger_factories import account_with, issued_batch, wanted
from transactions.canonical import Line, entry_document
from transactions.choices import RetirementPurpose
from transactions.errors import RetirementErased
from transactions.models import LedgerEntry, Retirement
from transactions.pages import check_proof
from transactions.proofs import ProofInvalid, certificate_check
from transactions.selectors.certificates import ERASED, NOT_DISCLOSED, certificate_of
from transactions.selectors.replay import Problem
from transactions.services import RetirementDetails, credits_retire, retirement_statement_erase, verification
from transactions.services.checkpoints import checkpoint_make, public_key
from transactions.statements import beneficiary_digest, statement_digest, statement_document

pytestmark = pytest.mark.django_db
INVENTORY = "Emissions of March 2025, scope 2 location-based; report SHA-256 0a1b"


def retired(**details):
    batch = issued_batch(quantity_kg=10_000)
    return credits_retire(
        actor=None,
        account=account_with(batch, 4_000),
        wanted=wanted(batch.project, 1_500),
        details=RetirementDetails(
            **{
                "beneficiary_name": "Ada Example",
                "beneficiary_location": "Ålesund",
                "purpose": "corsia",
                "period_start": date(2025, 1, 1),
                "note": "Flight of May",
                **details,
            }
        ),
    )


def certificate(retirement):
    found = certificate_of(retirement.public_id)
    assert found.faults == []
    return json.loads(json.dumps({**found.document, "proof": found.proof}))


def tampered(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


def problems():
    return [str(found) for found in verification._findings() if isinstance(found, Problem)]


def is_refused(document):
    """Whether both checks, ours and the one that imports nothing of ours, refuse a certificate; they must agree."""
    try:
        certificate_check(document, public_key=public_key())
        ours = False
    except ProofInvalid:
        ours = True
    try:
        check_proof.check_certificate(document, public_key().hex())
        theirs = False
    except (check_proof.Wrong, KeyError, ValueError, TypeError):
        theirs = True
    assert ours == theirs
    return ours


def test_both_digests_are_those_of_texts_written_by_hand():
    inner = beneficiary_digest(salt=b"\x01" * 32, beneficiary="Ada", location="Ålesund", note="")
    assert inner == hashlib.sha256(
        b"\x01" * 32 + '{"beneficiary":"Ada","location":"Ålesund","note":""}'.encode()
    ).digest()  # fmt: skip
    document = statement_document(
        certificate=UUID(int=7), purpose="corsia", period_start=date(2025, 1, 1), period_end=None, beneficiary=inner
    )
    text = (
        f'{{"beneficiary":"{inner.hex()}","certificate":"00000000-0000-0000-0000-000000000007",'
        '"period":["2025-01-01",null],"purpose":"corsia"}'
    )
    assert statement_digest(document) == hashlib.sha256(text.encode()).digest()


def test_an_inventory_is_a_part_of_the_statement_only_where_one_is_named():
    said = {
        "certificate": UUID(int=7), "purpose": "corsia", "period_start": None, "period_end": None,
        "beneficiary": b"\x02" * 32,
    }  # fmt: skip
    text = (
        f'{{"beneficiary":"{"02" * 32}","certificate":"00000000-0000-0000-0000-000000000007",'
        '"inventory":"Emissions of March","period":[null,null],"purpose":"corsia"}'
    )

    named = statement_document(**said, inventory="Emissions of March")

    assert statement_digest(named) == hashlib.sha256(text.encode()).digest()
    assert statement_document(**said, inventory="") == statement_document(**said)


def test_a_text_of_the_first_format_is_what_it_always_was():
    """So that no upgrade invalidates a chain."""
    content = {
        "serial_root": "CC-BR-FC-000001-2024-01",
        "position": 1,
        "kind": "issuance",
        "at": datetime(2026, 5, 10, 11, tzinfo=UTC),
        "reason": "",
        "reverses_position": None,
        "lines": [Line(0, 10, None, None, 3, "active")],
    }
    first = entry_document(format=1, actor=7, statement=None, **content)
    second = entry_document(format=2, actor=7, statement=None, **content)

    assert first == {
        "batch": "CC-BR-FC-000001-2024-01", "position": 1, "kind": "issuance", "reason": "", "reverses": None,
        "at": "2026-05-10T11:00:00.000000+00:00", "lines": [[0, 10, None, None, 3, "active"]],
    }  # fmt: skip
    assert second == first | {"format": 2, "actor": 7, "statement": None}
    with pytest.raises(ValueError, match="no format 3"):
        entry_document(format=3, actor=7, statement=None, **content)


def test_two_retirements_that_say_the_same_have_nothing_in_common():
    one, two = retired(), retired()
    assert bytes(one.salt) != bytes(two.salt)
    assert bytes(one.beneficiary_digest) != bytes(two.beneficiary_digest)


def test_a_shown_beneficiary_is_proved_with_the_salt():
    retirement = retired()
    checkpoint_make()
    document = certificate(retirement)

    assert document["statement"]["salt"] == bytes(retirement.salt).hex()
    assert not is_refused(document)
    said = check_proof.check_certificate(document, public_key().hex())
    assert said.endswith("Beneficiary, location, purpose, period and note are as stated then.")


def test_an_inventory_is_proved_shown_or_not_and_no_certificate_can_do_without_it():
    hidden, shown = (retired(inventory=INVENTORY, published=published) for published in (False, True))
    without = retired()
    checkpoint_make()
    words = ("Purpose, inventory and period", "Beneficiary, location, purpose, period, inventory and note")

    for retirement, begins in zip((hidden, shown), words, strict=True):
        document = certificate(retirement)
        assert (document["inventory"], document["statement"]["text"]["inventory"]) == (INVENTORY, INVENTORY)
        assert not is_refused(document)
        assert check_proof.check_certificate(document, public_key().hex()).split("says so. ")[1].startswith(begins)
        assert is_refused(document | {"inventory": "Emissions of May"})
        assert is_refused(document | {"inventory": ""})
        del document["inventory"]
        assert is_refused(document)
        del document["statement"]["text"]["inventory"]
        assert is_refused(document)
    older = certificate(without)
    assert is_refused(older | {"inventory": INVENTORY})
    del older["inventory"]
    assert not is_refused(older)


def test_an_inventory_stays_when_the_beneficiary_is_erased():
    retirement = retired(inventory=INVENTORY)
    retirement_statement_erase(
        actor=person(TRANSACTIONS_OFFICER), retirement=retirement, reason="Asked for by the person"
    )

    assert certificate(retirement)["inventory"] == INVENTORY
    assert problems() == []


CHANGES = {
    "beneficiary": "Mill",
    "beneficiary_location": "Oslo",
    "note": "",
    "purpose": "Other",
    "period": ["2025-01-01", "2025-12-31"],
    "certificate": "00000000-0000-4000-8000-000000000000",
    "retired_at": "2026-01-01T00:00:00+00:00",
    "statement": None,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_certificate_that_says_something_else_is_refused(name):
    retirement = retired()
    checkpoint_make()
    assert is_refused(certificate(retirement) | {name: CHANGES[name]})


def test_a_hidden_beneficiary_gives_no_salt_to_guess_with_and_purpose_and_period_stay_proved():
    retirement = retired(published=False)
    checkpoint_make()
    document = certificate(retirement)

    assert (document["beneficiary"], document["statement"]["salt"]) == (NOT_DISCLOSED, None)
    assert bytes(retirement.salt).hex() not in json.dumps(document)
    assert not is_refused(document)
    assert is_refused(document | {"purpose": "Other"})
    assert is_refused(document | {"beneficiary": "Mill"})
    assert is_refused(document | {"note": "Flights of the Mill"})


def test_erasing_takes_the_name_away_and_leaves_a_valid_certificate():
    retirement = retired()
    checkpoint_make()
    officer = person(TRANSACTIONS_OFFICER)

    erased = retirement_statement_erase(actor=officer, retirement=retirement, reason="Asked for by the person")

    assert (erased.erased_by, erased.erasure_reason) == (officer, "Asked for by the person")
    document = certificate(retirement)
    assert (document["beneficiary"], document["beneficiary_location"], document["note"]) == (ERASED, "", "")
    assert document["statement"]["salt"] is None
    assert not is_refused(document)
    assert problems() == []
    for name in ("Ada", "Ålesund", "Flight of May"):
        assert name not in everything_kept()
    assert bytes(retirement.salt).hex() not in everything_kept()


def everything_kept():
    tables = ("retirement", "transaction", "plannedretirement", "ledgerentry")
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM transactions_{table} t")
            found += [row for (row,) in cursor.fetchall()]
    return "".join(found)


def test_it_is_erased_once():
    retirement = retired()
    retirement_statement_erase(actor=person(TRANSACTIONS_OFFICER), retirement=retirement, reason="Asked for")
    with pytest.raises(RetirementErased):
        retirement_statement_erase(actor=person(TRANSACTIONS_OFFICER), retirement=retirement, reason="Asked for again")
    assert Retirement.objects.get().erasure_reason == "Asked for"


def test_what_was_erased_can_still_not_be_given_another_purpose():
    retirement = retired()
    retirement_statement_erase(actor=person(TRANSACTIONS_OFFICER), retirement=retirement, reason="Asked for")
    tampered("UPDATE transactions_retirement SET purpose = 'other'")
    assert any("purpose, period or certificate" in line for line in problems())
    assert not certificate_of(retirement.public_id).is_valid


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("beneficiary_name = 'Mill'", "beneficiary, location or note was changed"),
        ("beneficiary_location = ''", "beneficiary, location or note was changed"),
        ("note = 'x'", "beneficiary, location or note was changed"),
        ("purpose = 'other'", "not what its ledger entries hold"),
        ("period_start = NULL", "not what its ledger entries hold"),
        ("inventory = 'Emissions of May'", "not what its ledger entries hold"),
        ("salt = sha256('x')", "beneficiary, location or note was changed"),
    ],
)
def test_the_certificate_says_what_was_altered_in_the_database(change, fault, published):
    retirement = retired(published=published)
    tampered(f"UPDATE transactions_retirement SET {change}")
    assert any(fault in text for text in certificate_of(retirement.public_id).faults)


@pytest.mark.parametrize(
    "change",
    [
        "beneficiary_name = 'Mill'", "purpose = 'other'", "note = 'x'", "salt = sha256('x')", "inventory = 'x'",
        "public_id = gen_random_uuid()", "retired_at = now()",
    ],
)  # fmt: skip
def test_the_database_refuses_to_alter_it_in_the_open(change):
    retired()
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE transactions_retirement SET {change}")
    assert refused.value.__cause__.diag.constraint_name == "transactions_retirement_stands"


def test_half_an_erasure_is_refused():
    retired()
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transactions_retirement SET erased_at = now(), erasure_reason = 'x', note = ''")
    assert refused.value.__cause__.diag.constraint_name == "transactions_retirement_erased_whole"


def test_a_retirement_of_before_is_valid_and_proves_nothing_of_its_beneficiary():
    retirement = retired()
    entry = LedgerEntry.objects.get(kind="retirement")
    old = entry_document(
        format=1, serial_root=entry.batch.serial_root, position=entry.position, kind=entry.kind, at=entry.at,
        actor=None, reason="", reverses_position=None, statement=None,
        lines=[Line(ln.first_kg, ln.end_kg, ln.from_account_id, ln.from_state, ln.to_account_id, ln.to_state)
               for ln in entry.lines.all()],
    )  # fmt: skip
    text = json.dumps(old, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    digest = hashlib.sha256(bytes(entry.previous_hash) + text).hexdigest()
    older = f"format = 1, statement = NULL, hash = '\\x{digest}'"
    tampered(f"UPDATE transactions_ledgerentry SET {older} WHERE id = {entry.pk}")
    tampered(f"UPDATE transactions_creditbatch SET head_hash = '\\x{digest}' WHERE id = {entry.batch_id}")
    tampered("UPDATE transactions_retirement SET beneficiary_digest = NULL, salt = NULL")
    checkpoint_make()

    document = certificate(retirement)

    assert problems() == []
    assert document["statement"] is None
    assert not is_refused(document)
    assert "these entries say nothing" in check_proof.check_certificate(document, public_key().hex())


def test_a_certificates_proof_stays_the_same_when_the_ledger_grows():
    retirement = retired()
    checkpoint_make()
    first = certificate(retirement)
    retired()
    checkpoint_make()

    assert certificate(retirement) == first


def test_the_script_knows_the_purposes_as_the_register_does():
    assert dict(RetirementPurpose.choices) == check_proof.PURPOSES
