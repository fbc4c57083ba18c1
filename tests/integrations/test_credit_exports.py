"""Reading credit exports: each registry's serial numbers, and its own files with figures found by csv alone."""

import csv
import io
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.credit_exports import (
    LAYOUTS,
    StatedRow,
    apx,
    cercarbono,
    find_layout,
    gold_standard,
    read_credits,
    verra,
)
from integrations.credit_exports.records import OriginSerial
from integrations.registry_exports import ExportFileError, RejectCode, Rejected
from integrations.registry_exports.records import RowError
from tests.integrations.credit_rows import EXPORTS, vcu, vcu_list

real_files = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the real export files are not beside the checkout")

ACR, CAR, ART = "american-carbon-registry", "climate-action-reserve", "art-trees"
# Rows, and per kind how many statements and kilograms: summed up from the files' columns by the csv module alone.
REAL = [
    ("verra", "verra/transactions", 200, {"issuance": (200, 4_029_227_000), "retirement": (100, 137_546_000)}),
    ("gold-standard", "gold-standard/issuances", 100, {"issuance": (100, 5_380_873_000)}),
    ("gold-standard", "gold-standard/retirements", 100,
     {"retirement": (94, 813_318_000), "cancellation": (6, 1_155_441_000)}),
    ("acr", f"{ACR}/issuances", 100, {"issuance": (100, 7_749_713_000)}),
    ("acr", f"{ACR}/retirements", 100, {"retirement": (100, 298_881_000)}),
    ("acr", f"{ACR}/cancellations", 50, {"cancellation": (50, 7_646_709_000)}),
    ("car", f"{CAR}/issuances", 100, {"issuance": (100, 10_275_056_000)}),
    ("car", f"{CAR}/retirements", 100, {"retirement": (100, 1_506_818_000)}),
    ("car", f"{CAR}/cancellations", 50, {"cancellation": (50, 4_406_143_000)}),
    ("art-trees", f"{ART}/issuances", 11, {"issuance": (11, 62_322_618_000)}),
    ("art-trees", f"{ART}/retirements", 8, {"retirement": (8, 420_998_000)}),
    ("art-trees", f"{ART}/cancellations", 3, {"cancellation": (3, 36_100_000)}),
    ("cercarbono", "cercarbono/issuances", 100, {"issuance": (100, 2_166_860_000)}),
    ("cercarbono", "cercarbono/retirements", 100, {"retirement": (100, 639_718_000)}),
    ("isometric", "isometric/issuances", 100, {"issuance": (100, 85_162_160)}),
    ("isometric", "isometric/retirements", 100, {"retirement": (100, 14_366_110)}),
    # 98 issuances of 8,069,970; retired 96 + 2,753,123 + 1,744,190 + 402,336 + 235,643 + 52,365 + 393,539;
    # cancelled 27,150 for a reversal and 466 invalidated. Two rows are about nothing yet.
    ("carb", "arb/nc-arboc_issuance_sheet3", 100,
     {"issuance": (98, 8_069_970_000), "retirement": (94, 5_581_292_000), "cancellation": (4, 27_616_000)}),
]  # fmt: skip


def records_of(source, path):
    with (EXPORTS / f"{path}.csv").open("rb") as file:
        rows = list(read_credits(source, file))
    return rows, [record for row in rows if isinstance(row, StatedRow) for record in row.records]


@real_files
@pytest.mark.parametrize(("source", "path", "count", "stated"), REAL, ids=[path for _, path, _, _ in REAL])
def test_every_row_of_the_real_files_is_read_with_its_quantity(source, path, count, stated):
    rows, records = records_of(source, path)

    kinds = Counter(record.kind.value for record in records)
    kilograms = Counter()
    for record in records:
        kilograms[record.kind.value] += record.quantity_kg
    assert [row for row in rows if isinstance(row, Rejected)] == []
    assert len(rows) == count
    assert {kind: (kinds[kind], kilograms[kind]) for kind in kinds} == stated


@real_files
def test_beneficiaries_are_those_of_the_column_that_names_them():
    _, retired = records_of("verra", "verra/transactions")
    _, voluntary = records_of("cercarbono", "cercarbono/retirements")
    _, corsia = records_of("art-trees", f"{ART}/cancellations")

    with (EXPORTS / "verra/transactions.csv").open(encoding="utf-8", newline="") as file:
        named = [" ".join(row["Retirement Beneficiary"].split()) for row in csv.DictReader(file)]
    assert sorted(r.beneficiary for r in retired if r.beneficiary) == sorted(name for name in named if name)
    # 80 of the 100 say "Not public", which is nobody's name.
    assert sum(bool(r.beneficiary) for r in voluntary) == 20
    assert [(r.reason, r.note) for r in corsia][1] == (
        "CORSIA Compliance", "Japan Airlines, Co. LTD First Compliance Period",
    )  # fmt: skip


