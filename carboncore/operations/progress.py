"""What the commands of backups share: progress on a terminal, and where the key comes from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from carboncore.operations.backup.errors import BackupError
from carboncore.operations.backup.making import Report

SHORTEST_KEY = 24


def backup_key(file: Path | None) -> str:
    """Return the key of backups: the file's if one is named, else BACKUP_KEY; empty when there is neither.

    Raises:
        BackupError: the file cannot be read, or the key is too short to protect anything.
    """
    try:
        key = file.read_text("utf-8").strip() if file else str(settings.BACKUP_KEY)
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"The key cannot be read from {file}: {error}.") from None
    if (file or key) and len(key) < SHORTEST_KEY:
        raise BackupError(f"The key is too short: take {SHORTEST_KEY} random characters or more.")
    return key


@contextmanager
def steps(console: Console) -> Iterator[Report]:
    """Show each step with the bytes done so far."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=None)
            progress.update(tasks[step], completed=done)

        yield report
