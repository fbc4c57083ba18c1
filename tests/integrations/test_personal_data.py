"""What data sources give to a person's copy of their data, and what of them goes when the person is erased."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.errors import ErasureHindered
from accounts.services import person_erase, personal_data_export
from carboncore.audit.models import Event
from integrations.choices import ReadingType
from integrations.models import Connection, ConnectionCredential, Reading, Upload
from integrations.services.connections import connection_disconnect
from integrations.services.personal_data import source_data_forget
from integrations.services.uploads import upload_create
from tests.factories import PASSWORD
from tests.integrations.source_factories import source

pytestmark = pytest.mark.django_db(transaction=True)


def reading(connection: Connection) -> Reading:
    return Reading.objects.create(
        connection=connection,
        reading_type=ReadingType.ELECTRICITY,
        external_id="M-1:2025-01-01T00:00Z",
        series="M-1",
        starts_at=datetime(2025, 1, 1, tzinfo=UTC),
        ends_at=datetime(2025, 1, 1, 0, 30, tzinfo=UTC),
        quantity=Decimal("0.5"),
        unit="kWh",
    )


def test_a_copy_names_the_persons_sources_and_nobody_elses():
    mine, other = source(display_name="My flat"), source(display_name="Their flat")
    reading(mine)

    copy = personal_data_export(user=mine.owner)["data_sources"]

    assert [(row["display_name"], row["readings"]) for row in copy["data_sources"]] == [("My flat", 1)]
    assert str(other.public_id) not in str(copy)


def test_a_person_with_a_connected_source_is_told_to_disconnect_it_first():
    mine = source()

    with pytest.raises(ErasureHindered, match="Disconnect your 1 data source first"):
        person_erase(user=mine.owner, password=PASSWORD)

    mine.owner.refresh_from_db()
    assert mine.owner.is_active


def test_files_go_when_the_erasure_is_certain_and_stay_when_it_is_rolled_back(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    mine = source()
    content = SimpleUploadedFile("may.csv", b"Meter,Start,kWh\nM1,2025-01-15 00:00,0.25\n")
    upload = upload_create(actor=mine.owner, connection=mine, upload=content)
    path = Path(upload.file.path)

    with transaction.atomic():
        source_data_forget(mine.owner)
        transaction.set_rollback(True)

    assert path.exists()
    assert Upload.objects.get().file_name == "may.csv"

    with transaction.atomic():
        source_data_forget(mine.owner)
        assert path.exists()

    assert not path.exists()
    assert Upload.objects.get().file_name == "erased"


def test_erasing_a_person_erases_readings_and_names_but_nobody_elses():
    mine, other = source(display_name="Elm Street 5", site="Elm Street"), source()
    reading(mine)
    reading(other)
    connection_disconnect(actor=mine.owner, public_id=mine.public_id)

    person_erase(user=mine.owner, password=PASSWORD)

    mine.refresh_from_db()
    assert (mine.display_name, mine.site, mine.account_reference) == ("Erased", "", "")
    assert list(Reading.objects.values_list("connection_id", flat=True)) == [other.pk]
    assert not ConnectionCredential.objects.filter(connection=mine).exists()
    assert not Connection.history.filter(display_name__contains="Elm").exists()
    assert not Event.objects.filter(changes__icontains="Elm Street").exists()
