"""Purchases by invoice of one project, so that each buyer waits for the one before: `python benchmarks/ledger_hot.py`.

Prints how many a second the server sells over HTTP to 16 signed-in clients, and pgbench with the same statements.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import ledger_trade

PROJECTS, TARGET = 1, 0.5

if __name__ == "__main__":
    sys.exit(ledger_trade.main(projects=PROJECTS, target=TARGET))
