"""How many certificates a second, cold and warm: one serial range and five hundred, a new name each time.

`python benchmarks/certificates.py` needs no database: it measures setting the PDF, which is what a certificate costs
beyond its few queries. Cold is a new process, from its start to the finished file; warm is one that has made one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ADDRESS = "https://registry.example.org/certificates/00000000-0000-4000-8000-000000000000"
NAMES = ["Harbour Bakery", "Nguyễn Văn Đức", "風力發電", "شركة الرياح", "पवन ऊर्जा", "Αθήνα"]
COLD = (
    "import time; begun = time.perf_counter()\n"
    "from benchmarks.certificates import ADDRESS, document\n"
    "from transactions.certificates import certificate_pdf\n"
    "certificate_pdf(document(1, 0), address=ADDRESS)\n"
    "print(time.perf_counter() - begun)"
)


def document(ranges: int, number: int) -> dict[str, object]:
    """Return the document of a certificate with so many serial ranges; `number` makes it another one."""
    root = "CC-BR-FC-000123-2024-01"
    parts = [
        {"serial": f"{root}-{n * 20 + 1}-{n * 20 + 10}", "batch": root, "quantity": "10.000"} for n in range(ranges)
    ]
    return {
        "certificate": f"00000000-0000-4000-8000-{number:012d}",
        "retired_at": "2026-05-10T11:00:00+00:00",
        "quantity": f"{ranges * 10}.000",
        "project": {"id": 123, "name": "Floresta São João", "type": "Forest conservation", "country": "Brazil"},
        "standards": ["VCS"],
        "vintages": [2024],
        "beneficiary": f"{NAMES[number % len(NAMES)]} {number}",
        "beneficiary_location": "Ålesund, Norway",
        "purpose": "Corporate emissions inventory",
        "period": ["2025-01-01", "2025-12-31"],
        "note": "",
        "ranges": parts,
        "entries": [{"batch": root, "position": 17, "hash": f"{number:064x}"}],
    }


def cold(rounds: int) -> list[float]:
    """Return the seconds that each of so many new processes took until its first certificate."""
    taken = []
    for _ in range(rounds):
        run = subprocess.run([sys.executable, "-c", COLD], cwd=ROOT, capture_output=True, text=True, check=True)
        taken.append(float(run.stdout))
    return taken


def warm(ranges: int, *, seconds: float, threads: int) -> float:
    """Return certificates a second, each another one, in one process with so many threads."""
    from transactions.certificates import certificate_pdf

    certificate_pdf(document(ranges, 0), address=ADDRESS)
    end = time.perf_counter() + seconds

    def work(first: int) -> int:
        made = 0
        while time.perf_counter() < end:
            certificate_pdf(document(ranges, first + made * threads), address=ADDRESS)
            made += 1
        return made

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        made = sum(pool.map(work, range(1, threads + 1)))
    return made / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="Length of each warm measurement.")
    parser.add_argument("--rounds", type=int, default=5, help="New processes for the cold one.")
    options = parser.parse_args()
    taken = cold(options.rounds)
    results: dict[str, object] = {
        "cold: median seconds to the first certificate": round(statistics.median(taken), 3),
        "cold: certificates a second": round(1 / statistics.median(taken), 1),
    }
    for ranges in (1, 500):
        for threads in (1, 2):
            rate = warm(ranges, seconds=options.seconds, threads=threads)
            results[f"warm: {ranges} serial ranges, {threads} thread(s): certificates a second"] = round(rate, 1)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
