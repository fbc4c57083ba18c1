"""Who the client is: the peer, unless a trusted proxy says otherwise, and never what the client itself says."""

import ipaddress
import subprocess
import sys

import pytest
from django.test import RequestFactory

from carboncore.common.client_address import client_address


@pytest.fixture
def behind_proxies(settings):
    settings.TRUSTED_PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def address(remote, forwarded=None):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


def test_without_trusted_proxies_the_header_is_not_read():
    assert address("198.51.100.7", "203.0.113.9") == "198.51.100.7"
    assert address("127.0.0.1", "203.0.113.9") == "127.0.0.1"


def test_a_peer_that_is_no_trusted_proxy_cannot_speak_for_others(behind_proxies):
    assert address("198.51.100.7", "203.0.113.9") == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the client invented the left one
        ("1.1.1.1, 203.0.113.9, 10.0.0.5", "203.0.113.9"),  # two proxies of ours
        ("10.9.9.9, 203.0.113.9", "203.0.113.9"),  # a client that claims to be a proxy of ours
        ("10.0.0.4, 10.0.0.5", "10.0.0.4"),  # a colleague inside: nobody else is in the chain
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:DB8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, unknown", "10.0.0.1"),  # beyond an entry that says nothing, nothing is believed
        ("", "10.0.0.1"),
        (",,,", "10.0.0.1"),
        ("203.0.113.9\x00", "10.0.0.1"),
        (None, "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_names_the_client(behind_proxies, forwarded, client):
    assert address("10.0.0.1", forwarded) == client


def test_a_chain_longer_than_anybody_runs_is_read_from_its_end_only(behind_proxies):
    assert address("10.0.0.1", "203.0.113.9" + ", 10.0.0.2" * 100_000) == "10.0.0.2"


@pytest.mark.parametrize(
    ("remote", "client"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("", None),
        ("unix:", None),
        ("010.0.0.1", None),
    ],
)
def test_one_client_has_one_spelling(remote, client):
    assert address(remote) == client


def test_a_wrong_list_of_proxies_stops_the_start_in_words(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from carboncore import settings"],
        env={"TRUSTED_PROXIES": "10.0.0.0/8,my-proxy", "DEBUG": "true", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "TRUSTED_PROXIES lists 'my-proxy', which is no address and no network" in done.stderr
