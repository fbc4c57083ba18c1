"""Uploaded files of readings: understood, confirmed, read once and whole, and what is wrong told row by row."""

import csv
import gzip
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from carboncore.common.errors import InvalidInput
from integrations.choices import SyncType, UploadStatus
from integrations.errors import UploadDuplicate, UploadFileRefused, UploadNotConfirmable
from integrations.models import Reading, SyncRun, Upload
from integrations.services.upload_processing import upload_process
from integrations.services.uploads import upload_confirm, upload_create
from tests.integrations.source_factories import source

pytestmark = pytest.mark.django_db
LONDON = Path(__file__).parents[3] / "shared/data/open/smartmeter_lcl_MAC000060_halfhourly.csv.gz"
HEAD = "Meter,Start,Consumption (kWh)\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def sent(content, *, connection=None, name="readings.csv"):
    connection = connection or source()
    data = content.encode() if isinstance(content, str) else content
    return upload_create(actor=connection.owner, connection=connection, upload=SimpleUploadedFile(name, data))


def processed(content, *, connection=None, name="readings.csv", **fields):
    upload = sent(content, connection=connection, name=name)
    upload = upload_confirm(actor=upload.uploaded_by, upload=upload, fields=fields)
    return upload_process(upload=upload)


def rejected(upload):
    """The rejects file as {line: reason}."""
    with upload.rejects.open("rb") as file:
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline="")))
    return {int(row[0]): row[1] for row in rows[1:]}


def stored(connection):
    return [
        (r.series, r.starts_at.strftime("%Y-%m-%d %H:%M"), r.ends_at.strftime("%H:%M"), r.quantity, r.unit)
        for r in Reading.objects.filter(connection=connection).order_by("series", "starts_at")
    ]


def test_nothing_counts_before_it_is_confirmed_and_then_each_row_once():
    connection = source()
    text = HEAD + "M1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,0.5\n"

    upload = sent(text, connection=connection)

    assert upload.status == UploadStatus.UPLOADED
    assert Reading.objects.count() == 0
    assert upload.preview["proposal"]["columns"] == {
        "starts_at": "Start", "quantity": "Consumption (kWh)", "series": "Meter",
    }  # fmt: skip
    assert upload.preview["understood"][0] == {
        "series": "M1", "starts_at": "2025-01-15T00:00:00+00:00", "ends_at": "2025-01-15T00:30:00+00:00",
        "quantity": "0.25", "unit": "kWh",
    }  # fmt: skip

    upload_process(upload=upload_confirm(actor=connection.owner, upload=upload, fields={}))

    assert stored(connection) == [
        ("M1", "2025-01-15 00:00", "00:30", Decimal("0.25"), "kWh"),
        ("M1", "2025-01-15 00:30", "01:00", Decimal("0.5"), "kWh"),
    ]
    assert Reading.objects.first().external_id == "M1:2025-01-15T00:00Z"
    run = SyncRun.objects.get()
    assert (run.sync_type, run.status, run.records_processed) == (SyncType.UPLOAD, "success", 2)


def test_a_file_that_was_processed_is_not_processed_again_by_a_job_that_runs_twice():
    upload = processed(HEAD + "M1,2025-01-15 00:00,0.25\n")
    before = list(Reading.objects.values())

    upload_process(upload=upload)

    assert list(Reading.objects.values()) == before
    assert SyncRun.objects.count() == 1


