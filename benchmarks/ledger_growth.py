"""Does the ledger stay as quick as it was? The median of each everyday act at 10^3, 10^5 and 10^6 blocks.

    python benchmarks/ledger_growth.py [--sizes 1000 100000 1000000] [--layouts one many] [--rounds 200] [--verify]

Writes a year's ledger of each size by COPY into a database of its own (durable, as in production), in two layouts: the
worst case, one batch that holds every block, and many batches of a thousand blocks each. Of the first batch, a tenth
and the first credit of each day belong to one account, which had fifty movements in June at every size; the rest is
spread over a thousand accounts.
Then it measures, as services and selectors, one act after another in one ledger after another, so that the machine's
moods hit all alike:

- purchase: reserve one credit at the shown price by invoice, and mark it as paid; alternating over the batches
- balance: the account's, now; balance then: at noon of a day in June
- serial: one credit's block and its whole history
- statement: the account's June, with opening, movements and closing
- certificate: what the certificate's page shows, with proof and all checks

At most 1.3 times as long at the last size as at the first is what is to be reached.
"""

import argparse
import logging
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carboncore.settings")

import django

from benchmarks import dataset
from benchmarks.ledger_history import KG, Chain, databases, write_history
from carboncore import local_database

if TYPE_CHECKING:
    from transactions.models import HoldingAccount

TARGET = 1.3
BLOCKS_PER_BATCH = 1_000
# What each is called, and how many blocks a batch has; 0 is all.
LAYOUTS = {"one": 0, "many": BLOCKS_PER_BATCH}
UNSOLD = 50_000
ACCOUNTS = 1_000
READER = 2_000_000
SELLERS = 1_000_000
IN_JUNE = 50
JUNE = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
NOON = datetime(2025, 6, 16, 12, tzinfo=UTC)
PRICE = Decimal("12.50")
WARMING = 10

Act = Callable[[], Any]


def main() -> None:
    """Measure and print a table for each layout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--layouts", nargs="+", choices=list(LAYOUTS), default=list(LAYOUTS))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--verify", action="store_true", help="Also verify each ledger in the end.")
    options = parser.parse_args()
    local_database.start_for_command(["manage.py", "migrate"])
    django.setup()
    from django.core.management import call_command

    logging.disable(logging.WARNING)
    with databases(f"bench_growth_{os.getpid()}") as fresh:
        call_command("migrate", verbosity=0)
        people_and_projects(max(options.sizes) // BLOCKS_PER_BATCH)
        for layout in options.layouts:
            ledgers = {size: Ledger(fresh(), chains(size, LAYOUTS[layout])) for size in options.sizes}
            report(layout, measure(ledgers, options.rounds))
            if options.verify:
                for ledger in ledgers.values():
                    ledger.enter()
                    verify()


class Ledger:
    """A ledger in a database of its own, and the everyday acts in it."""

    def __init__(self, opened: Any, batches: list[Chain]) -> None:
        """Write it, through a connection that is kept open."""
        from django.db import connection

        self._opened = opened
        self.enter()
        began = time.perf_counter()
        with connection.cursor() as cursor:
            write_history(cursor.connection, batches, receiver)
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        size = sum(chain.entries for chain in batches)
        print(
            f"{size:,} entries in {len(batches):,} batches written in {time.perf_counter() - began:.0f} s", flush=True
        )
        self.acts = acts(batches)

    def enter(self) -> None:
        """Let all that follows happen in this ledger."""
        from django.db import connection

        connection.connection = self._opened


def people_and_projects(count: int) -> None:
    """Make projects that sell, their proceeds accounts, a buyer, and everybody's accounts."""
    from django.db import connection

    from accounts.models import User
    from registry.models import Project
    from transactions.services.prices import price_set

    with connection.cursor() as cursor:
        dataset.fill(cursor.connection.info.dsn, count)
    buyer, others = (
        # The buyer also marks their purchases as paid.
        User.objects.create_user(f"{name}@example.org", "", is_staff=True, is_superuser=name == "buyer")
        for name in ("buyer", "others")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_project SET status = 'registered', minimum_purchase_volume = 0.001, country_id = 'BR'"
        )
        opened = (
            "INSERT INTO transactions_holdingaccount"
            " (id, public_id, name, kind, state, owner_id, project_id, claim_email, created_at)"
            " OVERRIDING SYSTEM VALUE SELECT {key}, gen_random_uuid(), 'Account', %s, 'open', {owner}, {project}, '',"
            " '2024-01-01' FROM {rows}"
        )
        sellers = opened.format(key=f"{SELLERS} + id", owner="NULL", project="id", rows="registry_project")
        cursor.execute(sellers, ["project_proceeds"])
        numbers = f"generate_series({READER}, {READER + ACCOUNTS}) n"
        cursor.execute(opened.format(key="n", owner=others.pk, project="NULL", rows=numbers), ["holding"])
        cursor.execute("SELECT setval(pg_get_serial_sequence('transactions_holdingaccount', 'id'), 3000000)")
    for project in Project.objects.order_by("pk"):
        price_set(actor=buyer, project=project, vintage=None, currency="EUR", price_per_credit=PRICE)


