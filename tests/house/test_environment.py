"""What a server is told by its environment, and what it refuses to start with."""

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from carboncore import environment, local_secrets

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "SECRET_KEY": "uQ3v_1bWm0Zr8XyK2sTnP5dLcGhJ7aEfRiO9wVxB4kNqMtYzCl6-eHgU0pSjDoIA",
    "JWT_SIGNING_KEY": "B4kNqMtYzCl6-eHgU0pSjDoIAuQ3v_1bWm0Zr8XyK2sTnP5dLcGhJ7aEfRiO9wVx",
    "DATABASE_URL": "postgresql://registry:pass@db/registry",
    "ALLOWED_HOSTS": "registry.test",
}


@pytest.fixture
def server(monkeypatch):
    """Set the environment of a server; returns what is wrong with it, line by line."""
    monkeypatch.setattr(environment, "DEBUG", False)

    def complaints(**changes):
        for name, value in {**GOOD, **changes}.items():
            monkeypatch.setenv(name, value)
        try:
            environment.refuse_when_incomplete()
        except ImproperlyConfigured as error:
            return [line[4:] for line in str(error).splitlines() if line.startswith("  - ")]
        return []

    return complaints


def test_a_complete_environment_is_accepted(server):
    assert server() == []


def test_everything_missing_is_named_at_once_with_what_to_do(server):
    complaints = server(**dict.fromkeys(GOOD, ""))

    assert [line.split(" is missing: ")[0] for line in complaints] == [
        *("SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL", "ALLOWED_HOSTS")
    ]
    assert all(len(line.split(": ", 1)[1]) > 20 for line in complaints)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short or too simple"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY is too short or too simple"),
        ({"SECRET_KEY": "django-insecure-" + GOOD["SECRET_KEY"]}, "SECRET_KEY is a default or an example"),
        ({"JWT_SIGNING_KEY": "ChangeMe" + GOOD["SECRET_KEY"]}, "JWT_SIGNING_KEY is a default or an example"),
        ({"JWT_SIGNING_KEY": GOOD["SECRET_KEY"]}, "JWT_SIGNING_KEY equals SECRET_KEY"),
        ({"DATABASE_URL": "sqlite:///registry.db"}, "DATABASE_URL does not begin with postgresql://"),
        ({"ALLOWED_HOSTS": "registry.test,*"}, "ALLOWED_HOSTS is *"),
    ],
)
def test_an_unsafe_value_is_refused(server, changes, complaint):
    (only,) = server(**changes)

    assert only.startswith(complaint)


def test_no_complaint_repeats_a_secret(server):
    complaints = server(SECRET_KEY="hunter2hunter2", JWT_SIGNING_KEY="swordfish")

    assert "hunter2" not in str(complaints)
    assert "swordfish" not in str(complaints)


@pytest.mark.parametrize("empty", ["HTTPS", "DEBUG"])
def test_an_empty_variable_counts_as_not_set(monkeypatch, empty):
    # as after `cp .env.example .env`, where it must not mean "false"
    monkeypatch.setenv(empty, "")

    assert environment.env.bool(empty, default=True) is True


def test_the_example_describes_every_variable_that_is_read_and_no_other():
    sources = [*(ROOT / "carboncore").rglob("*.py"), *(ROOT / "accounts").rglob("*.py")]
    sources += [*(ROOT / "registry").rglob("*.py"), *(ROOT / "integrations").rglob("*.py"), ROOT / "tests/cluster.py"]
    text = "\n".join(path.read_text() for path in sources)
    read = set(re.findall(r"""\benv(?:iron)?\.(?:str|int|bool|list|get|dict|float)\(\s*"([A-Z_]+)\"""", text))
    read |= set(local_secrets.NAMES)

    example = (ROOT / ".env.example").read_text()
    described = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))

    assert described == read - {"CARBONCORE_PROCESS"}  # said by an entry point, never by a person
    assert re.findall(r"^[A-Z_]+=.+", example, re.MULTILINE) == []  # an example value would end up on servers


def test_secrets_of_a_laptop_are_made_once_and_kept_from_others(tmp_path):
    first = local_secrets.ensure(tmp_path / "var")
    again = local_secrets.ensure(tmp_path / "var")

    assert first == again
    assert set(first) == {"SECRET_KEY", "JWT_SIGNING_KEY"}
    assert len(set(first.values())) == 2
    assert min(len(value) for value in first.values()) >= environment.SHORTEST_SECRET
    assert stat.S_IMODE((tmp_path / "var/secrets.json").stat().st_mode) == 0o600
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"secrets.json", "secrets.lock"}


def test_a_secret_that_came_later_is_added_and_the_others_stay(tmp_path):
    # given the file of an older version
    (tmp_path / "secrets.json").write_text(json.dumps({"SECRET_KEY": "kept"}))

    now = local_secrets.ensure(tmp_path)

    assert now["SECRET_KEY"] == "kept"
    assert len(now["JWT_SIGNING_KEY"]) >= environment.SHORTEST_SECRET
    assert local_secrets.ensure(tmp_path) == now


def test_all_that_make_secrets_at_once_end_up_with_the_same(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(local_secrets.ensure, [tmp_path / "var"] * 8))

    assert all(one == made[0] for one in made)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"SECRET_KEY": 1}', '{"SECRET_KEY": ""}'])
def test_damaged_secrets_say_so(tmp_path, damage):
    (tmp_path / "secrets.json").write_text(damage)

    with pytest.raises(ValueError, match="delete it and new secrets will be made"):
        local_secrets.ensure(tmp_path)