def test_a_worker_that_ends_in_the_middle_leaves_nothing_and_the_next_one_begins_anew(monkeypatch):
    upload = sent(HEAD + "M1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,0.5\n")
    upload = upload_confirm(actor=upload.uploaded_by, upload=upload, fields={})

    class Killed(BaseException):
        pass

    def killed(**_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("integrations.services.upload_processing.staged_readings_merge", killed)
        with pytest.raises(Killed):
            upload_process(upload=upload)
    assert (Reading.objects.count(), Upload.objects.get().status) == (0, UploadStatus.PROCESSING)

    done = upload_process(upload=Upload.objects.get())

    assert (done.status, done.records_imported, Reading.objects.count()) == (UploadStatus.PROCESSED, 2, 2)


def test_every_wrong_row_is_told_with_its_line_and_the_others_count():
    connection = source(country_code="GB")
    upload = processed(
        HEAD + "M1,2025-01-15 00:00,0.25\n"
        "M1,2025-01-15 00:30,-1\n"
        "M1,2025-01-15 01:00,Null\n"
        "M1,2025-01-15 01:30,=A1+1\n"
        'M1,2025-01-15 02:00,"1,5"\n'
        "M1,2999-01-15 02:30,1\n"
        "M1,yesterday,1\n"
        "M1,2025-01-15 00:00,0.25\n"
        "M1,2025-01-15 00:00,0.75\n"
        "M1,2025-01-15 00:15,0.1\n"
        "M1,2025-03-30 01:30,0.1\n"
        "M1,1900-01-01 00:00,0.1\n"
        "M1\n"
        "M1,2025-01-15 03:00,1e-3\n",
        connection=connection,
        timezone="Europe/London",
    )

    assert rejected(upload) == {
        3: "The quantity is negative; what was given to the grid belongs into a file of exports.",
        4: "There is no quantity (“Null”).",
        5: "The quantity is a formula; save the file with its values.",
        6: "“1,5” has “,”, but the decimal mark of this file is a point.",
        7: "The time lies in the future; send it once it is over.",
        8: "“yesterday” is no time as this file writes them (such as 2025-12-31 13:30).",
        9: "The same time stands on line 2 as well; that line was taken.",
        10: "The same time stands on line 2 with another quantity; that line was taken.",
        11: "The time overlaps that of line 2, which was taken.",
        12: "2025-03-30 01:30 does not exist in Europe/London, where clocks go forward over it. Is the file in UTC?",
        13: "The time is before 1990; check the date.",
        14: "The row has 1 cells; 3 are needed.",
    }
    assert stored(connection) == [
        ("M1", "2025-01-15 00:00", "00:30", Decimal("0.25"), "kWh"),
        ("M1", "2025-01-15 03:00", "03:30", Decimal("0.001"), "kWh"),
    ]
    assert (upload.records_read, upload.records_imported, upload.records_rejected) == (14, 2, 12)
    assert SyncRun.objects.get().status == "partial"


def test_a_formula_in_the_rejects_file_is_text_to_a_spreadsheet():
    upload = processed(HEAD + "M1,2025-01-15 00:00,1\nM1,2025-01-15 01:30,=HYPERLINK(1)\n")

    with upload.rejects.open("rb") as file:
        assert file.read().decode("utf-8-sig").splitlines()[1].endswith(",M1,2025-01-15 01:30,'=HYPERLINK(1)")


def test_the_hour_that_clocks_show_twice_is_two_hours():
    connection = source(country_code="GB")
    upload = processed(
        HEAD + "".join(f"M1,2024-10-27 {clock},{n}\n" for n, clock in enumerate(
            ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"], start=1
        )),
        connection=connection,
    )  # fmt: skip

    assert upload.mapping["timezone"] == "Europe/London"
    assert [(start, end, int(quantity)) for _, start, end, quantity, _ in stored(connection)] == [
        ("2024-10-26 23:30", "00:00", 1),
        ("2024-10-27 00:00", "00:30", 2),
        ("2024-10-27 00:30", "01:00", 3),
        ("2024-10-27 01:00", "01:30", 4),
        ("2024-10-27 01:30", "02:00", 5),
        ("2024-10-27 02:00", "02:30", 6),
    ]


def test_a_file_that_goes_back_in_time_tells_the_doubled_hour_the_other_way_round():
    connection = source(country_code="GB")
    processed(
        HEAD + "M1,2024-10-27 02:00,6\nM1,2024-10-27 01:30,5\nM1,2024-10-27 01:30,3\nM1,2024-10-27 00:30,1\n",
        connection=connection,
    )

    assert [(start, int(quantity)) for _, start, _, quantity, _ in stored(connection)] == [
        ("2024-10-26 23:30", 1), ("2024-10-27 00:30", 3), ("2024-10-27 01:30", 5), ("2024-10-27 02:00", 6),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_files_in_other_encodings_with_semicolons_and_decimal_commas_are_read(encoding):
    connection = source(country_code="DE")
    text = "Zähler;Datum;Verbrauch\r\nM1;15.01.2025 00:00;1,25\r\nM1;15.01.2025 01:00;2,5\r\n"
    upload = sent(text.encode(encoding), connection=connection)

    assert (upload.preview["delimiter"], upload.preview["proposal"]["date_format"]) == (";", "YYYY-MM-DD")
    upload_confirm(
        actor=connection.owner,
        upload=upload,
        fields={
            "columns": {"starts_at": "Datum", "quantity": "Verbrauch", "series": "Zähler"},
            "unit": "kWh", "date_format": "DD.MM.YYYY", "decimal_mark": ",", "interval": "hour",
        },
    )  # fmt: skip
    upload_process(upload=upload)

    assert stored(connection) == [
        ("M1", "2025-01-14 23:00", "00:00", Decimal("1.25"), "kWh"),
        ("M1", "2025-01-15 00:00", "01:00", Decimal("2.5"), "kWh"),
    ]


def test_a_workbook_is_read_and_its_months_have_their_own_lengths():
    book = openpyxl.Workbook()
    book.active.append(["Date", "Litres"])
    for month, quantity in ((1, 10.5), (2, 20.0), (3, 0.1)):
        book.active.append([f"2024-{month:02}-01", quantity])
    file = io.BytesIO()
    book.save(file)
    connection = source()

    upload = processed(file.getvalue(), connection=connection, name="diesel.xlsx", reading_type="fuel_consumption")

    assert upload.mime_type.endswith("spreadsheetml.sheet")
    assert upload.mapping["interval"] == "month"
    readings = Reading.objects.order_by("starts_at")
    assert [(r.starts_at, r.ends_at, r.quantity, r.unit) for r in readings] == [
        (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC), Decimal("10.5"), "litre"),
        (datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), Decimal(20), "litre"),
        (datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 31, 23, tzinfo=UTC), Decimal("0.1"), "litre"),
    ]


