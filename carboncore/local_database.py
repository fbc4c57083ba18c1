"""Hands the embedded database to a command that needs one, on a laptop that was told of no other."""

import os
from collections.abc import Sequence

from carboncore import embedded_postgres, environment

DATA_DIR = environment.VAR_DIR / "postgres"
# These read files, or look after the embedded server themselves.
NEED_NO_DATABASE = {
    *("check", "collectstatic", "compilemessages", "database", "diffsettings", "findstatic", "help"),
    *("makemessages", "startapp", "version"),
}


def start_for_command(arguments: Sequence[str]) -> None:
    """Start the embedded server if `manage.py ARGUMENTS` needs a database and nobody named one.

    Its address goes into the environment, where the settings look and which child processes inherit.

    Raises:
        EmbeddedPostgresError: it cannot be started.
    """
    if arguments[1:2] == ["runserver"]:
        os.environ.setdefault("CARBONCORE_PROCESS", "web")
    if arguments[1:3] == ["procrastinate", "worker"]:
        os.environ.setdefault("CARBONCORE_PROCESS", "worker")
    if not environment.DEBUG or environment.env.str("DATABASE_URL", default="") or not _needs_database(arguments):
        return
    os.environ["DATABASE_URL"] = embedded_postgres.ensure_running(DATA_DIR)
    os.environ["DEBUG"] = "true"  # said aloud, because a given DATABASE_URL otherwise means a real server


def _needs_database(arguments: Sequence[str]) -> bool:
    command = arguments[1] if len(arguments) > 1 else "help"
    asks_only = {"-h", "--help", "--version"}.intersection(arguments)
    return command not in NEED_NO_DATABASE and not asks_only
