"""Registering and confirming: the contract's shapes, what is refused, and that nobody learns who has an account."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Registration, SignInAttempt, User
from accounts.personal_data import _email_handlers
from carboncore.audit.models import Event
from carboncore.mail.models import OutgoingMail
from tests.accounts.people.conftest import ANNA, signed_in
from tests.api_clients import Api
from tests.factories import PASSWORD, buyer, person
from tests.mailbox import last_mail, mails_to, token_in, token_mailed_to
from tests.settings import CheapArgon2

pytestmark = pytest.mark.django_db


def confirm(token, password=ANNA["password"]):
    return Api().post("/users/confirm-email", {"token": token, "password": password})


def test_registering_answers_as_the_contract_says(api):
    before = timezone.now()

    answer = api.post("/api/v1/users/register", ANNA)

    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["id", "email", "username", "is_active", "created_at"]
    assert (body["email"], body["username"], body["is_active"]) == ("anna@example.org", "anna_1", False)
    waiting = Registration.objects.get()
    assert body["id"] == str(waiting.public_id)
    assert body["created_at"] == waiting.created_at.isoformat().replace("+00:00", "Z")
    assert waiting.created_at >= before
    assert timedelta(hours=23, minutes=59) < waiting.expires_at - before < timedelta(hours=24, minutes=1)
    assert User.objects.count() == 0


def test_the_link_and_the_password_make_the_account(anna):
    message = last_mail("anna@example.org")
    assert message.subject == "Confirm your e-mail"
    assert "the username anna_1" in message.body

    answer = confirm(token_in(message))

    assert (answer.status_code, answer.json()) == (
        200, {"success": True, "message": "Your e-mail is confirmed. Sign in."},
    )  # fmt: skip
    user = User.objects.get()
    assert (str(user.public_id), user.email, user.username) == (anna["id"], "anna@example.org", "anna_1")
    assert (user.is_active, user.is_staff, user.is_superuser, user.roles) == (True, False, False, ["buyer"])
    assert user.email_confirmed_at is not None
    assert Registration.objects.count() == 0
    me = signed_in().get("/users/me").json()
    assert (me["id"], me["roles"]) == (anna["id"], ["buyer"])


def test_whoever_reads_the_mail_without_the_password_gets_no_account(anna):
    token = token_mailed_to("anna@example.org")

    answers = [confirm(token, f"guess number {n}") for n in range(5)]
    sixth = confirm(token)

    assert [answer.status_code for answer in answers] == [401] * 5
    assert sixth.status_code == 429
    assert User.objects.count() == 0
    SignInAttempt.objects.update(attempted_at=timezone.now() - timedelta(minutes=16))
    assert confirm(token).status_code == 200


@pytest.mark.parametrize("how", ["used", "expired", "invented", "replaced"])
def test_a_link_that_does_not_hold_is_refused(anna, how, time_machine):
    token = token_mailed_to("anna@example.org")
    if how == "used":
        assert confirm(token).status_code == 200
    elif how == "expired":
        time_machine.move_to(timezone.now() + timedelta(hours=24, seconds=1))
    elif how == "invented":
        token = "x" * 43
    else:
        Api().post("/users/confirm-email/resend", {"email": ANNA["email"]})
        assert token_mailed_to("anna@example.org") != token
    people = User.objects.count()

    answer = confirm(token)

    assert (answer.status_code, answer.json()["code"]) == (400, "link_invalid")
    assert User.objects.count() == people


def test_another_link_is_mailed_on_demand(anna):
    Api().post("/users/confirm-email/resend", {"email": "ANNA@example.org "})

    assert confirm(token_mailed_to("anna@example.org")).status_code == 200


def test_no_one_signs_in_before_the_mail_was_confirmed(anna, api):
    answer = api.post("/users/login", {"email": ANNA["email"], "password": ANNA["password"]})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_a_proven_email_is_told_to_whoever_asked(anna, monkeypatch):
    told = []
    monkeypatch.setattr("accounts.personal_data._email_handlers", [*_email_handlers, told.append])

    confirm(token_mailed_to("anna@example.org"))

    assert told == [User.objects.get()]


def test_registering_and_confirming_leave_events_without_personal_data(anna):
    confirm(token_mailed_to("anna@example.org"))

    events = {event.action: event for event in Event.objects.all()}
    assert {"user.registered", "user.email_proven"} <= set(events)
    assert events["user.email_proven"].actor_id == User.objects.get().pk
    assert not any(secret in str(event.changes) + event.note for event in events.values() for secret in ANNA.values())


def test_the_token_is_nowhere_in_the_database(anna):
    sealed = bytes(OutgoingMail.objects.get().sealed)
    token = token_mailed_to("anna@example.org")

    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_registration::text FROM accounts_registration")
        rows = str(cursor.fetchall()) + repr(sealed)
        cursor.execute("SELECT mail_outgoingmail::text FROM mail_outgoingmail")
        rows += str(cursor.fetchall())
        cursor.execute("SELECT procrastinate_jobs::text FROM procrastinate_jobs")
        rows += str(cursor.fetchall())
    assert token not in rows


# --- nobody learns who has an account --------------------------------------------------------------------


def work_of(action, monkeypatch):
    """Run the action; return its answer, its statements without their values, and how many hashes it took."""
    hashes = []
    with (
        monkeypatch.context() as patched,
        CaptureQueriesContext(
            connection,
        ) as statements,
    ):
        for name in ("encode", "verify"):
            work = getattr(CheapArgon2, name)
            patched.setattr(CheapArgon2, name, lambda self, *a, work=work: hashes.append(1) or work(self, *a))
        answer = action()
    return answer, [str(query["sql"]).split(" ")[0] for query in statements.captured_queries], len(hashes)


def shape(answer):
    body = answer.json()
    return answer.status_code, sorted(answer.headers), list(body), body.get("message"), body.get("is_active")


def test_a_taken_email_is_registered_like_a_free_one_and_its_owner_is_told(monkeypatch):
    owner = buyer(email="owner@example.org", username="owner_1")

    def register(email, username):
        body = {"email": email, "username": username, "password": ANNA["password"]}
        return lambda: Api().post("/users/register", body)

    register("warm@example.org", "warm_up")()
    free, free_statements, free_hashes = work_of(register("free@example.org", "free_1"), monkeypatch)
    taken, taken_statements, taken_hashes = work_of(register("owner@example.org", "thief_1"), monkeypatch)

    assert shape(free) == shape(taken)
    assert free_statements == taken_statements
    assert (free_hashes, taken_hashes) == (1, 1)
    assert last_mail("owner@example.org").subject == "You have an account already"
    # and later nothing tells either: the name is as taken, the person as unknown, the password as wrong
    again = [Api().post("/users/register", {**ANNA, "username": name}).status_code for name in ("free_1", "thief_1")]
    assert again == [409, 409]
    assert [Api().get(f"/users/{answer.json()['id']}").status_code for answer in (free, taken)] == [404, 404]
    for email in ("free@example.org", "owner@example.org"):
        answer = Api().post("/users/login", {"email": email, "password": ANNA["password"]})
        assert answer.status_code == 401
    owner.refresh_from_db()
    assert (owner.username, owner.check_password(PASSWORD)) == ("owner_1", True)


@pytest.mark.parametrize("path", ["/users/password/forgotten", "/users/confirm-email/resend"])
def test_asking_for_a_link_looks_the_same_for_every_email(path, monkeypatch, anna):
    buyer(email="known@example.org")
    buyer(email="gone@example.org", is_active=False)
    person(email="staff@example.org")
    Api().post(path, {"email": "warm@example.org"})

    emails = ["known@example.org", "nobody@example.org", "gone@example.org", "staff@example.org", ANNA["email"]]
    seen = [work_of(lambda email=email: Api().post(path, {"email": email}), monkeypatch) for email in emails]

    assert len({str(shape(answer)) for answer, _, _ in seen}) == 1
    assert len({str(statements) for _, statements, _ in seen}) == 1
    assert {hashes for _, _, hashes in seen} == {0}


def test_wrong_password_no_account_unconfirmed_deactivated_and_staff_sign_in_alike(monkeypatch, anna):
    buyer(email="known@example.org")
    buyer(email="gone@example.org", is_active=False)
    buyer(email="unproven@example.org", email_confirmed_at=None)
    person(email="staff@example.org")
    tries = {
        "known@example.org": "wrong", "nobody@example.org": PASSWORD, "gone@example.org": PASSWORD,
        "unproven@example.org": PASSWORD, "staff@example.org": PASSWORD, ANNA["email"]: ANNA["password"],
    }  # fmt: skip
    Api().post("/users/login", {"email": "warm@example.org", "password": "wrong"})

    def sign_in(email):
        return lambda: Api().post("/users/login", {"email": email, "password": tries[email]})

    seen = [work_of(sign_in(email), monkeypatch) for email in tries]

    assert len({answer.content for answer, _, _ in seen}) == 1
    assert {answer.status_code for answer, _, _ in seen} == {401}
    assert len({str(statements) for _, statements, _ in seen}) == 1
    assert {hashes for _, _, hashes in seen} == {1}


def test_an_address_gets_five_mails_an_hour_that_anybody_can_ask_for():
    for number in range(7):
        Api().post("/users/password/forgotten", {"email": "nobody@example.org"})
        Api().post("/users/register", {**ANNA, "email": "nobody@example.org", "username": f"name_{number}"})

    assert len(mails_to("nobody@example.org")) == 5
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    Api().post("/users/password/forgotten", {"email": "nobody@example.org"})
    assert len(mails_to("nobody@example.org")) == 6


# --- what is refused ---------------------------------------------------------------------------------------

NUL, HALF = "\x00", "\ud800"
REFUSED = [
    ({"username": "ab"}, {"username"}),
    ({"username": "a" * 31}, {"username"}),
    ({"username": "anna.b"}, {"username"}),
    ({"username": "аnna"}, {"username"}),  # its first letter is Cyrillic
    ({"username": "anna１"}, {"username"}),  # a full-width digit
    ({"username": "an\nna"}, {"username"}),
    ({"username": "Admin"}, {"username"}),
    ({"username": "carboncore"}, {"username"}),
    ({"username": 5}, {"username"}),
    ({"email": "anna"}, {"email"}),
    ({"email": "anna@localhost"}, {"email"}),
    ({"email": "anna@[127.0.0.1]"}, {"email"}),
    ({"email": '"an na"@example.org'}, {"email"}),
    ({"email": "anna@example.org\r\nBcc: all@example.org"}, {"email"}),
    ({"email": "anna\r\nBcc: all@example.org"}, {"email"}),
    ({"email": "anna@example.org,all@example.org"}, {"email"}),
    ({"email": "аnna@example.org"}, {"email"}),  # Cyrillic
    ({"email": "anna@straße.example.org"}, {"email"}),  # two readings
    ({"email": f"{'a' * 250}@example.org"}, {"email"}),
    ({"password": "short 1"}, {"password"}),
    ({"password": "only letters here"}, {"password"}),
    ({"password": "1234567890"}, {"password"}),
    ({"password": "password1"}, {"password"}),  # common
    ({"password": "anna@example.org1"}, {"password"}),  # like the e-mail
    ({"password": "a1" * 5_000}, {"password"}),
    ({"password": ""}, {"password"}),
    ({"is_staff": True}, {"is_staff"}),
    ({"role": "staff", "balance": 5, "is_superuser": True}, {"role", "balance", "is_superuser"}),
    ({"username": "a", "email": "b", "password": "c"}, {"username", "email", "password"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "fields"), REFUSED, ids=[str(change)[:50] for change, _ in REFUSED])
def test_what_cannot_be_registered_is_named_by_field(api, change, fields):
    answer = api.post("/users/register", ANNA | change)

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == fields
    assert (Registration.objects.count(), OutgoingMail.objects.count(), Event.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("text", [NUL, HALF])
@pytest.mark.parametrize("field", ["email", "username", "password"])
def test_characters_that_cannot_be_stored_are_refused(api, field, text):
    raw = ('{"email": "anna@example.org", "username": "anna_1", "password": "nine quiet herons 9"}').replace(
        ANNA[field], ANNA[field] + ("\\u0000" if text == NUL else "\\ud800")
    )

    answer = api.post("/users/register", raw=raw.encode())

    assert answer.status_code == 400
    assert Registration.objects.count() == 0


@pytest.mark.parametrize("password", ["a1" * 512, "pässwörter 1", "correct horse battery staple 1", "  two blanks 1  "])
def test_long_accented_and_blank_passwords_are_kept_as_they_are(api, password):
    assert api.post("/users/register", ANNA | {"password": password}).status_code == 201
    assert check_password(password, Registration.objects.get().password)
    assert Registration.objects.get().password.startswith("argon2$")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna@Example.ORG ", "anna@example.org"),
        ("anna@exаmple.org", "anna@xn--exmple-4nf.org"),  # a Cyrillic letter in the domain is no Latin one
        ("anna@ｅxample.org", "anna@example.org"),  # a full-width letter is
        ("anna@пример.рф", "anna@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_email_has_one_form(api, typed, kept):
    assert api.post("/users/register", ANNA | {"email": typed}).json()["email"] == kept


def test_a_taken_username_is_told_whatever_its_case(api):
    buyer(username="Anna_1")

    answer = api.post("/users/register", ANNA)

    assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")
    assert Registration.objects.count() == 0


def test_a_name_that_waits_for_a_stranger_s_confirmation_is_free_again_after_a_day(anna, api, time_machine):
    other = ANNA | {"email": "ben@example.org"}
    assert api.post("/users/register", other).status_code == 409
    # but never kept from whoever asked for it
    assert api.post("/users/register", ANNA | {"password": "another pass 2"}).status_code == 201

    time_machine.move_to(timezone.now() + timedelta(hours=24, seconds=1))

    assert api.post("/users/register", other).status_code == 201


def test_a_stranger_s_registration_with_my_email_neither_locks_me_out_nor_becomes_mine(api):
    api.post("/users/register", ANNA | {"username": "stranger", "password": "stranger pass 1"})
    theirs = token_mailed_to(ANNA["email"])
    api.post("/users/register", ANNA)
    mine = token_mailed_to(ANNA["email"])

    assert confirm(theirs).status_code == 401  # I do not know the stranger's password
    assert confirm(mine).status_code == 200
    assert User.objects.get().username == "anna_1"
    assert confirm(theirs, "stranger pass 1").status_code == 400
