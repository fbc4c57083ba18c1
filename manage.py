#!/usr/bin/env python
"""Django's commands; on a laptop it finds or starts the embedded database before a command that needs one."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from carboncore import environment, local_database
from carboncore.embedded_postgres import EmbeddedPostgresError


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")
    try:
        environment.refuse_when_incomplete()
        local_database.start_for_command(sys.argv)
    except (ImproperlyConfigured, EmbeddedPostgresError) as error:
        sys.exit(f"{error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
