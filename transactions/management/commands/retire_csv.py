"""Retire for many beneficiaries at once, from a CSV file: all of its rows or none."""

import hashlib
import sys
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from carboncore.common.context import Entrance, acting
from carboncore.common.errors import InvalidInput, RegistryError
from carboncore.common.quantities import tonnes_from_kg
from transactions.selectors.purchases import account_usable_by
from transactions.services import answer_once, credits_retire_csv
from transactions.services.bulk_retirements import OPTIONAL, REQUIRED

_LARGEST_FILE = 2_000_000


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Retire what each row of a CSV file says, from one account: all rows or none. Columns:"
        f" {', '.join(REQUIRED)}; where wanted {', '.join(OPTIONAL)}. The same file for the same account is carried"
        " out once, however often the command is run; give another --key to mean it twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The CSV file, UTF-8; - for standard input.")
        parser.add_argument("--account", required=True, type=uuid.UUID, help="The id of the account to retire from.")
        parser.add_argument("--by", required=True, help="The e-mail of the person who retires; the ledger names them.")
        parser.add_argument("--key", default="", help="A text of your own; the file's digest when left out.")

    def handle(self, *args: Any, **options: Any) -> None:
        content = _content(options["file"])
        person = User.objects.filter(email=options["by"].strip().lower(), is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account of {options['by']}.")
        key = options["key"] or hashlib.sha256(content).hexdigest()

        def retire() -> tuple[int, dict[str, Any]]:
            account = account_usable_by(user=person, public_id=options["account"])
            made = credits_retire_csv(actor=person, account=account, text=content.decode("utf-8-sig"))
            total = tonnes_from_kg(sum(row.transaction.quantity_kg for row in made))
            return 201, {"retirements": [str(row.public_id) for row in made], "quantity": str(total)}

        try:
            with acting(person, Entrance.COMMAND):
                _, answer = answer_once(
                    scope=f"retire-csv-file:{options['account']}",
                    key=key,
                    request={"digest": hashlib.sha256(content).hexdigest()},
                    action=retire,
                )
        except UnicodeDecodeError:
            raise CommandError("The file is not UTF-8. Save it as UTF-8 and try again.") from None
        except InvalidInput as error:
            for name, reasons in error.errors.items():
                self.stderr.write(f"{name}: {' '.join(reasons)}")
            raise CommandError("Nothing was retired.") from None
        except RegistryError as error:
            raise CommandError(f"Nothing was retired. {error.message}") from None
        for retirement in answer["retirements"]:
            self.stdout.write(f"/certificates/{retirement}")
        self.stdout.write(f"{len(answer['retirements'])} retirements, {answer['quantity']} t.")


def _content(name: str) -> bytes:
    try:
        content = sys.stdin.buffer.read(_LARGEST_FILE + 1) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST_FILE:
        raise CommandError(f"The file is larger than {_LARGEST_FILE:,} bytes. Split it.")
    return content
