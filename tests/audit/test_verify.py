"""`verify_audit`: each thing that somebody with all rights could do to the tables is found, and named."""

import io

import pytest
from django.core.management import CommandError, call_command

from carboncore.audit.models import Event, EventLink, Seal, Verification
from carboncore.audit.services import audit_seal, audit_verify
from carboncore.audit.tasks import audit_verify_and_seal_job
from tests.audit.trail import guards_down, record

pytestmark = pytest.mark.django_db(transaction=True)

ALTERED = "the event or its link was altered"
# Each column of an event, with another value that its type allows.
OTHERS = {
    "at": "at + interval '1 microsecond'",
    "action": "'project.deleted'",
    "outcome": "'failed'",
    "actor_id": "77",
    "entrance": "'job'",
    "ip_address": "'192.0.2.9'",
    "user_agent": "'other'",
    "request_id": "'other'",
    "on_behalf_of": "'accounts.user:1'",
    "object_type": "'registry.project'",
    "object_id": "'1'",
    "note": "note || ' '",
    "changes": """changes || '{"b": [true, 13]}'""",
}


def problems():
    return [str(problem) for problem in audit_verify()[1]]


def forced(sql, *parameters):
    with guards_down() as cursor:
        cursor.execute(sql, parameters)


def test_a_trail_that_nobody_touched_is_clean():
    record(12)
    audit_seal()
    record(3)

    result, found = audit_verify()

    assert found == []
    assert (result.events, result.problems, result.first_problem) == (15, 0, "")


def test_there_is_a_case_for_each_column():
    assert {field.column for field in Event._meta.concrete_fields} - {"id"} == set(OTHERS)


@pytest.mark.parametrize("column", OTHERS)
def test_an_altered_event_is_found(column):
    events = record(4)

    forced(f"UPDATE audit_event SET {column} = {OTHERS[column]} WHERE id = %s", events[2].pk)

    assert problems() == [f"event {events[2].pk} (stream 1, position 3): {ALTERED}"]


def test_an_event_with_another_number_is_found():
    events = record(3)

    forced("UPDATE audit_event SET id = 999 WHERE id = %s", events[1].pk)

    assert problems() == [
        f"event {events[1].pk} (stream 1, position 2): the event was deleted",
        "event 999: it has no link: it was put in, or its link taken away, by force",
    ]


def test_a_deleted_event_is_found():
    events = record(3)

    forced("DELETE FROM audit_event WHERE id = %s", events[1].pk)

    assert problems() == [f"event {events[1].pk} (stream 1, position 2): the event was deleted"]


def test_an_event_deleted_with_its_link_is_found():
    events = record(4)

    forced("DELETE FROM audit_event WHERE id = %s", events[1].pk)
    forced("DELETE FROM audit_eventlink WHERE event_id = %s", events[1].pk)

    assert problems() == [
        f"event {events[2].pk} (stream 1, position 3): the links from position 2 up to this one are missing"
    ]


def test_an_event_put_in_without_a_link_is_found():
    record(2)

    forced(
        "INSERT INTO audit_event (id, at, action, outcome, entrance, user_agent, request_id, on_behalf_of, object_type,"
        " object_id, note, changes) VALUES (500, now(), 'price.set', 'done', 'api', '', '', '', '', '', '', '{}')"
    )

    assert problems() == ["event 500: it has no link: it was put in, or its link taken away, by force"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("hash = sha256('x')", [(1, ALTERED), (2, "the link does not follow the one before it")]),
        ("previous_hash = sha256('x')", [(1, "the link does not follow the one before it"), (1, ALTERED)]),
        ("position = 9", [(2, "the links from position 2 up to this one are missing"), (1, None)]),
        ("stream = 5", [(2, "the links from position 2 up to this one are missing"), (1, None)]),
    ],
)
def test_an_altered_link_is_found(change, says):
    events = record(3)

    forced(f"UPDATE audit_eventlink SET {change} WHERE event_id = %s", events[1].pk)

    found = problems()
    for number, words in says:
        assert any(f"event {events[number].pk} " in line and (words or "") in line for line in found), found


