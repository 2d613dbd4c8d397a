"""Causes of trouble by kind: who can mend each, and the sentence on what to do.

Finding a cause does not belong in here (`drift`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from peil.alerts.trouble import Owner


@dataclass(frozen=True)
class Cause:
    """A cause that was found on a day, before it is told.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    where : str
        What it is about.
    what : str
        What is seen, a sentence.
    explains : frozenset of str
        Kinds that follow from it and are not told beside it.
    n_days : int
        Days since it began, where the finding itself tells.
    observed : dict of str to number
    """

    kind: str
    where: str
    what: str
    explains: frozenset[str] = frozenset()
    n_days: int = 1
    observed: dict[str, int | float] = field(default_factory=dict)


# kind: (owner, what to do)
KINDS: dict[str, tuple[Owner, str]] = {
    "doubled_delivery": (
        "operator",
        "Repeats were set aside, so the figures stand; deliver each record once, and look which "
        "file was made twice.",
    ),
    "clock_off": (
        "operator",
        "Ask in which time zone the time stamps were written, correct `time_zone` in the charter "
        "or have the day delivered again, and run it with --fresh.",
    ),
    "unobserved_hours": (
        "operator",
        "Ask whether there was an outage or whether files of these hours are missing; have them "
        "delivered, in UTC or with an offset. Hours that a pilot accepts are released as not "
        "observed.",
    ),
    "silent_region": (
        "operator",
        "Ask whether there was an outage or whether files of this region are missing; have them "
        "delivered, or say so beside the figures.",
    ),
    "old_cell_plan": (
        "operator",
        "Have the cell plan of this day delivered and run the day again; until then devices at "
        "new cells are in no figure.",
    ),
    "unlocated_high": (
        "operator",
        "Compare the cells that rows name with the plan: ask for the plan of this day, or for how "
        "cells are written now.",
    ),
    "new_cells": (
        "agency",
        "Look at the new cells on the map and train the footprint again before figures of these "
        "places are compared with earlier ones.",
    ),
    "slow_loss": (
        "operator",
        "Ask what is being switched off or left out since then; the figures fall with it, and no "
        "single day looks wrong.",
    ),
    "volume_low": (
        "operator",
        "Ask whether files of this day are missing, and have them delivered.",
    ),
    "volume_high": (
        "operator",
        "Ask whether another source, another network or another day has got into the delivery.",
    ),
    "events_per_device": (
        "operator",
        "Ask whether the network reports other kinds of events than before; presence rests on "
        "devices, not on events, so compare the number of devices first.",
    ),
}


def hours_of_clock(hours: list[datetime]) -> str:
    """Hours of a local day in words: those in a row together, one that comes twice as often.

    >>> hours_of_clock([datetime(2026, 3, 2, hour) for hour in (2, 10, 11, 12)])
    '02 h, 10–13 h'
    >>> hours_of_clock([datetime(2026, 10, 25, 2), datetime(2026, 10, 25, 2, fold=1)])
    '02 h, 02 h (the second)'
    """
    runs: list[list[datetime]] = []
    for hour in hours:
        if runs and not hour.fold and hour.hour == runs[-1][-1].hour + 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return ", ".join(
        f"{run[0].hour:02d}–{run[-1].hour + 1:02d} h"
        if len(run) > 1
        else f"{run[0].hour:02d} h{' (the second)' if run[0].fold else ''}"
        for run in runs
    )


def percent(share: float) -> str:
    """A share in words of percent.

    >>> percent(0.123), percent(0.004)
    ('12 %', '0.4 %')
    """
    return f"{100 * share:.0f} %" if abs(share) >= 0.0995 else f"{100 * share:.1f} %"
