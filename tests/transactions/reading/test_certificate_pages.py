"""Certificates as page, PDF and JSON; the proof page; and the script that needs nothing of ours."""

import copy
import json
import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from transactions.canonical import chained_hash
from transactions.certificates import certificate_pdf
from transactions.certificates.coverage import printable
from transactions.models import Retirement
from transactions.pages import check_proof
from transactions.proofs import certificate_check
from transactions.selectors.certificate_proofs import document_of
from transactions.selectors.certificates import NOT_DISCLOSED
from transactions.services.checkpoints import checkpoint_make, public_key
from transactions.services.verification import LedgerVerification

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(spring):
    return f"/certificates/{spring.retirement.public_id}"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def tampered(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


def test_the_page_says_valid_and_shows_the_way_from_issuance(api, spring, address):
    with CaptureQueriesContext(connection) as queries:
        answer = api.get(address)

    text = words(answer)
    assert answer.status_code == 200
    assert "Valid. Recomputed from the ledger just now" in text
    assert "12.345 tonnes of CO 2 e" in text
    assert "Harbour Bakery" in text
    assert f"{spring.root}-1-13.345" in text
    steps = re.findall(r"(Issuance|Transfer|Retirement|Cancellation) (\d+ \w+ 2026), (\d\d:\d\d) UTC", text)
    assert steps == [
        ("Issuance", "2 March 2026", "09:00"),
        ("Transfer", "1 April 2026", "10:00"),
        ("Retirement", "10 May 2026", "11:00"),
    ]
    assert "newer than the last signed checkpoint" in text
    assert len(queries) == 9
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "style=" not in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_path(api, spring, address):
    checkpoint_make()
    with CaptureQueriesContext(connection) as queries:
        api.get(address)
    assert len(queries) == 9


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE transactions_block SET state = 'active' WHERE state = 'retired'", "is not retired"),
        ("UPDATE transactions_ledgerentry SET reason = 'x' WHERE kind = 'transfer'", "Entry 2 of {root} was changed"),
        ("UPDATE transactions_ledgerentry SET hash = sha256('x') WHERE position = 1", "Entry 2 of {root} does not fit"),
    ],
)
def test_what_does_not_follow_from_the_ledger_is_said_and_no_pdf_is_made(api, spring, address, statement, fault):
    tampered(statement)

    text = words(api.get(address))
    pdf = api.get(address + ".pdf")

    assert "Not valid. This certificate does not follow from the ledger" in text
    assert fault.format(root=spring.root) in text
    assert "Recomputed" not in text
    assert (pdf.status_code, pdf.json()["code"]) == (409, "certificate_not_valid")
    assert api.get(address + ".json").json()["valid"] is False


def test_an_entry_rewritten_with_a_hash_that_fits_it_is_found_by_the_one_after_it(api, spring, address):
    entry = spring.retirement.transaction.entry_links.get().entry
    entry.reason = "rewritten"
    own = chained_hash(bytes(entry.previous_hash), document_of(entry))
    tampered(f"UPDATE transactions_ledgerentry SET reason = 'rewritten', hash = '\\x{own.hex()}' WHERE id = {entry.pk}")
    assert api.get(address + ".json").json()["faults"] == [
        f"Entry 3 of {spring.root} does not fit the entries beside it."
    ]


@pytest.mark.parametrize("ending", ["", ".pdf", ".json"])
def test_a_number_that_was_never_issued_is_not_found(api, spring, ending):
    answer = api.get(f"/certificates/00000000-0000-4000-8000-000000000000{ending}")
    assert answer.status_code == 404