def chains(blocks: int, per_batch: int) -> list[Chain]:
    """Return the batches of a ledger with so many blocks; `per_batch` of 0 puts all into one."""
    batches = max(blocks // per_batch, 1) if per_batch else 1
    return [Chain(n, blocks // batches, UNSOLD, SELLERS + n) for n in range(1, batches + 1)]


def receiver(chain: Chain, position: int) -> int:
    """Give the reader every tenth credit of the first batch, and in June the first fifty; others take turns."""
    if chain.number == 1:
        start, end = JUNE
        if start <= chain.at(position) < end:
            in_june = position - next_position(chain, start)
            return READER if in_june < IN_JUNE else READER + 1 + position % ACCOUNTS
        if position % 10 == 0 or chain.at(position).date() != chain.at(position - 1).date():
            return READER
    return READER + 1 + position % ACCOUNTS


def next_position(chain: Chain, moment: datetime) -> int:
    """Return the first position whose entry is not before the moment."""
    position = int((moment - chain.at(1)) / (chain.at(2) - chain.at(1))) + 1
    while chain.at(position) < moment:
        position += 1
    while position > 1 and chain.at(position - 1) >= moment:
        position -= 1
    return position


def measure(ledgers: dict[int, Ledger], rounds: int) -> dict[int, dict[str, float]]:
    """Return the median milliseconds of each act in each ledger; the ledgers take turns."""
    taken: dict[int, dict[str, list[float]]] = {size: {} for size in ledgers}
    for number in range(rounds + WARMING):
        for size, ledger in ledgers.items():
            ledger.enter()
            for name, act in ledger.acts.items():
                start = time.perf_counter()
                act()
                if number >= WARMING:
                    taken[size].setdefault(name, []).append((time.perf_counter() - start) * 1_000)
    return {size: {name: statistics.median(times) for name, times in of.items()} for size, of in taken.items()}


def verify() -> None:
    """Verify the ledger; end the run if it is not clean."""
    from transactions.services.verification import ledger_verify

    began = time.perf_counter()
    result, problems = ledger_verify()
    if problems:
        sys.exit(f"not clean: {problems[:3]}")
    print(f"  verified {result.entries:,} entries in {time.perf_counter() - began:.1f} s", flush=True)


def acts(batches: list[Chain]) -> dict[str, Act]:
    """Return what is measured, by name."""
    from transactions.models import HoldingAccount
    from transactions.selectors.holdings import account_holdings, account_movements_bounded
    from transactions.selectors.serial_lookup import serial_lookup

    chance = random.Random(20261122)
    account = HoldingAccount.objects.get(pk=READER)

    def serial() -> None:
        chain = chance.choice(batches)
        found = serial_lookup(f"{chain.serial_root}-{chance.randrange(1, chain.entries - 1)}")
        if len(found["blocks"]) != 1 or len(found["history"]) < 2:
            sys.exit(f"a serial was not found as it should: {found}")

    def statement() -> None:
        account_holdings(account, before=JUNE[0])
        moved = account_movements_bounded(account, start=JUNE[0], before=JUNE[1])
        account_holdings(account, before=JUNE[1])
        if len(moved) != IN_JUNE:
            sys.exit(f"{len(moved)} movements in June instead of {IN_JUNE}")

    return {
        "purchase": purchase_act(batches, chance),
        "balance": lambda: account_holdings(account),
        "balance then": lambda: account_holdings(account, before=NOON),
        "serial": serial,
        "statement": statement,
        "certificate": certificate_act(batches[0], account),
    }


def purchase_act(batches: list[Chain], chance: random.Random) -> Act:
    """Return the purchase of one credit of some batch, from its price to its payment."""
    from accounts.models import User
    from registry.models import Project
    from transactions.services.purchases import purchase_mark_paid, purchase_start

    buyer = User.objects.get(email="buyer@example.org")

    def purchase() -> None:
        project = Project.objects.get(pk=chance.choice(batches).number)
        order = purchase_start(buyer=buyer, project=project, quantity_kg=KG, currency="EUR", expected_price=PRICE)
        purchase_mark_paid(actor=buyer, purchase_pk=order.pk, reference="R-1")

    return purchase


def certificate_act(chain: Chain, account: "HoldingAccount") -> Act:
    """Retire a credit that the account received in June, sign a checkpoint; return reading its certificate."""
    from transactions.selectors.certificates import certificate_of
    from transactions.services.checkpoints import checkpoint_make
    from transactions.services.moving import Wanted
    from transactions.services.retirements import RetirementDetails, credits_retire

    received = next(p for p in range(next_position(chain, NOON), 1, -1) if receiver(chain, p) == account.pk)
    retirement = credits_retire(
        actor=None,
        account=account,
        wanted=Wanted(chain.number, KG, serials=[f"{chain.serial_root}-{received - 1}"]),
        details=RetirementDetails(beneficiary_name="Harbour Bakery", purpose="corporate_inventory"),
    )
    checkpoint_make()

    def certificate() -> None:
        found = certificate_of(retirement.public_id)
        if found is None or not found.is_valid or found.proof is None or len(found.path) != 3:
            sys.exit(f"a certificate is not as it should be: {found}")

    return certificate


def report(layout: str, results: dict[int, dict[str, float]]) -> None:
    """Print the medians, and how much longer the last size takes than the first."""
    sizes = list(results)
    name = "one batch" if not LAYOUTS[layout] else f"batches of {BLOCKS_PER_BATCH:,}"
    print(f"\n{name}: median milliseconds at so many blocks; to reach: at most {TARGET} times from first to last")
    print(f"{'':14}" + "".join(f"{size:>12,}" for size in sizes) + f"{'last/first':>12}")
    for name in results[sizes[0]]:
        ratio = results[sizes[-1]][name] / results[sizes[0]][name]
        verdict = "" if ratio <= TARGET else "  MISSED"
        print(f"{name:14}" + "".join(f"{results[size][name]:>12.2f}" for size in sizes) + f"{ratio:>12.2f}{verdict}")
    print(flush=True)


if __name__ == "__main__":
    main()
