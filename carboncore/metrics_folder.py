"""Where the processes of one web server keep their figures, so that any of them can add up all.

The folder is named for the server that the processes belong to. So a process that is started again goes on where its
predecessor was killed, a server that is started again begins at nought, and nobody has to clear away by hand.
"""

import os
import shutil
import sys
from pathlib import Path

import psutil

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare(var_dir: Path) -> bool:
    """Name the folder in the environment and make it, and remove those of servers that have ended.

    Must come before anything imports `prometheus_client`, which looks once; returns False where that is too late (a
    test, a command), and the figures then stay in the process. A folder that the environment names is taken as it is:
    whoever names it clears it at the server's start.
    """
    if "prometheus_client" in sys.modules:
        return False
    if given := os.environ.get(VARIABLE):
        Path(given).mkdir(parents=True, exist_ok=True, mode=0o700)
        return True
    home = var_dir / "metrics"
    folder = home / _name_of(psutil.Process(os.getppid()))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for other in home.iterdir():
        if other != folder and not _runs(other.name):
            shutil.rmtree(other, ignore_errors=True)  # another process may be at it as well
    os.environ[VARIABLE] = str(folder)
    return True


def _name_of(process: psutil.Process) -> str:
    return f"{process.pid}-{int(process.create_time() * 100)}"


def _runs(name: str) -> bool:
    try:
        return _name_of(psutil.Process(int(name.partition("-")[0]))) == name
    except (psutil.Error, ValueError):
        return False
