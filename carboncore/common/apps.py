"""Registers the building blocks that every app may use: they bring commands, templates and checks, but no table."""

import sys
from typing import Any

from django.apps import AppConfig
from django.core.signals import got_request_exception
from django.db.backends.signals import connection_created


class CommonConfig(AppConfig):
    """The app `common`."""

    name = "carboncore.common"
    label = "common"
    verbose_name = "Common"

    def ready(self) -> None:
        from carboncore.common.observing.database import watch_connection

        connection_created.connect(watch_connection)
        got_request_exception.connect(_failed_request)


def _failed_request(**_: Any) -> None:
    """Count what kept a request from even reaching the database, which no query has told of."""
    from carboncore.common.observing.database import failure_seen

    if (error := sys.exc_info()[1]) is not None:
        failure_seen(error)
