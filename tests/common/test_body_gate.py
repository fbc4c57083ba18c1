"""Bodies are received before anything else happens, and slow senders hold no more than their share."""

import io

import pytest

from carboncore.common.body_gate import BodyGate


class Ticking:
    """A body that takes `seconds` for each byte of it, on a clock of its own."""

    def __init__(self, content, seconds=0.0):
        self.content, self.seconds, self.now = io.BytesIO(content), seconds, 0.0
        self.reads = 0

    def read(self, size):
        self.reads += 1
        piece = self.content.read(size)
        self.now += self.seconds * len(piece)
        return piece


def echo(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


def post(gate, source, length, address="198.51.100.7", **more):
    said = {}
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/purchases", "CONTENT_LENGTH": str(length)}
    environ |= {"wsgi.input": source, "REMOTE_ADDR": address, "wsgi.url_scheme": "http", **more}
    body = gate(environ, lambda status, headers: said.update(status=status, headers=dict(headers)))
    return said["status"], said["headers"], b"".join(body)


@pytest.mark.parametrize("size", [1, 17, 1_000_000, 4_000_001])
def test_a_body_arrives_as_it_was_sent(size):
    content = bytes(range(256)) * (size // 256 + 1)

    status, _, body = post(BodyGate(echo), Ticking(content[:size]), size)

    assert status == "200 OK"
    assert body == content[:size]


def test_what_has_no_body_is_not_read():
    source = Ticking(b"abc")

    assert post(BodyGate(echo), source, "") == ("200 OK", {}, b"")
    assert source.content.tell() == 0


def test_what_is_too_large_is_not_read_but_refused_further_in(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    source = Ticking(b"x" * 11)

    def refuse(environ, start_response):
        start_response("413 Too large", [])
        return [b""]

    assert post(BodyGate(refuse), source, 11)[0] == "413 Too large"
    assert source.reads == 0


def test_a_body_that_trickles_is_given_up():
    source = Ticking(b"x" * 1000, seconds=1.0)

    status, headers, body = post(BodyGate(echo, clock=lambda: source.now), source, 1000)

    assert status == "408 Request Timeout"
    assert b'"code":"too_slow"' in body.replace(b": ", b":")
    assert headers["Connection"] == "close"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == str(len(body))
    assert 20 < source.now < 45


def test_a_long_body_may_take_its_time_as_long_as_it_keeps_coming():
    # 4 MB at 20 kB a second are 200 seconds
    source = Ticking(b"x" * 4_000_000, seconds=1 / 20_000)

    assert post(BodyGate(echo, clock=lambda: source.now), source, 4_000_000)[0] == "200 OK"


def test_a_body_that_ends_early_is_no_request():
    assert post(BodyGate(echo), Ticking(b"abc"), 10)[0] == "408 Request Timeout"


def entered(gate, *senders):
    return [gate._enter(sender) for sender in senders]


def test_one_address_holds_no_more_than_six_threads():
    gate = BodyGate(echo)

    assert entered(gate, *["one"] * 8) == [True] * 6 + [False] * 2
    gate._leave("one")
    assert entered(gate, "one", "one") == [True, False]


def test_the_more_are_waited_for_the_smaller_is_the_share():
    gate = BodyGate(echo)

    assert entered(gate, *["a"] * 6, "b", "b") == [True] * 8
    assert entered(gate, "a", "b", "c", "c", "c", "d", "d", "d") == [False, False, True, True, False, True, True, False]
    assert entered(gate, "e", "e", "f", "f", "g", "g") == [
        True,
        True,
        True,
        True,
        True,
        False,
    ]  # the 16th was f's second
    assert gate._waiting.total() == 17


def test_ten_slow_addresses_leave_room_for_others_and_for_reading():
    gate = BodyGate(echo)
    slow = [f"slow {number % 10}" for number in range(200)]

    assert entered(gate, *slow).count(True) == 16
    assert entered(gate, *[f"honest {number}" for number in range(20)]) == [True] * 12 + [False] * 8
    assert gate._waiting.total() == 28


def test_a_refusal_says_when_to_come_again():
    gate = BodyGate(echo)
    gate._waiting["address:198.51.100.7"] = 6

    status, headers, _ = post(gate, Ticking(b"abc"), 3)

    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "5"
    assert post(gate, Ticking(b"abc"), 3, address="198.51.100.8")[0] == "200 OK"
    assert gate._waiting.total() == 6