def test_the_pdf_is_archivable_and_the_same_each_time(api, address):
    first, second = api.get(address + ".pdf"), api.get(address + ".pdf")

    assert first["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-1.7")
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>\s*<pdfaid:conformance>B</pdfaid:conformance>", first.content)
    assert first.content == second.content
    checkpoint_make()
    assert api.get(address + ".pdf").content == first.content
    again = api.get(address + ".pdf", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_beneficiary_who_is_not_disclosed_is_named_nowhere(api, spring, address):
    Retirement.objects.filter(pk=spring.retirement.pk).update(published=False)
    named = api.get(address + ".json").json()

    assert (named["beneficiary"], named["beneficiary_location"]) == (NOT_DISCLOSED, "")
    for ending in ("", ".json"):
        assert b"Harbour" not in api.get(address + ending).content
    assert "the beneficiary is not disclosed" in words(api.get(address))


def document(**fields):
    return {
        "certificate": "00000000-0000-4000-8000-000000000000", "retired_at": "2026-05-10T11:00:00+00:00",
        "quantity": "1.000", "project": {"id": 1, "name": "P", "type": "T", "country": "C"}, "standards": [],
        "vintages": [2024], "beneficiary": "B", "beneficiary_location": "", "purpose": "Other",
        "period": [None, None], "note": "", "ranges": [], "entries": [], **fields,
    }  # fmt: skip


NAMES = [
    "Nguyễn Văn Đức", "Αθήνα", "Київ", "شركة الرياح", "חברת הרוח", "पवन ऊर्जा", "บริษัทลม", "বায়ু শক্তি",
    "காற்று", "గాలి", "ຄວາມສະອາດ", "ខ្យល់", "လေ", "ነፋስ", "風力發電", "株式会社かぜ", "바람회사", "风力",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_script_we_promise_is_printed_in_its_own_letters(name):
    assert printable(name) == name
    # PDF/A refuses a page with a missing glyph, so that it was made says that each one is there.
    assert certificate_pdf(document(beneficiary=name), address="https://a.example.org/x").startswith(b"%PDF")


def test_what_no_font_has_is_replaced_visibly_and_markup_stays_text():
    assert printable("Wind \U0001f32c Ltd \x07") == "Wind \N{REPLACEMENT CHARACTER} Ltd \N{REPLACEMENT CHARACTER}"
    plain = certificate_pdf(document(note="x"), address="https://a.example.org/x")
    odd = certificate_pdf(document(note='#panic("a") $x$ \\ \U0001f32c'), address="https://a.example.org/x")
    assert plain != odd


def test_the_script_agrees_with_ours_and_finds_what_was_changed(api, spring, address, tmp_path, capsys):
    checkpoint_make()
    certificate = api.get(address + ".json").json()
    key = public_key().hex()
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(certificate), encoding="utf-8")

    certificate_check(certificate, public_key=public_key())
    assert check_proof.main([str(file), key]) == 0
    assert capsys.readouterr().out == (
        "Proved: 12.345 t CO2e were retired; checkpoint 1 says so."
        " Beneficiary, location, purpose, period and note are as stated then.\n"
    )
    assert check_proof.main([str(file), "00" * 32]) == 1
    assert "another key" in capsys.readouterr().err


def _changes(certificate):
    for path in (
        ["quantity_kg"], ["quantity"], ["ranges", 0, "end_kg"], ["proof", "entries", 0, "document", "reason"],
        ["proof", "entries", 0, "previous_hash"], ["proof", "entries", 0, "batch_leaf", "entries"],
        ["proof", "checkpoint", "statement", "root"], ["proof", "checkpoint", "statement", "entries"],
        ["proof", "checkpoint", "signature"], ["proof", "entries"],
    ):  # fmt: skip
        forged = copy.deepcopy(certificate)
        target = forged
        for step in path[:-1]:
            target = target[step]
        old = target[path[-1]]
        changed = {int: 7, list: []}.get(type(old), "00" * (len(str(old)) // 2) or "x")
        target[path[-1]] = changed
        yield path, forged


def test_the_script_refuses_each_change(api, spring, address):
    checkpoint_make()
    certificate = api.get(address + ".json").json()
    noticed = [path for path, forged in _changes(certificate) if _is_refused(forged)]
    assert noticed == [path for path, _ in _changes(certificate)]
    assert not _is_refused(certificate)


def _is_refused(certificate):
    try:
        check_proof.check_certificate(certificate, public_key().hex())
    except (check_proof.Wrong, ValueError):
        return True
    return False


def test_the_script_checks_the_chain_of_checkpoints(api, spring):
    for _ in range(3):
        checkpoint_make()
    chain = api.get("/api/v1/ledger/checkpoints").json()
    key = public_key().hex()

    assert check_proof.check_chain(chain, key) == "Proved: 3 checkpoints, 1 to 3, one chain."
    with pytest.raises(check_proof.Wrong, match="Checkpoint 3: a break"):
        check_proof.check_chain([chain[0], chain[2]], key)


def test_the_proof_page_says_so_while_there_is_nothing(api):
    text = words(api.get("/proof"))
    assert "Not verified yet." in text
    assert "There is nothing in it so far." in text
    assert "No checkpoint yet." in text


def test_the_proof_page_shows_the_last_verification_and_the_chain(api, spring):
    first, second = checkpoint_make(), checkpoint_make()
    now = second.at
    LedgerVerification.objects.create(started_at=now, finished_at=now, batches=1, entries=5, problems=0)

    with CaptureQueriesContext(connection) as queries:
        answer = api.get("/proof")

    text = words(answer)
    assert len(queries) == 3
    assert "Clean. On" in text
    assert "all 5 entries of 1 batch were replayed" in text
    assert text.index("Checkpoint 2") < text.index("Checkpoint 1")
    assert bytes(first.digest).hex() in text
    assert f"python3 check_proof.py checkpoints.json {public_key().hex()}" in text

    LedgerVerification.objects.create(
        started_at=now, finished_at=now, batches=1, entries=5, problems=2, first_problem="X, entry 3: was changed"
    )
    assert "found 2 problems" in words(api.get("/proof"))


def test_the_script_is_served_as_it_is(api):
    answer = api.get("/proof/check_proof.py")
    assert answer["Content-Type"].startswith("text/x-python")
    compile(answer.content, "check_proof.py", "exec")
