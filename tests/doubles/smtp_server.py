"""A local double of a mail server over a real socket: enough of RFC 5321 for a client that sends, with faults to order.

`received` holds what was taken, whole. Faults are ordered with `answer_next(verb, "450 …")`, once each; the special
answers `silence` (say nothing until the client gives up) and `hang_up` cut the conversation. `STARTTLS` is offered
only when it is asked for, and then it only says that it cannot.
"""

import asyncio
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

GREETING, DATA_END = "GREETING", "DATA-END"


@dataclass
class Received:
    """One mail that was taken: its envelope and its content."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class SmtpDouble:
    """The double; `start` it, send to `host` and `port`, and `stop` it."""

    extensions: list[str] = field(default_factory=lambda: ["8BITMIME"])
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self._faults: dict[str, list[str]] = defaultdict(list)
        self._loop = asyncio.new_event_loop()
        self._ready, self._over, self.never = threading.Event(), asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def start(self) -> "SmtpDouble":
        """Serve in a thread, on a free port."""
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def stop(self) -> None:
        """Close the port and every conversation."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    def answer_next(self, verb: str, answer: str) -> None:
        """Give this answer to the next command of that name; `DATA-END` is the end of a mail's content."""
        self._faults[verb].append(answer)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._conversation, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _conversation(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _Conversation(self, reader, writer).run()
        writer.close()

    def fault(self, verb: str) -> str:
        """Return the answer that was ordered for this command, and forget it; empty when there is none."""
        return self._faults[verb].pop(0) if self._faults[verb] else ""


class _HangUp(ConnectionError):
    """The server ends the conversation without a word."""


class _Conversation:
    """One client, from greeting to QUIT."""

    def __init__(self, double: SmtpDouble, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._double, self._reader, self._writer = double, reader, writer
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._say(GREETING, "220 double ESMTP")
        while line := (await self._reader.readline()).decode().rstrip("\r\n"):
            verb = line.split(" ", 1)[0].split(":", 1)[0].upper()
            self._double.commands.append(line)
            if verb == "QUIT":
                await self._say(verb, "221 bye")
                return
            await self._answer(verb, line)

    async def _answer(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                lines = ["double", *self._double.extensions]
                last = len(lines) - 1
                await self._say(verb, "\r\n".join(f"250{' ' if n == last else '-'}{x}" for n, x in enumerate(lines)))
            case "MAIL":
                if await self._say(verb, "250 sender taken"):
                    self._sender, self._recipients = line[line.find("<") + 1 : line.find(">")], []
            case "RCPT":
                if await self._say(verb, "250 recipient taken"):
                    self._recipients.append(line[line.find("<") + 1 : line.find(">")])
            case "DATA":
                if await self._say(verb, "354 go on, end with a dot"):
                    await self._take()
            case "RSET" | "NOOP" | "HELO":
                await self._say(verb, "250 fine")
            case "STARTTLS":
                await self._say(verb, "454 no TLS just now")
            case _:
                await self._say(verb, "502 not known here")

    async def _take(self) -> None:
        content = await self._reader.readuntil(b"\r\n.\r\n")
        plain = content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        if await self._say(DATA_END, "250 taken"):
            self._double.received.append(Received(self._sender, list(self._recipients), plain))

    async def _say(self, verb: str, usual: str) -> bool:
        """Answer; returns whether it was the usual answer."""
        fault = self._double.fault(verb)
        if fault == "silence":
            await self._double.never.wait()
        if fault == "hang_up":
            raise _HangUp
        self._writer.write(f"{fault or usual}\r\n".encode())
        await self._writer.drain()
        if fault.startswith("421"):
            raise _HangUp
        return not fault
