"""Tamper with what a pilot at work uses, and count which verb noticed first."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks.disturbed.in_use import asking, changes
from benchmarks.disturbed.in_use.pilot import Files, SignedPilot, at_home


def measure(folder: Path, times: int, seed: int) -> dict[str, Any]:
    """Tamper so many times with a new pilot in an empty folder.

    Returns
    -------
    dict
        ``subjects``: of what was changed and how often it was tried, noticed, and by which verb
        first; ``n_false_alarms`` on the untouched pilot.
    """
    draw = random.Random(seed)
    tried: Counter[tuple[str, str]] = Counter()
    noticed: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    n_alarms = 0
    with at_home(folder) as pilot:
        files = pilot.files()
        for _ in range(times):
            subject, kind, after = changes.drawn(pilot, files, draw)
            tried[subject, kind] += 1
            verb = first_to_notice(pilot, after, changes.SUBJECTS[subject][1])
            if verb:
                noticed[subject, kind][verb] += 1
            pilot.put(files)
            n_alarms += bool(asking.said(pilot, verb or changes.SUBJECTS[subject][1][-1]))
            pilot.put(files)
    rows = [
        {
            "subject": subject,
            "kind": kind,
            "n_tried": n_tried,
            "n_detected": noticed[subject, kind].total(),
            "by": dict(sorted(noticed[subject, kind].items())),
        }
        for (subject, kind), n_tried in sorted(tried.items())
    ]
    return {"subjects": rows, "n_false_alarms": n_alarms}


def first_to_notice(pilot: SignedPilot, files: Files, verbs: tuple[str, ...]) -> str:
    """The first of some verbs that stops at a pilot in this state; empty where all go on."""
    for verb in verbs:
        pilot.put(files)
        if asking.said(pilot, verb):
            return verb
    return ""
