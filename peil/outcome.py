"""What a verb answers, in facts and in a sentence, and the four ways in which it can stop.

What a command prints around such a sentence stands in `peil.commands`.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import Literal

Fact = int | float | str

# the state of a day that a verb makes
STATE_OF = {"ingest": "raw", "stage": "staged", "estimate": "estimated", "release": "released"}

# facts that stand in sentences of their own words; of any other its name is written out
WORDS = {
    "why": "{}",
    "note": "{}",
    "deleted": "{}",
    "left": "{}",
    "not_searched": "{}",
    "window": "window {}",
    "footprint": "footprint {}",
    "champion": "the champion is {}",
    "n_files": "{:,} files",
    "n_files_refused": "{:,} files refused",
    "n_delivered": "{:,} rows delivered",
    "n_staged": "{:,} rows staged",
    "n_quarantined": "{:,} set aside",
    "n_opted_out": "{:,} opted out",
    "n_corrections_flagged": "{:,} corrections after release",
    "n_entries": "{:,} entries",
    "n_withheld": "{:,} withheld",
    "n_hours": "{} hours",
    "n_zones": "{:,} zones",
    "n_rows": "{:,} rows",
    "n_trips": "{:,} trips",
    "n_devices": "{:,} devices",
    "n_devices_roaming": "{:,} of them roaming",
    "n_events": "{:,} events",
    "n_persons": "{:,} persons",
    "n_residents": "{:,} residents",
    "n_cells": "{:,} cells",
    "n_silent_cells": "{:,} cells silent",
    "n_ratios_bounded": "{:,} ratios of zones bounded",
    "n_plans": "{:,} cell plans",
    "n_hours_unobserved": "{:,} hours not observed",
    "n_unobserved": "{:,} not observed",
    "misfit_share": "the night misses the cell plan by {:.0%}",
    "n_periods": "{:,} days",
    "n_days_missing": "{:,} days are missing",
    "n_rows_raw": "{:,} raw rows taken out",
    "n_rows_staged": "{:,} staged rows taken out",
    "n_days_purged": "{:,} days purged",
    "n_days_deleted": "{:,} days deleted",
    "n_candidates": "{:,} candidates withdrawn",
    "n_released": "{:,} releases are known to hold them",
    "n_received": "{:,} bundles taken in",
    "n_taken_back": "{:,} taken back",
    "n_log_files": "{:,} logs cut",
    "n_lasting": "{:,} troubles lasting",
    "n_began": "{:,} began",
    "n_ended": "{:,} ended",
    "n_sent": "{:,} messages sent",
    "n_surges": "{:,} surges",
    "n_surges_now": "{:,} going on",
    "model": "by {}",
    "withheld_share": "{:.1%} withheld",
    "unlocated_share": "{:.1%} not located",
    "homed_share": "{:.1%} have a home",
    "flows_cpc": "flows share {:.1%} of the true trips",
}
SINGULAR = {"entries": "entry", "persons": "person"}
# why a verb has nothing to do for a day, nor its gate anything to judge
CLOSED = ("released", "retained")
ERROR_BY_DAY = "_mape_day"


def fact_in_words(name: str, value: Fact) -> str:
    """Say a fact for a person.

    >>> fact_in_words("n_staged", 12000), fact_in_words("em_mape_day", 0.0612)
    ('12,000 rows staged', 'em errs by 6.1% by day')
    >>> fact_in_words("n_files", 1), fact_in_words("n_days_missing", 1)
    ('1 file', '1 day is missing')
    >>> fact_in_words("trips_per_device_day", 1.98)
    'trips per device day 1.98'
    """
    if name.endswith(ERROR_BY_DAY) and not isinstance(value, str):
        return f"{name.removesuffix(ERROR_BY_DAY)} errs by {value:.1%} by day"
    words = WORDS.get(name)
    if words is None or (isinstance(value, str) and "{:" in words):
        return f"{name.replace('_', ' ')} {value}"
    sentence = words.format(value)
    if value == 1:  # one file, one day is missing
        first, _, rest = sentence.partition(" ")
        noun, _, rest = rest.partition(" ")
        rest = rest.replace("are ", "is ")
        return " ".join(filter(None, (first, SINGULAR.get(noun, noun.removesuffix("s")), rest)))
    return sentence


@dataclass(frozen=True)
class Outcome:
    """What a verb did to one period of one pilot.

    Facts are small counts and names, fit for a log, an XCom or a terminal: never a row
    value, never an identifier.
    """

    verb: str
    pilot: str
    day: str
    status: Literal["done", "unchanged"]
    facts: dict[str, Fact] = field(default_factory=dict)
    look_at: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say the outcome in one line for a terminal.

        >>> Outcome("stage", "demo", "2026-03-02", "done", {"n_staged": 12}).sentence()
        'stage demo 2026-03-02: done (12 rows staged)'
        """
        facts = ", ".join(fact_in_words(name, value) for name, value in self.facts.items())
        return f"{self.verb} {self.pilot} {self.day}: {self.status}" + (
            f" ({facts})" if facts else ""
        )


class Refused(Exception):
    """Wrong input, or not allowed (exit 2). One sentence: what, where, what to do."""

    exit_code = 2


class Waiting(Refused):
    """An earlier state is not there yet (exit 2). Airflow tries again later."""


class GateClosed(Exception):
    """A gate stopped the run (exit 3). Nothing downstream of it has moved."""

    exit_code = 3


class Stopped(BaseException):
    """A person or the system asked the process to stop (exit 130 or 143).

    No `Exception`: what catches faults must not catch it.

    >>> str(Stopped(15))
    'Stopped by SIGTERM: nothing is signed or released after it, run the same again to go on.'
    >>> Stopped(15).exit_code, Stopped(2).exit_code
    (143, 130)
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(
            f"Stopped by {signal.Signals(signal_number).name}: nothing is signed or released "
            "after it, run the same again to go on."
        )
        self.exit_code = 128 + signal_number
        self.signal_number = signal_number

    def __reduce__(self) -> tuple[type[Stopped], tuple[int]]:
        return Stopped, (self.signal_number,)
