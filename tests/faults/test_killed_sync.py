"""A real worker killed in the middle of a sync: another takes it up, and each half-hour is counted once.

The worker is `manage.py procrastinate worker` on the test's own database. The provider's double holds back one answer
until the worker is dead, so that the kill comes at the same place each time: after two windows were stored.
"""

import base64
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from django.utils import timezone

from integrations.models import Reading, SyncRun
from integrations.services.credentials import credentials_store
from integrations.services.syncing import sync_request, syncs_lost_requeue
from tests import cluster
from tests.doubles.glowmarkt_server import PASSWORD, GlowmarktServer
from tests.integrations.source_factories import provider_row, source

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
DAYS = 35
HELD_BACK = 38  # of the forty windows of ten days: the third from the end


class Holding(GlowmarktServer):
    """Holds back the answer about the electricity of one window; tells when it was asked for."""

    def hold(self):
        self.reached, self.released, self.windows = threading.Event(), threading.Event(), 0

    def answer(self, asked):
        if asked.path == "/resource/elec-1/readings" and not self.released.is_set():
            self.windows += 1
            if self.windows == HELD_BACK:
                self.reached.set()
                self.released.wait(PATIENCE)
        return super().answer(asked)


def worker(double):
    keys = ",".join(
        f"{key}:{base64.b64encode(value).decode()}" for key, value in django_settings.CREDENTIAL_KEYS.items()
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "carboncore.settings",
        "DATABASE_URL": cluster.address(database.settings_dict["NAME"]),
        "DEBUG": "true",
        "HTTPS": "false",
        "CREDENTIAL_KEYS": keys,
        "OUTGOING_ALLOWED_HOSTS": double.host,
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "manage.py", "procrastinate", "worker", "-q", "syncs", "--one-shot"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


@pytest.mark.skipif(bool(cluster.GIVEN_URL), reason="needs the address of the test's own database")
def test_a_worker_killed_in_the_middle_of_a_sync_loses_and_doubles_nothing(settings):
    with Holding() as double:
        double.hold()
        settings.OUTGOING_ALLOWED_HOSTS = [double.host]
        end = timezone.now().replace(minute=0, second=0, microsecond=0)
        begin = end - timedelta(days=DAYS)
        double.values = {("elec-1", int(begin.timestamp()) + number * 1800): 0.25 for number in range(DAYS * 48)}
        home = source(provider_row("bright", adapter="glowmarkt", base_url=double.url))
        credentials_store(connection=home, secrets={"username": "a@example.org", "password": PASSWORD})
        run = sync_request(actor=home.owner, public_id=home.public_id)

        first = worker(double)
        assert double.reached.wait(PATIENCE), first.communicate()[0].decode()
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
        double.released.set()

        run.refresh_from_db()
        stored = Reading.objects.count()
        assert (run.status, run.attempt) == ("running", 1)
        assert 0 < stored < DAYS * 48
        assert (run.records_created, run.records_processed) == (stored, stored)
        assert syncs_lost_requeue() == []  # its worker may still live, as far as anybody can know

        assert [each.pk for each in syncs_lost_requeue(now=timezone.now() + timedelta(minutes=11))] == [run.pk]
        second = worker(double)
        said = second.communicate(timeout=PATIENCE)[0].decode()

    run = SyncRun.objects.get()
    assert (run.status, run.attempt, run.percent_done, run.error_message) == ("success", 2, 100, ""), said
    assert (run.records_created, run.records_changed, run.records_failed) == (DAYS * 48, 0, 0)
    assert Reading.objects.count() == DAYS * 48
    assert sum(Reading.objects.values_list("quantity", flat=True)) == Decimal(DAYS * 12)
    assert set(Reading.objects.values_list("revision", flat=True)) == {1}
