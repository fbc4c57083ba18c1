"""The table layer: encodings, headers, line numbers, broken files."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from integrations.registry_exports import (
    SOURCES,
    ExportFileError,
    ProjectRecord,
    RejectCode,
    Rejected,
    read_projects,
)

HEADER = (
    "ID,Name,Proponent,Project Type,AFOLU Activities,Methodology,Status,Country/Area,"
    "Estimated Annual Emission Reductions,Region,Project Registration Date,Crediting Period Start Date,"
    "Crediting Period End Date"
)
ROW = (
    '235,Ulsan fuel switch,Korea Energy,Manufacturing industries,,AMS-III.B.,Registered,"Korea, Republic of",'
    '"10,310",Asia,2012-05-01,2009-01-01,2018-12-31'
)


def read(data: bytes | str, source: str = "verra"):
    return list(read_projects(source, io.BytesIO(data.encode() if isinstance(data, str) else data)))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f"{HEADER}\r\n{ROW}\r\n".encode(), id="utf-8 crlf"),
        pytest.param(f"{HEADER}\n{ROW}".encode("utf-8-sig"), id="utf-8 with byte-order mark"),
        pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-16"), id="utf-16 with byte-order mark"),
        pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-16-le"), id="utf-16 without one, little end"),
        pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-16-be"), id="utf-16 without one, big end"),
        pytest.param(f"{HEADER}\n{ROW}\n".replace(",", ",").encode("cp1252"), id="plain letters"),
        pytest.param(f"Verra registry\n\n{HEADER}\n{ROW}\n".encode(), id="a title above the header"),
        pytest.param(f"{HEADER}\n{ROW}\n".replace("Project Type", " Project\n  Type ", 1).replace(
            " Project\n  Type ", '" Project\n  Type "', 1).encode(), id="a line break inside a header cell"),
    ],
)  # fmt: skip
def test_one_row_is_read_the_same_however_it_is_written(data):
    (record,) = read(data)

    assert isinstance(record, ProjectRecord)
    assert (record.origin_id, record.project_name, record.country_code) == ("VCS235", "Ulsan fuel switch", "KR")
    assert str(record.estimated_annual_reductions) == "10310.000"
    assert record.vintage_year == 2009


def test_windows_1252_is_read_with_its_letters():
    data = f"{HEADER}\n{ROW}\n".replace("Korea Energy", "TÜV SÜD – Énergie").encode("cp1252")

    (record,) = read(data)

    assert record.project_initiator == "TÜV SÜD – Énergie"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(f"{HEADER}\n{ROW}".replace("Ulsan", "Проект").encode("cp1251"), "line 2", id="cyrillic"),
        pytest.param(f"{HEADER}\n{ROW}".replace("Ulsan", "風力発電").encode("shift-jis"), "line 2", id="shift-jis"),
        pytest.param(f"{HEADER}\n{ROW}".replace("Ulsan", "风力发电项目").encode("gbk"), "line 2", id="gbk"),
        pytest.param(
            f"{HEADER}\n{ROW}\n".replace("Ulsan", "Évora").encode() + ROW.replace("Ulsan", "Genève").encode("cp1252"),
            "mixes encodings", id="half utf-8, half windows"),
        pytest.param(f"{HEADER}\n{ROW}".encode("utf-32"), "UTF-32", id="utf-32"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not text", id="a picture"),
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"PK\x03\x04 not a workbook", "not a readable XLSX", id="a broken zip"),
    ],
)  # fmt: skip
def test_a_file_in_no_readable_encoding_is_refused_in_words(data, words):
    with pytest.raises(ExportFileError, match=words):
        read(data)


def test_every_missing_column_is_named():
    header = HEADER.replace("Status,", "").replace("Country/Area,", "")

    with pytest.raises(ExportFileError) as refusal:
        read(f"{header}\n{ROW}\n")

    assert "line 1" in str(refusal.value)
    assert "“Status”, “Country/Area”" in str(refusal.value)


def test_another_registrys_export_is_refused_as_a_whole():
    with pytest.raises(ExportFileError, match="“GSID”"):
        read(f"{HEADER}\n{ROW}\n", source="gold-standard")


def test_a_used_column_that_appears_twice_is_refused():
    with pytest.raises(ExportFileError, match="“Status” appears twice"):
        read(f"{HEADER},Status\n{ROW},Registered\n")


def test_line_numbers_are_those_of_the_file_even_after_cells_with_line_breaks():
    first = ROW.replace("Ulsan fuel switch", '"Ulsan\nfuel\nswitch"')
    bad = ROW.replace("235,", "236,").replace("Registered", "Sleeping")

    record, rejected = read(f"{HEADER}\n{first}\n\n{bad}\n")

    assert (record.line, record.project_name) == (2, "Ulsan fuel switch")
    # The first row takes lines 2 to 4, line 5 is blank.
    assert rejected.line == 6
    assert rejected.code is RejectCode.UNKNOWN_STATUS
    assert rejected.value == "Sleeping"
    assert rejected.raw["Status"] == "Sleeping"


def test_a_shifted_row_is_rejected_and_blank_extra_cells_are_not():
    record, short, long = read(f"{HEADER}\n{ROW},,\n236,too,short\n{ROW.replace('235', '237')},stray\n")

    assert isinstance(record, ProjectRecord)
    assert (short.code, short.reason) == (
        RejectCode.MALFORMED_ROW, "the row has 3 cells where the header has 13")  # fmt: skip
    assert long.reason == "the row has 14 cells where the header has 13"


def test_an_unclosed_quotation_mark_stops_the_file_and_names_its_row():
    with pytest.raises(ExportFileError, match="begins on line 3"):
        read(f'{HEADER}\n{ROW}\n236,"unclosed name,x\n{ROW}\n')


def test_an_id_that_comes_twice_is_rejected_the_second_time():
    record, repeated = read(f"{HEADER}\n{ROW}\n{ROW.replace('235', 'VCS 0235')}\n")

    assert record.origin_id == "VCS235"
    assert repeated.code is RejectCode.DUPLICATE_ROW
    assert repeated.reason == "VCS235 stands on line 2 already"


def test_a_null_character_is_a_rejected_row():
    # Further down than the beginning by which a file is judged to be text at all.
    rows = [ROW.replace("235,", f"{number},") for number in range(1, 60)]

    *_, rejected = read("\n".join([HEADER, *rows, ROW.replace("Ulsan", "Ul\x00san")]))

    assert isinstance(rejected, Rejected)
    assert rejected.reason == "the row contains a null character"


def test_semicolons_and_tabs_separate_too():
    cells = ROW.replace('"Korea, Republic of"', "South Korea").replace('"10,310"', "10310")
    for separator in (";", "\t"):
        (record,) = read(f"{HEADER}\n{cells}\n".replace(",", separator))

        assert record.origin_id == "VCS235"


def test_semicolons_under_a_title_without_any():
    cells = ROW.replace('"Korea, Republic of"', "South Korea").replace('"10,310"', "10310")

    (record,) = read(f"All projects\n\n{HEADER}\n{cells}\n".replace(",", ";"))

    assert (record.origin_id, record.line) == ("VCS235", 4)


def read_or_refused(data, source="verra"):
    try:
        return read(data, source)
    except ExportFileError:
        return []


@given(st.binary(max_size=300), st.integers(0, len(HEADER) + len(ROW)))
def test_damage_anywhere_is_a_refusal_or_a_rejected_row_and_nothing_else(damage, place):
    whole = f"{HEADER}\n{ROW}\n".encode()

    for data in (whole[:place] + damage + whole[place + len(damage) :], damage):
        assert all(isinstance(row, ProjectRecord | Rejected) for row in read_or_refused(data))


@pytest.mark.parametrize("source", list(SOURCES))
@given(data=st.data())
def test_any_text_in_any_cell_is_a_record_or_a_rejected_row(source, data):
    columns = [*SOURCES[source].required, *SOURCES[source].optional]
    awkward = st.sampled_from(
        ["9" * 5000, "[" * 3000, "{'a':1}", "1E+99", "-1", "٣", "01/01/0001", "=1", "\u202e", "[]"]
    )
    cells = data.draw(st.lists(st.one_of(awkward, st.text(max_size=40)), min_size=len(columns), max_size=len(columns)))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, cells])

    rows = read_or_refused(text.getvalue().encode("utf-8", "replace"), source)

    assert all(isinstance(row, ProjectRecord | Rejected) for row in rows)


def test_a_damaged_sheet_inside_a_good_archive_is_refused():
    book = Workbook()
    book.active.append(HEADER.split(","))
    buffer = io.BytesIO()
    book.save(buffer)
    damaged = io.BytesIO()
    with zipfile.ZipFile(buffer) as good, zipfile.ZipFile(damaged, "w") as bad:
        for name in good.namelist():
            content = good.read(name)
            bad.writestr(name, content[:200] if name.endswith("sheet1.xml") else content)

    with pytest.raises(ExportFileError, match="workbook"):
        read(damaged.getvalue())


def test_a_workbook_is_read_like_the_csv_with_real_dates_and_numbers(tmp_path):
    # Given an XLSX whose second sheet holds the table, under a title, with numbers and dates of Excel's own
    book = Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Projects")
    sheet.append(["Verra"])
    sheet.append(HEADER.split(","))
    midnight = dt.datetime(2012, 5, 1)  # noqa: DTZ001 - a workbook's dates have no zone
    sheet.append([235, "Ulsan fuel switch", "Korea Energy", "Manufacturing industries", None, "AMS-III.B."])
    for column, value in enumerate(["Registered", "KR", 10310.5, "Asia", midnight, dt.date(2009, 1, 1)], start=7):
        sheet.cell(row=3, column=column, value=value)
    buffer = io.BytesIO()
    book.save(buffer)

    (record,) = read(buffer.getvalue())

    assert (record.origin_id, record.line) == ("VCS235", 3)
    assert str(record.estimated_annual_reductions) == "10310.500"
    assert record.registered_on == dt.date(2012, 5, 1)
    assert record.crediting_period_start == dt.date(2009, 1, 1)
    assert record.crediting_period_end is None
