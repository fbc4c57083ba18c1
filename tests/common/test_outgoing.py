"""Requests to addresses that somebody gave: over real sockets, to servers that mean harm."""

import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carboncore.common import outgoing
from carboncore.common.outgoing import AddressRefused, RemoteFailed, check_address, fetch, is_public_address

REAL_LOOKUP = socket.getaddrinfo
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"a": true}'


@contextmanager
def serving(answer, *, address="127.0.0.1", port=0, tls=None):
    """Serve on loopback: `answer` gets each connection, after the head of its request was read; yields the port.

    The heads of the requests collect in the port's list `heads`.
    """
    listener = socket.create_server((address, port))
    heads = []

    def one(connection):
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as wrapped:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (chunk := wrapped.recv(65536)):
                        return
                    head += chunk
                heads.append(head.decode())
                if callable(answer):
                    answer(wrapped)
                else:
                    wrapped.sendall(answer)
        except OSError:
            pass  # the client has had enough

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], heads
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def dns(monkeypatch):
    """Return a function that gives a name its addresses, one list for each time that it is looked up."""
    names, asked = {}, []

    def look_up(host, port, *args, **kwargs):
        if host not in names:
            return REAL_LOOKUP(host, port, *args, **kwargs)
        asked.append(host)
        answers = names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for address in addresses for entry in REAL_LOOKUP(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    def give(name, *answers):
        names[name] = list(answers)
        return asked

    return give


@pytest.fixture
def allow(settings):
    def allow_hosts(*hosts):
        settings.OUTGOING_ALLOWED_HOSTS = list(hosts)

    return allow_hosts


# --- which addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
        *("169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1", "fec0::1"),
        # Other addresses in disguise
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_an_address_that_only_this_server_can_reach_is_not_public(address):
    assert is_public_address(address) is False


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_internet_is(address):
    assert is_public_address(address) is True


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "0"),
        *("localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "2852039166", "[::]"),
    ],
)
def test_no_spelling_of_loopback_or_of_the_metadata_service_gets_through(host):
    with serving(OK) as (port, heads):
        outgoing.PORTS.add(port)
        try:
            with pytest.raises((AddressRefused, RemoteFailed)) as refusal:
                fetch(f"https://{host}:{port}/")
        finally:
            outgoing.PORTS.discard(port)

    assert heads == []
    assert re.search("not on the public internet|is not known|is no web address", refusal.value.message)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],  # one good one does not excuse the other
    ],
)
def test_a_name_that_stands_for_such_an_address_is_refused(dns, addresses):
    asked = dns("harmless.example", addresses)

    with pytest.raises(AddressRefused, match=r"harmless\.example is not on the public internet"):
        fetch("https://harmless.example/")
    with pytest.raises(AddressRefused):
        check_address("https://harmless.example/")

    assert asked == ["harmless.example"] * 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/", "https://"),
        ("ftp://example.org/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "https://"),
        ("//example.org/", "https://"),
        ("https:///path", "name a host"),
        ("https://good.example@127.0.0.1/", "neither a user"),
        ("https://example.org:22/", "port"),
        ("https://example.org:6379/", "port"),
        ("https://example.org:99999/", "port"),
        ("https://exam\r\nple.org/", "no web address"),
        ("https://example.org/\x00", "no web address"),
        ("https://[::1/", "no web address"),
        ("", "https://"),
    ],
)
def test_an_address_of_the_wrong_form_is_refused_before_anything_is_looked_up(monkeypatch, url, words):
    monkeypatch.setattr(socket, "getaddrinfo", None)

    with pytest.raises(AddressRefused, match=words):
        check_address(url)


# --- the name cannot change its mind


def test_between_the_look_up_and_the_connection_nothing_is_asked_again(dns, allow):
    # given a name that stands for one server at first, and for another one from then on
    with serving(OK) as (port, heads), serving(OK, address="127.0.0.2", port=port) as (_, other_heads):
        asked = dns("rebinding.example", ["127.0.0.1"], ["127.0.0.2"])
        allow(f"rebinding.example:{port}")

        answer = fetch(f"http://rebinding.example:{port}/x", operator=True)

    assert answer.status == 200
    assert asked == ["rebinding.example"]
    assert len(heads) == 1
    assert f"Host: rebinding.example:{port}" in heads[0]  # by address, and under its own name
    assert other_heads == []


def test_a_name_that_was_fine_when_it_was_given_is_judged_again_when_it_is_used(dns):
    dns("rebinding.example", ["93.184.215.14"], ["127.0.0.1"])
    check_address("https://rebinding.example/")

    with pytest.raises(AddressRefused):
        fetch("https://rebinding.example/")


# --- redirects


def redirect(location, status=302):
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_redirect_is_an_answer_unless_it_is_asked_for(allow):
    with serving(redirect("http://127.0.0.1/")) as (port, _):
        allow(f"127.0.0.1:{port}")

        answer = fetch(f"http://127.0.0.1:{port}/", operator=True)

    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1/")


@pytest.mark.parametrize("target", ["https://169.254.169.254/latest/", "https://[::1]/", "https://2130706433/"])
def test_a_redirect_to_a_private_address_is_refused(allow, target):
    with serving(redirect(target)) as (port, _):
        allow(f"127.0.0.1:{port}")

        with pytest.raises((AddressRefused, RemoteFailed), match="not on the public internet"):
            fetch(f"http://127.0.0.1:{port}/", operator=True, redirects=3)