@real_files
def test_what_went_to_the_origins_buffer_is_told():
    _, issued = records_of("art-trees", f"{ART}/issuances")
    _, removed = records_of("isometric", "isometric/issuances")

    guyana = next(r for r in issued if (r.origin_id, r.issued_on) == ("ART102", date(2025, 12, 21)))
    assert (guyana.quantity_kg, guyana.buffer_kg) == (9_621_384_000, 535_461_000)
    assert sum(r.buffer_kg for r in removed) == 2_592_723
    assert (removed[0].quantity_kg, removed[0].buffer_kg) == (2_765_370, 55_308)


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (
            verra.parse_serial, "19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1",
            OriginSerial("VCU-VER", 941467007, 941467431, "1340"),
        ),
        (
            verra.parse_serial, "4147-176338408-176338907-VCU-016-MER-AU-14-641-16042012-15042013-0",
            OriginSerial("VCU-MER", 176338408, 176338907, "641"),
        ),
        (
            gold_standard.parse_serial, "GS1-1-UG-GS11236-16-2024-30307-1-19149",
            OriginSerial("GS1-1-UG-GS11236-16-2024-30307", 1, 19149, "11236"),
        ),
        (
            gold_standard.parse_serial, "RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7014",
            OriginSerial("CDM-RW-5-2-2-0-7014", 1463953, 1467609),
        ),
        (
            lambda text: apx.parse_serial(text, ("ACR",)), "ACR-US-586-2022-2078-28633 to 28662",
            OriginSerial("ACR-US-586-2022-2078", 28633, 28662, "586"),
        ),
        (
            lambda text: apx.parse_serial(text, ("CAR",)), "CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000",
            OriginSerial("CAR-1-US-1335-31-983-KS-2025-9205", 1, 5000, "1335"),
        ),
        (
            lambda text: apx.parse_serial(text, ("CAR",)), "CAR-ROC-US-2056-129-2283-WV-2025-8969-1 to 260294",
            OriginSerial("CAR-ROC-US-2056-129-2283-WV-2025-8969", 1, 260294, "2056"),
        ),
        (
            lambda text: apx.parse_serial(text, ("ART", "FCPF")), "FCPF-CI-130-2023-20-1 to 46404",
            OriginSerial("FCPF-CI-130-2023-20", 1, 46404, "130"),
        ),
    ],
)  # fmt: skip
def test_serial_numbers_are_taken_apart(parse, text, expected):
    assert parse(text) == expected


def test_a_revised_cercarbono_code_names_its_project_one_place_later():
    assert cercarbono.project_number("CDC_R_16_1_1_321_14_1") == "16"
    assert cercarbono.project_number("CDC_1_1_1_321_14_1_2008_BF") == "1"


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (verra.parse_serial, "19385-941467007-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"),
        (verra.parse_serial, "１-1-2-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1"),
        (gold_standard.parse_serial, "RW-5-1463953-2-2-0-7014 - RW-5-1467609-2-2-0-7015"),
        (gold_standard.parse_serial, "RW-5-1463953-2-2-0-7014"),
        (lambda text: apx.parse_serial(text, ("ACR",)), "CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000"),
        (lambda text: apx.parse_serial(text, ("ACR",)), "ACR-US-586-2022-2078-28633-28662"),
        (cercarbono.project_number, "CDC-1-1"),
    ],
)
def test_what_is_no_serial_number_is_not_guessed(parse, text):
    with pytest.raises(RowError) as refused:
        parse(text)
    assert refused.value.code is RejectCode.BAD_SERIAL


def only(row):
    found = list(read_credits("verra", vcu_list(row)))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (vcu(1, 100, quantity=99), "the serial number names 100 credits, the quantity is 99"),
        (vcu(1, 100, quantity="99.5"), "the serial number names 100 credits, the quantity is 99.5"),
        (vcu(1, 100, quantity="1e30"), "is more than a thousand million tonnes"),
        (vcu(1, 100, quantity="0.0001"), "is finer than a kilogram"),
        (vcu(1, 100, quantity="-5"), "is negative"),
        (vcu(1, 100, quantity="NaN"), "column “Quantity Issued” is blank"),
        (vcu(100, 1, quantity=5), "the serial number's last credit comes before its first"),
        (vcu(1, 100).replace(",1340,", ",1341,"), "the serial number names project 1340, the row project 1341"),
        (vcu(1, 100, retired="2026-04-02"), "the credits ended (2026-04-02) before they were issued (2026-04-03)"),
        (vcu(1, 100, retired="soon"), "'soon' is not a date"),
    ],
)
def test_a_row_that_contradicts_itself_is_rejected_with_both_figures(row, reason):
    rejected = only(row)

    assert isinstance(rejected, Rejected)
    assert reason in rejected.reason


