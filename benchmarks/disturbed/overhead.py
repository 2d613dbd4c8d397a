"""Measure what ledger, heads and verifying cost a day of a pilot, in CPU seconds.

How often each is asked was counted in `peil run` of two days of the demonstration, with three
products: 22 entries a day, 20 times the agency's copy is looked after, 190 times the entries are
searched, 15 times a release is verified. Here a day is spread over as many processes as Airflow
starts, each of which begins with nothing in memory, and comes at the end of eight weeks.
"""

from __future__ import annotations

import time
from typing import Any

from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.store import ledger, verifying
from peil.store.store import Store

DAYS_BEFORE = 56
ENTRIES, COPIES, SEARCHES, RELEASES = 22, 20, 190, 15
PROCESSES = 24 + 24 + 12  # watch and retain every hour, four verbs of three products
LIMIT_S = 2.0


def measure(store: Store, charter: Charter) -> dict[str, Any]:
    """Fill a ledger with eight weeks of entries, then do a day's work on it; CPU seconds by part.

    Parameters
    ----------
    store : Store
        With the pilot's charter entered, and nothing else.
    """
    pilot, at = charter.pilot, now(charter)
    for number in range(DAYS_BEFORE * ENTRIES):
        ledger.append(store, pilot, "read", at, {"n": number})
    parts = dict.fromkeys(("entries and heads", "searches", "releases", "whole store"), 0.0)

    def spend(part: str, times: float, deed: Any) -> None:
        start = time.process_time()
        for _ in range(round(times)):
            deed()
        parts[part] += time.process_time() - start

    def share(total: int, process: int) -> int:
        """How many of a day's are this process's: as even as can be."""
        return total * (process + 1) // PROCESSES - total * process // PROCESSES

    serial = iter(range(ENTRIES))
    for process in range(PROCESSES):
        ledger._tails.clear()
        ledger._parsed.clear()
        verifying.checked.cache_clear()
        spend(
            "entries and heads",
            share(ENTRIES, process),
            lambda: ledger.append(store, pilot, "read", at, {"day": next(serial)}),
        )
        spend("entries and heads", share(COPIES, process), lambda: ledger.give_copy(store, pilot))
        spend("searches", share(SEARCHES, process), lambda: ledger.find(store, pilot, "charter"))
        spend(
            "releases",
            share(RELEASES, process),
            lambda: verifying.ledger(store.root, pilot, is_quick=True),
        )
    verifying.checked.cache_clear()
    spend("whole store", 1, lambda: verifying.ledger(store.root, pilot))
    return {
        "n_entries": len(ledger.entries(store.ledger(pilot))),
        "parts": [{"part": name, "cpu_s": round(spent, 4)} for name, spent in parts.items()],
        "cpu_s": round(sum(parts.values()), 3),
    }


def lines(figures: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    return [
        "## What a day costs",
        "",
        f"A day of a pilot at the end of eight weeks, with {figures['n_entries']:,} entries: "
        f"{ENTRIES} entries and their heads, the agency's copy looked after {COPIES} times, "
        f"{SEARCHES} searches, {RELEASES} releases verified, as counted in a run of the "
        f"demonstration with three products, over {PROCESSES} processes that each begin with "
        "nothing in memory; and one `peil verify` of the ledger, every signature of it.",
        "",
        "| part | CPU s a day |",
        "|---|---|",
        *(f"| {row['part']} | {row['cpu_s']:.3f} |" for row in figures["parts"]),
        f"| all (at most {LIMIT_S:.0f} were meant) | {figures['cpu_s']:.2f} |",
    ]
