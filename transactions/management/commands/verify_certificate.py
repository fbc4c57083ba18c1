"""Check a certificate's JSON file offline: hashes, inclusion proofs and the checkpoint's signature."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from transactions.proofs import ProofInvalid, certificate_check


class Command(BaseCommand):
    """The command; see `help`."""

    help = (
        "Check a downloaded certificate (JSON) against the checkpoint it carries. Needs no database and no network;"
        " give the registry's public key, as /proof prints it. Exits with 1 when anything does not follow."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The certificate's JSON file.")
        parser.add_argument("--public-key", required=True, help="The registry's public key, 64 hexadecimal digits.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            certificate = json.loads(options["file"].read_text(encoding="utf-8"))
            public_key = bytes.fromhex(options["public_key"])
        except (OSError, ValueError) as error:
            raise CommandError(f"Cannot read the certificate or the key: {error}") from error
        if not isinstance(certificate, dict):
            raise CommandError("This file is not a certificate.")
        try:
            certificate_check(certificate, public_key=public_key)
        except ProofInvalid as error:
            raise CommandError(f"Not proved. {error}") from error
        number = certificate["proof"]["checkpoint"]["statement"]["number"]
        self.stdout.write(
            f"Proved: {certificate['quantity']} t CO2e, {len(certificate['ranges'])} serial range(s),"
            f" in checkpoint {number}."
        )