def test_the_same_file_again_is_refused_for_this_source_and_taken_for_another():
    connection = source()
    text = HEAD + "M1,2025-01-15 00:00,0.25\n"
    processed(text, connection=connection)

    with pytest.raises(UploadDuplicate, match="uploaded on"):
        sent(text, connection=connection, name="again.csv")

    assert sent(text, connection=source()).status == UploadStatus.UPLOADED


def test_the_same_readings_in_another_file_are_known_and_a_correction_replaces():
    connection = source()
    processed(HEAD + "M1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,0.5\n", connection=connection)

    upload = processed(HEAD + "M1,2025-01-15 00:00,0.25\nM1,2025-01-15 00:30,0.6\n", connection=connection)

    assert (upload.records_imported, upload.records_created, upload.records_changed) == (2, 0, 1)
    assert [(r.quantity, r.revision) for r in Reading.objects.order_by("starts_at")] == [
        (Decimal("0.25"), 1), (Decimal("0.6"), 2),
    ]  # fmt: skip


def test_a_month_over_half_hours_that_are_there_would_count_twice_and_is_refused():
    connection = source()
    processed(HEAD + "M1,2025-01-15 00:00,0.25\n", connection=connection)

    upload = processed(
        "Meter,From,To,kWh\nM1,2025-01-01,2025-02-01,300\nM1,2025-02-01,2025-03-01,280\nM2,2025-01-01,2025-02-01,5\n",
        connection=connection,
    )

    assert rejected(upload) == {2: "The time overlaps a reading of another length that this data source has already."}
    assert [row[:2] for row in stored(connection)] == [
        ("M1", "2025-01-15 00:00"), ("M1", "2025-02-01 00:00"), ("M2", "2025-01-01 00:00"),
    ]  # fmt: skip