def test_a_rewritten_event_with_a_rewritten_chain_is_found_by_the_seal():
    # given a sealed trail, and somebody who alters an event and works all the following hashes out again
    events = record(3)
    seal = audit_seal()
    forced("UPDATE audit_event SET note = 'nothing to see' WHERE id = %s", events[1].pk)
    with guards_down() as cursor:
        cursor.execute("DELETE FROM audit_eventlink WHERE event_id >= %s", [events[1].pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        cursor.execute(
            "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM audit_event WHERE id >= %s", [events[1].pk]
        )
        cursor.execute("DELETE FROM audit_event WHERE id >= %s", [events[1].pk])
        cursor.execute("INSERT INTO audit_event OVERRIDING SYSTEM VALUE SELECT * FROM kept ORDER BY id")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only")

    assert problems() == [
        f"event {events[2].pk} (stream 1, position 3): it is not what seal {seal.number} saw in this place"
    ]


def test_a_tail_cut_off_after_a_seal_is_found():
    events = record(5)
    audit_seal()

    forced("DELETE FROM audit_eventlink WHERE event_id >= %s", events[3].pk)
    forced("DELETE FROM audit_event WHERE id >= %s", events[3].pk)

    assert problems() == ["stream 1, position 5: it was there when seal 1 was made, and is gone"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("heads = '[[1, 2, \"00\"]]'", "what it states was altered"),
        ("at = at - interval '1 day'", "what it states was altered"),
        ("digest = sha256('x')", "what it states was altered"),
        ("signature = repeat('x', 64)::bytea", "its signature is not that of what it states"),
        ("public_key = sha256('x')", "its signature is not that of what it states"),
        ("previous_digest = sha256('x')", "it does not follow the seal before"),
        ("number = 7", "seal 2 is missing"),
    ],
)
def test_an_altered_seal_is_found(change, says):
    record(2)
    audit_seal()
    audit_seal()

    forced(f"UPDATE audit_seal SET {change} WHERE number = 2")

    assert any(line.startswith("seal ") and line.endswith(says) for line in problems())


def test_a_seal_taken_from_the_middle_is_found():
    record(1)
    for _ in range(3):
        audit_seal()

    forced("DELETE FROM audit_seal WHERE number = 2")

    assert problems() == ["seal 3: seal 2 is missing", "seal 3: it does not follow the seal before"]


# --- the command and the job ---------------------------------------------------------------------------


def run(*options):
    out = io.StringIO()
    call_command("verify_audit", "--quiet", *options, stdout=out)
    return out.getvalue()


def test_the_command_says_that_all_is_well():
    record(3)

    assert run() == "Clean: 3 events, none altered, put in or taken away.\n"
    assert Verification.objects.get().problems == 0


def test_the_command_fails_and_names_the_first_bad_event():
    events = record(3)
    forced("UPDATE audit_event SET note = '' WHERE id = %s", events[0].pk)

    with pytest.raises(CommandError) as refused:
        run()

    where = f"event {events[0].pk} (stream 1, position 1)"
    assert str(refused.value) == f"1 problems in 3 events. The first: {where}: {ALTERED}"
    assert refused.value.returncode == 1
    assert Verification.objects.get().first_problem == f"{where}: {ALTERED}"


def test_a_seal_noted_outside_shows_that_the_last_seals_were_taken_away_with_the_tail():
    record(2)
    run("--seal")
    record(2)
    noted = run("--seal").rsplit(" ", 1)[1].strip()
    assert "Clean" in run("--expect-seal", noted)

    forced("DELETE FROM audit_seal WHERE number = 2")
    forced("DELETE FROM audit_eventlink WHERE position > 2")
    forced("DELETE FROM audit_event WHERE id NOT IN (SELECT event_id FROM audit_eventlink)")

    assert "Clean: 2 events" in run()
    with pytest.raises(CommandError, match="There is no seal of the digest"):
        run("--expect-seal", noted)


def test_the_nightly_job_seals_what_is_clean_and_nothing_else():
    events = record(2)
    audit_verify_and_seal_job(timestamp=0)
    assert Seal.objects.get().heads == [[1, 2, bytes(EventLink.objects.get(position=2).hash).hex()]]

    forced("UPDATE audit_event SET note = 'x' WHERE id = %s", events[0].pk)
    audit_verify_and_seal_job(timestamp=1)

    assert Seal.objects.count() == 1
    assert list(Verification.objects.order_by("pk").values_list("problems", flat=True)) == [0, 1]