def test_an_issuance_and_its_retirement_stand_in_one_row():
    row = only(vcu(1, 100, retired="2026-04-10", beneficiary="Acme Ltd", labels="CCB-Gold; SD VISta"))

    issued, retired = row.records
    assert (issued.kind, issued.ended_on, issued.beneficiary) == ("issuance", None, "")
    assert (retired.kind, retired.ended_on, retired.beneficiary) == ("retirement", date(2026, 4, 10), "Acme Ltd")
    assert issued.labels == retired.labels == ("CCB-Gold", "SD VISta")
    assert (retired.vintage, retired.issued_on, retired.first, retired.last) == (2020, date(2026, 4, 3), 1, 100)


def test_two_issuances_that_agree_in_everything_are_two():
    header = "issued_date,issued_qty,project_name,supplier,methodology,durability,project_url,project_id"
    row = '01 Jun 2026,100,Biochar,Char Co,"Biochar, 2022",100+ years,https://puro.example,577166'
    stream = io.BytesIO(f"{header}\n{row}\n{row}".encode())

    records = [record for stated in read_credits("puro", stream) for record in stated.records]

    assert [r.quantity_kg for r in records] == [100_000, 100_000]
    assert [r.block_key for r in records] == [
        "PUR577166/Biochar, 2022/2026-06-01", "PUR577166/Biochar, 2022/2026-06-01#2",
    ]  # fmt: skip


def test_californias_words_for_nothing_are_nothing_and_too_much_is_refused():
    header = (
        "OPR Project ID,Vintage,ARB Offset Credits Issued,Issuance Date,CARB Issuance ID,Retired Voluntarily,"
        "Retired 1st Compliance Period (CA),Retired 2nd Compliance Period (CA)"
    )
    rows = [
        'CAR1012,2013,"23,276",2014-03-25,CAOD5022-A,n/a,15869,7407',
        "ACR190,,–,,,n/a,n/a,–",
        "VCSOPR10,2013,10,2014-03-25,CAFR1-A,11,0,0",
        "CAR1012,2013,10,2014-03-25,CAFR2-A,reforest defer,0,0",
    ]

    found = list(read_credits("carb", io.BytesIO("\n".join([header, *rows]).encode())))

    first, nothing, too_much, words = found
    assert [(r.kind.value, r.block_key, r.quantity_kg, r.project_registry) for r in first.records] == [
        ("issuance", "CAOD5022-A", 23_276_000, "CAR"),
        ("retirement", "CAOD5022-A/Retired 1st Compliance Period (CA)", 15_869_000, "CAR"),
        ("retirement", "CAOD5022-A/Retired 2nd Compliance Period (CA)", 7_407_000, "CAR"),
    ]
    assert nothing.records == ()
    assert too_much.reason == "more credits are retired, cancelled or invalidated than were issued"
    assert "'reforest defer' is not a number" in words.reason


def test_a_header_of_no_credit_export_is_refused_with_what_is_missing():
    with pytest.raises(ExportFileError, match=r"none of this registry's credit exports .* “Retirement Reason”"):
        find_layout("car", io.BytesIO(b"Vintage,Project ID,Offset Credit Serial Numbers,Quantity of Offset Credits,"
                                      b"Status Effective,Retirement Reason Details\n"))  # fmt: skip


def test_berkeley_has_no_credits_to_read():
    with pytest.raises(ExportFileError, match="only its project export"):
        find_layout("berkeley", io.BytesIO(b"a,b\n1,2\n"))


AWKWARD = ["9" * 5000, "[" * 3000, "1E+99", "-1", "٣", "01/01/0001", "=1", "\u202e", "[]", "0", "5.0", "2020",
           "2020-01-01", "CDC_1_1", "prj_1K3VWSDS61S0QKV7", "ACR1", "CAR1", "ART1", "Issued",
           vcu(1, 5).split(",")[5]]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "layout"), [(source, layout) for source, layouts in LAYOUTS.items() for layout in layouts]
)
@given(data=st.data())
def test_any_text_in_any_cell_is_a_statement_or_a_rejected_row(source, layout, data):
    width = len(layout.required)
    cells = st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=40)), min_size=width, max_size=width)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([layout.required, data.draw(cells)])

    try:
        rows = list(read_credits(source, io.BytesIO(text.getvalue().encode("utf-8", "replace"))))
    except ExportFileError:
        return

    assert all(isinstance(row, StatedRow | Rejected) for row in rows)
