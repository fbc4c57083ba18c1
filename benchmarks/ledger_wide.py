"""Purchases by invoice of 200 projects, so that few buyers wait for each other: `python benchmarks/ledger_wide.py`.

Prints how many a second the server sells over HTTP to 16 signed-in clients, and pgbench with the same statements.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import ledger_trade

PROJECTS, TARGET = 200, 0.35

if __name__ == "__main__":
    sys.exit(ledger_trade.main(projects=PROJECTS, target=TARGET))
