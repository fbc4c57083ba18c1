"""Looks every few seconds how much of the machine is in use; one thread in each web process."""

import threading
from collections.abc import Mapping

import psutil
from django.conf import settings

from carboncore.common.observing import metrics

SECONDS_BETWEEN = 10.0


def start() -> None:
    """Begin sampling; the thread ends with its process."""
    threading.Thread(target=_sample_for_ever, name="system-sampling", daemon=True).start()


def sample(cpu_seconds: float) -> Mapping[str, float]:
    """Return the percentages in use: processors over the next `cpu_seconds`, memory and the data's disk now."""
    return {
        "cpu": psutil.cpu_percent(interval=cpu_seconds),
        "memory": psutil.virtual_memory().percent,
        "disk": psutil.disk_usage(str(settings.VAR_DIR)).percent,
    }


def _sample_for_ever() -> None:
    seconds = 1.0  # the first soon, so that a server just started has figures
    while True:
        for resource, percent in sample(seconds).items():
            metrics.SYSTEM_LOAD.labels(resource).observe(percent)
        seconds = SECONDS_BETWEEN