def test_a_redirect_to_another_host_carries_no_secret(allow):
    with serving(OK) as (port, heads), serving(redirect(f"http://127.0.0.1:{port}/there")) as (first, first_heads):
        allow("127.0.0.1")
        secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret"}

        answer = fetch(f"http://127.0.0.1:{first}/", headers=secrets, operator=True, redirects=1)

    assert answer.url == f"http://127.0.0.1:{port}/there"
    assert first_heads[0].count("s3cret") == 2
    assert "s3cret" not in heads[0]


def test_a_circle_of_redirects_ends(allow):
    with serving(redirect("/again")) as (port, heads):
        allow(f"127.0.0.1:{port}")

        assert fetch(f"http://127.0.0.1:{port}/", operator=True, redirects=3).status == 302

    assert len(heads) == 4


def test_what_changes_something_is_not_sent_on(allow):
    with serving(redirect("/elsewhere", 307)) as (port, heads):
        allow(f"127.0.0.1:{port}")

        with pytest.raises(RemoteFailed, match="not repeated there"):
            fetch(f"http://127.0.0.1:{port}/", method="POST", content=b"1", operator=True, redirects=3)

    assert len(heads) == 1


# --- sizes and times


def endless(piece, pause=0.0, before=b""):
    def answer(connection):
        connection.sendall(before)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            endless(b"x" * 65536, before=b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"),
            "more than 1,000 bytes",
        ),
        (endless(b"2000\r\n" + b"x" * 8192 + b"\r\n", before=CHUNKED), "more than 1,000 bytes"),
        (endless(b"X-Junk: " + b"x" * 60_000 + b"\r\n", before=b"HTTP/1.1 200 OK\r\n"), "could not be reached, or"),
        (endless(b"x", 0.05, before=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"), "took too long"),
        (endless(b"X-a: b\r\n", 0.05, before=b"HTTP/1.1 200 OK\r\n"), "took too long"),
        (endless(b"", 0.05), "took too long"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "could not be reached, or"),
        (b"", "could not be reached, or"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "packed body"),
    ],
    ids=["long", "chunks", "headers", "slow body", "slow headers", "silent", "ssh", "hangs up", "packed"],
)
def test_an_answer_that_is_too_long_too_slow_or_none_is_given_up(allow, answer, words):
    with serving(answer) as (port, heads):
        allow(f"127.0.0.1:{port}")
        begun = time.monotonic()

        with pytest.raises(RemoteFailed, match=words):
            fetch(f"http://127.0.0.1:{port}/", operator=True, seconds=1, most_bytes=1_000)

    assert time.monotonic() - begun < 5  # a busy machine's second
    assert len(heads) == 1
    assert "accept-encoding: identity" in heads[0].lower()


def test_a_body_of_just_the_size_is_taken(allow):
    body = b"x" * 1_000
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body) as (port, _):
        allow(f"127.0.0.1:{port}")

        assert fetch(f"http://127.0.0.1:{port}/", operator=True, most_bytes=1_000).body == body


def test_nobody_there_is_said_in_words(allow):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        allow(f"127.0.0.1:{port}")

        with pytest.raises(RemoteFailed, match="could not be reached"):
            fetch(f"http://127.0.0.1:{port}/", operator=True)


# --- the operator's own hosts


def test_a_host_of_the_settings_is_for_addresses_of_the_settings_only(allow):
    with serving(OK) as (port, heads):
        allow(f"127.0.0.1:{port}")
        outgoing.PORTS.add(port)
        try:
            with pytest.raises(AddressRefused):
                fetch(f"http://127.0.0.1:{port}/")
            with pytest.raises(AddressRefused):
                fetch(f"https://127.0.0.1:{port}/")
        finally:
            outgoing.PORTS.discard(port)
        assert heads == []

        assert fetch(f"http://127.0.0.1:{port}/", operator=True).body == b'{"a": true}'


def test_a_host_allowed_on_one_port_is_not_allowed_on_another(allow):
    allow("127.0.0.1:8080")

    with pytest.raises(AddressRefused):
        check_address("http://127.0.0.1:8443/", operator=True)
    with pytest.raises(AddressRefused):
        check_address("https://127.0.0.1:8443/", operator=True)


# --- HTTPS to the judged address, under the name that was asked for


def certificate_for(name, folder):
    """Return the path of a certificate for a name that signs itself, and a server's TLS context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return folder / "certificate.pem", context


@pytest.fixture
def tls(tmp_path, monkeypatch):
    """Return the TLS context of a server whose name is double.example, and whose certificate counts here."""
    path, context = certificate_for("double.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    outgoing._tls.cache_clear()
    yield context
    outgoing._tls.cache_clear()


@pytest.mark.parametrize(("name", "trusted"), [("double.example", True), ("other.example", False)])
def test_the_certificate_is_checked_against_the_name_though_the_connection_goes_to_an_address(
    dns, allow, tls, name, trusted
):
    with serving(OK, tls=tls) as (port, heads):
        dns(name, ["127.0.0.1"])
        allow(f"{name}:{port}")
        if trusted:
            assert fetch(f"https://{name}:{port}/", operator=True).status == 200
        else:
            with pytest.raises(RemoteFailed, match="could not be reached"):
                fetch(f"https://{name}:{port}/", operator=True)

    assert len(heads) == int(trusted)


def test_the_list_of_special_addresses_is_python_s_and_what_it_lacks():
    # Python 3.11 takes the NAT64 range and 6to4 for global addresses
    assert ipaddress.ip_address("64:ff9b::7f00:1").is_global
    assert ipaddress.ip_address("192.88.99.1").is_global
