#!/usr/bin/env python
"""Django's commands; on a laptop it finds or starts the embedded database before a command that needs one."""

import os
import sys
from pathlib import Path

from carboncore import local_database


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")
    local_database.start_for_command(sys.argv)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
