"""A backup made while people buy, brought back in another cluster: all of it there, or a refusal that says why not."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import uuid

import psycopg
import pytest

from carboncore import embedded_postgres
from carboncore.operations.backup.errors import BackupDamaged
from carboncore.operations.backup.restoring import backup_open, backup_restore, backup_verify
from tests.operations.servers import ROOT, Server, until

KEY = "a-key-of-thirty-two-characters-or-so"
SELLING = """
from tests.factories import DocumentFactory
from tests.purchase_factories import selling_batch
project = selling_batch(quantity_kg=1_000_000_000).project
for number in range(3):
    DocumentFactory(project=project, content=b"%PDF-1.7" + bytes([number]) * 700_000)
print(project.pk)
"""


@pytest.fixture(scope="module")
def origin():
    """A server that sells, with three documents."""
    server = Server(RATE_LIMITS="off", GUEST_OPEN_PURCHASES="100000", LOG_LEVEL="ERROR", BACKUP_KEY=KEY)
    try:
        server.manage("migrate", "--verbosity", "0")
        server.project_id = int(server.python(SELLING).split()[-1])
        yield server.start(workers=1)
    finally:
        server.close()


@pytest.fixture(scope="module")
def backup(origin):
    """A backup made while four guests bought without a pause; beside it what the registry held meanwhile."""
    bought, stop = [], threading.Event()

    def buy(number):
        while not stop.is_set():
            order = {
                "project_id": origin.project_id,
                "quantity": "1",
                "price_per_credit": "12.5000",
                "currency": "EUR",
                "guest_email": f"guest{number}@example.org",
            }
            answer = origin.post("/api/v1/purchases", order, **{"Idempotency-Key": str(uuid.uuid4())})
            bought.append(answer.status)

    guests = [threading.Thread(target=buy, args=(number,)) for number in range(4)]
    for guest in guests:
        guest.start()
    try:
        until(lambda: len(bought) >= 8)
        before = len(bought)
        made = origin.manage("backup", "--quiet").stdout.strip()
        during = len(bought) - before
    finally:
        stop.set()
        for guest in guests:
            guest.join()
    assert set(bought) == {201}
    assert during > 0, "nobody bought while the backup was made"
    return origin.var / "backups" / made.rsplit("/", 1)[1]


@pytest.fixture
def place():
    """An empty cluster of its own, with the key."""
    server = Server(BACKUP_KEY=KEY, LOG_LEVEL="ERROR")
    yield server
    server.close()


def manifest_of(backup):
    return json.loads((backup / "manifest.json").read_text())


def files_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tables_of(server):
    with psycopg.connect(server.environment["DATABASE_URL"]) as connection:
        return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def copied(backup, tmp_path):
    return shutil.copytree(backup, tmp_path / backup.name)


def test_what_was_backed_up_under_load_is_all_there_elsewhere(origin, backup, place):
    # given a backup of a busy registry, and another cluster
    # when it is restored there
    done = place.manage("restore", str(backup), "--quiet")

    # then the command has compared every table and replayed both chains
    manifest = manifest_of(backup)
    assert "and 3 files, as they were counted." in done.stdout
    assert "every kilogram accounted for." in done.stdout
    assert "events" in done.stdout

    # and counts and files are what they were, by another program
    with psycopg.connect(place.environment["DATABASE_URL"]) as connection:
        sold = connection.execute("SELECT count(*) FROM transactions_transaction").fetchone()[0]
    assert sold == manifest["tables"]["transactions_transaction"] >= 8
    assert files_below(place.var / "media") == files_below(origin.var / "media")
    assert len(files_below(place.var / "media")) == 3

    # and the place is not restored over by mistake
    again = place.manage("restore", str(backup), "--quiet", check=False)
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    assert "--force 'replace carboncore'" in again.stderr
    wrong = place.manage("restore", str(backup), "--force", "yes", check=False)
    assert "--force takes the words 'replace carboncore'" in wrong.stderr

    # nor under the feet of somebody who is connected, even by force
    with psycopg.connect(place.environment["DATABASE_URL"]):
        busy = place.manage("restore", str(backup), "--force", "replace carboncore", check=False)
    assert "1 other connection(s)" in busy.stderr

    # but by force, and then the files that were there are kept aside
    forced = place.manage("restore", str(backup), "--quiet", "--force", "replace carboncore")
    assert "every kilogram accounted for." in forced.stdout
    assert len(list(place.var.glob("media.before-*"))) == 1


def test_nothing_of_it_can_be_read_without_the_key(backup):
    stored = b"".join(path.read_bytes() for path in backup.iterdir())

    assert sorted(path.name for path in backup.iterdir()) == ["database.sealed", "manifest.json", "media.sealed"]
    for plain in (b"%PDF", b"PGDMP", b"guest1@example.org", KEY.encode()):
        assert plain not in stored


def test_a_whole_backup_is_told_to_be_whole(origin, backup):
    done = origin.manage("backup", "--verify", str(backup), "--quiet")

    assert done.stdout.startswith(f"Whole: {backup}, of 20")


def cut(backup):
    path = backup / "database.sealed"
    os.truncate(path, path.stat().st_size - 1)


def altered(backup):
    path = backup / "media.sealed"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def altered_with_its_checksum(backup):
    altered(backup)
    body = manifest_of(backup)
    body.pop("seal")
    body["parts"]["media"]["sha256"] = hashlib.sha256((backup / "media.sealed").read_bytes()).hexdigest()
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    seal = {**manifest_of(backup)["seal"], "sha256": hashlib.sha256(text).hexdigest()}
    (backup / "manifest.json").write_text(json.dumps({**body, "seal": seal}))


def swapped(backup):
    (backup / "media.sealed").rename(backup / "x")
    (backup / "database.sealed").rename(backup / "media.sealed")
    (backup / "x").rename(backup / "database.sealed")


def headless(backup):
    (backup / "manifest.json").unlink()


def partless(backup):
    (backup / "media.sealed").unlink()


def half_a_manifest(backup):
    path = backup / "manifest.json"
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, "bytes and was written with"),
        (altered, "media.sealed is not what was written"),
        (altered_with_its_checksum, "The manifest was altered after it was written"),
        (swapped, "bytes and was written with"),
        (headless, "is no whole backup: it has no manifest.json"),
        (partless, "The part “media” of"),
        (half_a_manifest, "manifest.json cannot be read"),
    ],
)
def test_a_damaged_backup_is_refused_in_words(backup, tmp_path, damage, words):
    # given a backup that something happened to
    spoilt = copied(backup, tmp_path)
    damage(spoilt)

    # then neither looking at it nor restoring it gets as far as a database: this test has none
    with pytest.raises(BackupDamaged, match=re.escape(words)):
        backup_verify(backup=backup_open(folder=spoilt, secret=KEY))
    with pytest.raises(BackupDamaged, match=re.escape(words)):
        backup_restore(backup=backup_open(folder=spoilt, secret=KEY), replace=True)


def test_a_damaged_backup_leaves_what_is_there_as_it_is(origin, backup, tmp_path):
    # given an altered backup, and the very registry it came from with all that may be replaced
    spoilt = copied(backup, tmp_path)
    altered(spoilt)
    before = files_below(origin.var / "media"), sorted(tables_of(origin))

    done = origin.manage("restore", str(spoilt), "--force", "replace carboncore", check=False)

    assert done.returncode == 1
    assert "media.sealed is not what was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert (files_below(origin.var / "media"), sorted(tables_of(origin))) == before
    verified = origin.manage("backup", "--verify", str(spoilt), check=False)
    assert (verified.returncode, "media.sealed is not what was written" in verified.stderr) == (1, True)


def test_a_wrong_key_is_told_before_anything_is_touched(place, backup, tmp_path):
    cases = {
        "another-key-of-thirty-two-characters": "was encrypted with another key",
        "": "This backup is encrypted: set BACKUP_KEY",
        "short": "The key is too short",
    }
    for key, words in cases.items():
        done = place.manage("restore", str(backup), check=False, BACKUP_KEY=key)
        assert done.returncode == 1
        assert words in done.stderr
    assert tables_of(place) == []

    # and the key of its time may come from a file
    (tmp_path / "key").write_text(KEY + "\n")
    done = place.manage("backup", "--verify", str(backup), "--key-file", str(tmp_path / "key"), BACKUP_KEY="")
    assert done.stdout.startswith("Whole: ")


def test_without_a_key_it_is_plain_and_postgresql_itself_can_read_it(origin, place, tmp_path):
    done = origin.manage("backup", "--quiet", "--to", str(tmp_path), BACKUP_KEY="")

    made = tmp_path / done.stdout.strip().rsplit("/", 1)[1]
    assert "It is not encrypted" in done.stderr
    assert (made / "database.dump").read_bytes()[:5] == b"PGDMP"
    assert "every kilogram accounted for." in place.manage("restore", str(made), "--quiet").stdout


def test_a_backup_killed_half_way_is_taken_for_none_and_the_next_clears_it_away(origin, tmp_path):
    # given a backup that is killed as soon as its dump has begun
    process = subprocess.Popen(
        [sys.executable, "manage.py", "backup", "--quiet", "--to", str(tmp_path)],
        cwd=ROOT,
        env=origin.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: list(tmp_path.glob(".carboncore-*.partial/database.sealed")) or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    # then there is no backup, and what is left of it is refused as one
    (left,) = tmp_path.glob(".carboncore-*.partial")
    assert not list(tmp_path.glob("carboncore-*"))
    assert "is no whole backup" in origin.manage("restore", str(left), check=False).stderr

    # when backups are made again, keeping one
    made = [origin.manage("backup", "--quiet", "--keep", "1", "--to", str(tmp_path)).stdout.strip() for _ in range(2)]

    # then the half one is gone, and of the whole ones the older
    assert not left.exists()
    assert [str(path) for path in tmp_path.glob("carboncore-*")] == [made[1]]


def test_a_database_that_is_not_there_is_told_in_words(origin):
    embedded = embedded_postgres.url(origin.var / "postgres", "no_such_database")

    done = origin.manage("backup", check=False, DATABASE_URL=embedded)

    assert done.returncode == 1
    assert "The database cannot be reached: " in done.stderr
    assert "Traceback" not in done.stderr
