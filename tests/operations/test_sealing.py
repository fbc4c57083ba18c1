"""A sealed stream comes back as it was; a missing, swapped or repeated chunk is noticed whatever a checksum says."""

import io

import pytest

from carboncore.operations.backup.errors import BackupDamaged
from carboncore.operations.backup.sealing import CHUNK, Keys, PartWriter, opened

KEY = Keys("a-key-of-thirty-two-characters-or-so", b"s" * 16).of_part("media")
STORED = CHUNK + 16


def sealed(data):
    target = io.BytesIO()
    writer = PartWriter(target, KEY)
    for start in range(0, len(data), 300_001):
        writer.write(data[start : start + 300_001])
    writer.finish()
    return target.getvalue()


def plain(stored, key=KEY):
    return b"".join(opened(io.BytesIO(stored), key, "media"))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_sealed_comes_back_whatever_its_length(size):
    data = bytes(range(256)) * (size // 256 + 1)

    assert plain(sealed(data[:size])) == data[:size]


def test_chunks_that_are_each_genuine_are_refused_in_another_order_or_number():
    stored = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c")
    first, second, last = stored[:STORED], stored[STORED : 2 * STORED], stored[2 * STORED :]

    for wrong in (first + second, first, second + first + last, first + last, first + first + last, stored + last, b""):
        with pytest.raises(BackupDamaged, match="is not what was written"):
            plain(wrong)


def test_another_part_has_another_key():
    other = Keys("a-key-of-thirty-two-characters-or-so", b"s" * 16).of_part("database")

    with pytest.raises(BackupDamaged):
        plain(sealed(b"x"), other)