def test_what_was_confirmed_is_proposed_for_the_next_file_with_these_columns():
    connection = source()
    columns = {"starts_at": "A", "quantity": "B"}
    processed("A,B\n2025-01-15,5\n", connection=connection, columns=columns, unit="m3", interval="day",
              reading_type="gas_consumption")  # fmt: skip

    upload = sent("A,B\n2025-01-16,7\n", connection=connection)

    assert upload.preview["remembered"] is True
    assert upload.preview["proposal"]["columns"] == columns
    assert upload.preview["proposal"]["unit"] == "m3"
    assert upload.preview["understood"][0]["ends_at"] == "2025-01-17T00:00:00+00:00"
    assert sent("A,B\n2025-01-16,7\n").preview["remembered"] is False, "nobody else's"


def test_days_and_months_that_could_be_either_are_pointed_out():
    upload = sent("Date,kWh\n03/04/2025,1\n05/06/2025,2\n")

    assert "Each date could have its day or its month first; confirm which." in upload.preview["warnings"]
    assert sent("Date,kWh\n03/14/2025,1\n05/06/2025,2\n").preview["proposal"]["date_format"] == "MM/DD/YYYY"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\xff\xfe", "The file is empty"),
        (b"a,b\n" + b"x" * 1_000_001, "a line of more than 1,000,000 bytes"),
        (b"just words\nand words\n", "no two columns"),
        (b"a,b\n", "no row below"),
        (b"a,b\x00\x00\x00\n1,2\n", "neither text nor a workbook"),
        (b"PK\x03\x04 no workbook", "not a readable XLSX workbook"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(content, words):
    with pytest.raises(UploadFileRefused, match=words):
        sent(content)

    assert Upload.objects.count() == 0


def test_a_wrong_confirmation_names_each_field_and_changes_nothing():
    upload = sent(HEAD + "M1,2025-01-15 00:00,0.25\n")

    with pytest.raises(InvalidInput) as refusal:
        upload_confirm(
            actor=upload.uploaded_by,
            upload=upload,
            fields={"columns": {"starts_at": "Nothing"}, "unit": "parsecs", "timezone": "Mars/Olympus"},
        )

    assert set(refusal.value.errors) == {"mapping.starts_at", "mapping.quantity", "unit", "timezone"}
    assert Upload.objects.get().status == UploadStatus.UPLOADED


def test_an_upload_is_confirmed_once():
    upload = processed(HEAD + "M1,2025-01-15 00:00,0.25\n")

    with pytest.raises(UploadNotConfirmable):
        upload_confirm(actor=upload.uploaded_by, upload=upload, fields={})


def test_broken_quoting_further_down_fails_the_whole_file_and_says_so():
    good = "".join(f"M1,2024-01-{day:02} 00:00,1\n" for day in range(1, 32)) * 100
    upload = sent(HEAD + good + 'M1,"2025"x,1\n')
    upload = upload_confirm(actor=upload.uploaded_by, upload=upload, fields={})

    with pytest.raises(UploadFileRefused, match="quoting"):
        upload_process(upload=upload)

    upload = Upload.objects.get()
    assert (upload.status, Reading.objects.count()) == (UploadStatus.ERROR, 0)
    assert "quoting" in upload.message


@pytest.mark.skipif(not LONDON.exists(), reason="the real household's file is not here")
def test_a_real_household_of_low_carbon_london_is_read_as_it_stands():
    connection = source(country_code="GB")
    text = gzip.decompress(LONDON.read_bytes()).decode()
    null = text + "MAC000060,2014-02-28 00:00:00,Null\n"

    upload = processed(null, connection=connection)

    assert upload.mapping["timezone"] == "UTC"
    assert (upload.records_imported, upload.records_rejected) == (38_784, 1)
    # A few of its averages have more than the six places that are kept.
    kept = Decimal("0.000001")
    total = sum(Decimal(row["KWH/hh (per half hour)"]).quantize(kept) for row in csv.DictReader(io.StringIO(text)))
    assert sum(Reading.objects.values_list("quantity", flat=True)) == total
