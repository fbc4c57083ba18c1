"""What one purchase asks of PostgreSQL, as a script for pgbench: recorded from the server's own log, not typed again.

A purchase is made over HTTP while the database logs its statements. Each value in them that belongs to this one
purchase (its project, buyer, quantity, the block that it cut …) becomes a variable of the script, which is drawn at
random or read back from an earlier statement, as the server does. What is left are the server's own texts
and constants.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

# What is read from the answer of the statement that holds these words: pgbench keeps its columns under that prefix.
_READ_BACK = {
    "FOR NO KEY UPDATE": "batch_",
    "first_kg > $4 ORDER BY first_kg": "block_",
    "RETURNING transaction_id": "purchase_",
    "SELECT entry.id": "entry_",
}
# Each client is one buyer; what it needs to know of itself it reads once.
_BEGINNING = """\\if :started = 0
SELECT u.id AS buyer, u.public_id AS buyer_uuid, s.public_id AS session, a.id AS account FROM accounts_user AS u
JOIN accounts_signinsession AS s ON s.user_id = u.id
JOIN transactions_holdingaccount AS a ON a.owner_id = u.id WHERE u.id = :client_id + 1 \\gset
\\set started 1
\\endif
\\set project random(1, :projects)
\\set kg random(1, :largest_kg)
\\set key random(1, 4611686018427387904)
"""
_RECORD = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] (\w+):  ", re.MULTILINE)
_PARAMETER = re.compile(r"\$(\d+) = ('(?:[^']|'')*'|NULL)")
_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$.\"'])\d+(?![\w.\"'])")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00(?::00)?\Z")


class Unrecorded(RuntimeError):
    """The log does not hold what a purchase must send."""


@dataclass(frozen=True)
class Statement:
    """A statement as PostgreSQL logged it, with the values of its parameters ("$1" first)."""

    text: str
    values: tuple[str, ...]


def statements(log: str) -> list[Statement]:
    """Return the statements in a piece of PostgreSQL's log, in order.

    Raises:
        Unrecorded: one of them failed, so that the piece does not show what a purchase does.
    """
    found: list[Statement] = []
    pieces = _RECORD.split(log)[1:]
    for kind, text in zip(pieces[::2], pieces[1::2], strict=True):
        if kind == "ERROR":
            raise Unrecorded(text)
        if kind == "LOG" and text.startswith("statement: "):
            found.append(Statement(text.removeprefix("statement: ").strip(), ()))
        elif kind == "LOG" and text.startswith("execute "):
            found.append(Statement(text.split(": ", 1)[1].strip(), ()))
        elif kind == "DETAIL" and text.startswith("Parameters: "):
            found[-1] = Statement(found[-1].text, tuple(value for _, value in _PARAMETER.findall(text)))
    return found


def usual(recorded: list[list[Statement]]) -> list[Statement]:
    """Return the latest of those that sent what most of them sent: now and then one wakes the mail job too."""
    (texts, _) = Counter(tuple(s.text if s.values else s.text[:40] for s in one) for one in recorded).most_common(1)[0]
    return next(one for one in reversed(recorded) if tuple(s.text if s.values else s.text[:40] for s in one) == texts)


def script(purchase: list[Statement], known: dict[str, str]) -> str:
    """Return the script that sends the same; `known` maps what belonged to this purchase to pgbench's expressions.

    Raises:
        Unrecorded: a statement whose answer is needed was not sent.
    """
    lines, missing = [], set(_READ_BACK.values())
    for statement in purchase:
        text = _with_variables(statement, known)
        prefix = next((prefix for words, prefix in _READ_BACK.items() if words in statement.text), None)
        missing.discard(prefix or "")
        lines.append(f"{text} \\gset {prefix}" if prefix else f"{text.rstrip(';')};")
    if missing:
        raise Unrecorded(
            f"Nothing was read back for {sorted(missing)}; adjust `_READ_BACK` to the statements of today."
        )
    return _BEGINNING + "\n".join(lines) + "\n"


def known_values(facts: dict[str, str | int]) -> dict[str, str]:
    """Return what `script` replaces, from the facts of the recorded purchase (see `ledger_trade.facts_of`)."""
    first, kg = int(facts["first_kg"]), int(facts["kg"])
    known = {
        str(facts["project"]): "(:project)::bigint",
        str(facts["buyer"]): "(:buyer)::bigint",
        str(facts["buyer_uuid"]): "(:buyer_uuid)::uuid",
        str(facts["buyer_uuid"]).replace("-", ""): "(:buyer_uuid)::uuid",
        str(facts["session"]): "(:session)::uuid",
        str(facts["session"]).replace("-", ""): "(:session)::uuid",
        str(facts["account"]): "(:account)::bigint",
        str(kg): "(:kg)::bigint",
        str(-kg): "(-(:kg)::bigint)",
        str(first): "(:block_first_kg)::bigint",
        str(first + kg): "((:block_first_kg)::bigint + (:kg)::bigint)",
        str(facts["position"]): "((:batch_entries)::bigint + 1)",
        str(facts["purchase"]): "(:purchase_transaction_id)::bigint",
        str(facts["entry"]): "(:entry_id)::bigint",
        str(facts["public_id"]): "gen_random_uuid()",
        str(facts["key"]): "(:key)::text",
        str(facts["scope"]): "('purchase:' || 'user:' || (:buyer)::text || ':')",
        f"\\x{facts['previous_hash']}": "(:batch_head_hash)::bytea",
        f"\\x{facts['hash']}": "sha256(int8send((:key)::bigint))",
    }
    if len(known) != 19:
        raise Unrecorded(
            f"Two facts of the recorded purchase have the same value, so they cannot be told apart: {facts}"
        )
    return known


def _with_variables(statement: Statement, known: dict[str, str]) -> str:
    if statement.values:
        return re.sub(r"\$(\d+)", lambda found: _expression(statement.values[int(found[1]) - 1], known), statement.text)
    return _LITERAL.sub(lambda found: _expression(found[0], known), statement.text)


def _expression(value: str, known: dict[str, str]) -> str:
    """Return what stands in the script for a value as the log writes it (quoted, or NULL)."""
    plain = value[1:-1].replace("''", "'") if value.startswith("'") else value
    if plain in known:
        return known[plain]
    if plain.startswith("{user-write:"):
        return "ARRAY['user-write:' || (:buyer)::text]"
    if plain.startswith("<") and plain.endswith(">"):  # a mail's Message-ID
        return "('<' || gen_random_uuid() || '@example.org>')"
    if plain.startswith("{") and plain.endswith("}") and any(part in known for part in plain[1:-1].split(",")):
        return "ARRAY[" + ", ".join(known.get(part, f"'{part}'") for part in plain[1:-1].split(",")) + "]"
    if _TIME.match(plain):
        ahead = datetime.fromisoformat(plain) - datetime.now(UTC)
        return f"(now() + interval '{round(ahead / timedelta(days=1))} days')"
    if plain == datetime.now(UTC).date().isoformat():
        return "current_date"
    # A colon before a letter would begin a variable, within quotes too.
    return "(" + re.sub(r":(?=\w)", ":' || '", value) + ")" if re.search(r":\w", value) else value


def log_since(log: Path, offset: int) -> str:
    """Return what was written to a log after `offset` bytes."""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode()
