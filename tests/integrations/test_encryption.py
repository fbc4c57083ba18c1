"""Envelopes: they open with their key, for their row, unaltered; and for nothing else."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from carboncore.environment import credential_keys
from integrations.encryption import EnvelopeUnreadable, NoActiveKey, decrypt, encrypt

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def keys(settings):
    settings.CREDENTIAL_KEYS = {"2026": NEW, "2025": OLD}


def test_a_text_comes_back_from_its_envelope():
    envelope = encrypt("sëcret", bound_to="a:1")

    assert envelope.startswith("v1.2026.")
    assert decrypt(envelope, bound_to="a:1") == "sëcret"
    # nonce 12, tag 16, and the text's seven bytes
    assert len(base64.b64decode(envelope.split(".")[2])) == 12 + 7 + 16


def test_the_same_text_is_never_the_same_envelope():
    assert encrypt("x", bound_to="a:1") != encrypt("x", bound_to="a:1")


def test_an_older_key_still_opens_what_it_closed(settings):
    settings.CREDENTIAL_KEYS = {"2025": OLD}
    envelope = encrypt("x", bound_to="a:1")
    settings.CREDENTIAL_KEYS = {"2026": NEW, "2025": OLD}

    assert decrypt(envelope, bound_to="a:1") == "x"


def test_an_envelope_of_another_row_does_not_open():
    with pytest.raises(EnvelopeUnreadable):
        decrypt(encrypt("x", bound_to="a:1"), bound_to="a:2")


def test_a_lost_key_is_told_as_such(settings):
    envelope = encrypt("x", bound_to="a:1")
    settings.CREDENTIAL_KEYS = {"2025": OLD}

    with pytest.raises(EnvelopeUnreadable, match="'2026' is not among"):
        decrypt(envelope, bound_to="a:1")


@pytest.mark.parametrize(
    "altered", ["", "v1", "v1.2026", "v1.2026.", "v1.2026.???", "v2.2026.AAAA", "v1.2026.AAAA", "x"]
)
def test_what_is_no_envelope_is_refused(altered):
    with pytest.raises(EnvelopeUnreadable):
        decrypt(altered, bound_to="a:1")


def test_every_altered_byte_and_a_swapped_key_id_are_noticed():
    version, key_id, body = encrypt("x", bound_to="a:1").split(".")
    sealed = bytearray(base64.b64decode(body))
    for place in range(len(sealed)):
        sealed[place] ^= 1
        with pytest.raises(EnvelopeUnreadable):
            decrypt(f"{version}.{key_id}.{base64.b64encode(sealed).decode()}", bound_to="a:1")
        sealed[place] ^= 1
    with pytest.raises(EnvelopeUnreadable):
        decrypt(f"{version}.2025.{body}", bound_to="a:1")


def test_without_a_key_nothing_is_encrypted(settings):
    settings.CREDENTIAL_KEYS = {}

    with pytest.raises(NoActiveKey):
        encrypt("x", bound_to="a:1")


KEY = base64.b64encode(NEW).decode()


def test_keys_are_read_from_the_environment_in_their_order(monkeypatch):
    monkeypatch.setenv("CREDENTIAL_KEYS", f"b:{KEY}, a:{base64.b64encode(OLD).decode()}")

    assert list(credential_keys().items()) == [("b", NEW), ("a", OLD)]


@pytest.mark.parametrize("text", [KEY, "a:", "a:short", f"a:{KEY[:-8]}", f"a:{KEY},a:{KEY}", f"a.b:{KEY}", "a:!!!!"])
def test_a_server_does_not_start_with_keys_that_are_none(monkeypatch, text):
    monkeypatch.setenv("CREDENTIAL_KEYS", text)

    with pytest.raises(ImproperlyConfigured, match="id:key with commas") as refused:
        credential_keys()

    assert text not in str(refused.value)
