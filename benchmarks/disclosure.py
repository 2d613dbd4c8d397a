"""Measure the audit of a release against everything that other pilots released."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.recording import NothingMeasured, when_and_where, write_figures
from peil.outcome import Fact, Outcome, Refused
from peil.release import disclosure
from peil.release.lattice import Tiled
from peil.release.released_margins import ReleasedMargins
from peil.settings import Settings
from peil.store.store import Store
from peil_models.disclosure import suppress

N_ZONES, N_PROVINCES, TILES = 345, 12, 400
N_HOURS, N_DAYS = 24, 30
THRESHOLD = 15
DEVICES = 60.0  # median of a zone: so few that a fifth of the entries is withheld
GOAL_S, GOAL_GIB = 20, 2
CASES = {
    "finer": "each zone cut in two, the zones themselves as a level",
    "coarser": "the provinces alone",
    "three tiles": "the same zones but for three tiles",
}
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def disclosure_audit(
    n_days: int, n_zones: int, tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Measure each case; write `benchmarks/disclosure.md` and its record.

    Parameters
    ----------
    n_days, n_zones : int
        Released days of the first pilot, and its zones.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    NothingMeasured
        There is no day, or a case was judged otherwise than it must be.
    """
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Settings(data=Path(folder)))  # type: ignore[call-arg]
        spent = dict.fromkeys(CASES, 0.0)
        refused = dict.fromkeys(CASES, 0)
        n_withheld = 0
        for day in range(n_days):
            tell(f"day {day + 1} of {n_days}")
            first, others = _day(day, n_zones)
            n_withheld += int(first.entries["withheld"].sum())
            disclosure.keep(store, first)
            for name, other in others.items():
                begun = time.process_time()
                refused[name] += _is_refused(store, other)
                spent[name] += time.process_time() - begun
        for name in CASES:
            if n_days < 1 or refused[name] != (n_days if name == "three tiles" else 0):
                raise NothingMeasured(
                    f"The benchmark disclosure measured nothing: {name} was refused "
                    f"{refused[name]} times in {n_days} days."
                )
            cases.append({"case": name, "cpu_s": round(spent[name], 2), "n_refused": refused[name]})
    record = {
        **when_and_where(),
        "n_days": n_days,
        "n_zones": n_zones,
        "n_hours": N_HOURS,
        "n_tiles": n_zones * TILES,
        "n_withheld": n_withheld,
        "cases": cases,
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }
    return write_figures("disclosure", record, report, facts, out)


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    return {
        "n_days": record["n_days"],
        "cpu_s": max(case["cpu_s"] for case in record["cases"]),
        "peak_gib": record["peak_gib"],
    }


def _is_refused(store: Store, release: ReleasedMargins) -> bool:
    try:
        disclosure.check(store, release)
    except Refused:
        return True
    return False


def _day(day: int, n_zones: int) -> tuple[ReleasedMargins, dict[str, ReleasedMargins]]:
    """What a first pilot released of a day, and what others are about to."""
    rng = np.random.default_rng(day)
    zone = np.repeat(np.arange(n_zones), TILES)
    people = DEVICES * rng.lognormal(0.0, 1.0, n_zones)[zone] / TILES
    by_tile = people[:, None] * rng.gamma(2.0, 0.5, (n_zones, N_HOURS))[zone]
    half = np.arange(n_zones * TILES) // (TILES // 2)
    province = np.arange(n_zones) * N_PROVINCES // n_zones
    moved = zone.copy()
    moved[TILES * (n_zones // 2) - 3 : TILES * (n_zones // 2)] += 1
    others = {
        "finer": _release(
            "finer", half, by_tile, day, [np.repeat(np.arange(n_zones), 2), np.repeat(province, 2)]
        ),
        "coarser": _release("coarser", province[zone], by_tile, day, []),
        "three tiles": _release("moved", moved, by_tile, day, [province]),
    }
    return _release("first", zone, by_tile, day, [province]), others


def _release(
    pilot: str, zone: Ints, by_tile: Floats, day: int, levels: list[Ints]
) -> ReleasedMargins:
    """Margins by zone, by each level above and of all together, suppressed as a release is."""
    n = int(zone.max()) + 1
    lowest = np.zeros((n, by_tile.shape[1]))
    np.add.at(lowest, zone, by_tile)
    sums = [np.array([number]) for number in range(n)]
    parent, above = np.full(n, -1), np.arange(n)
    for level in levels:
        first = len(sums)
        sums += [np.flatnonzero(level == number) for number in range(int(level.max()) + 1)]
        parent[above] = first + level[[sums[a][0] for a in above]]
        above = np.arange(first, len(sums))
        parent = np.append(parent, np.full(len(above), -1))
    parent[above] = len(sums)
    parent = np.append(parent, -1)
    sums.append(np.arange(n))
    devices = np.array([lowest[members].sum(axis=0) for members in sums])
    withheld = suppress(devices, parent, THRESHOLD)
    hours = pd.date_range(f"2026-03-{1 + day % 30:02d}", periods=N_HOURS, freq="h", tz="UTC")
    names = [f"{number:05d}" for number in range(len(sums))]
    entries = pd.DataFrame(
        {
            "REF_AREA": np.repeat(names, N_HOURS),
            "TIME_PERIOD": np.tile(hours, len(sums)),
            "devices": np.where(withheld, np.nan, devices).ravel(),
            "half_step": 0.1,
            "withheld": withheld.ravel(),
        }
    )
    side = int(np.ceil(np.sqrt(len(zone))))
    place = np.arange(len(zone), dtype=np.int64)
    x, y = (np.asarray(at * 500.0 + 250, dtype=np.float64) for at in (place % side, place // side))
    tiles = Tiled(pilot, "local", 500.0, x, y, zone)
    members = {name: part.tolist() for name, part in zip(names, sums, strict=True)}
    return ReleasedMargins(
        pilot, "presence", f"day {day}", THRESHOLD, [f"{day:064d}"], tiles, members, entries
    )


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    entries = record["n_days"] * record["n_hours"] * (record["n_zones"] + N_PROVINCES + 1)
    lines = [
        "# The audit over all pilots of an operator",
        "",
        f"`python -m benchmarks disclosure` on {record['date']}, {record['machine']}; CPU seconds "
        f"of one process, files of the disclosure ledger read anew each day. A first pilot "
        f"released {record['n_zones']} zones in {N_PROVINCES} provinces × {record['n_hours']} "
        f"hours × {record['n_days']} days ({record['n_tiles']:,} tiles; "
        f"{record['n_withheld']:,} of {entries:,} entries withheld); a second one is about "
        f"to release the same days by other zones. Goal: {GOAL_S} s and {GOAL_GIB} GiB for "
        "all days.",
        "",
        "| the second pilot's zones | days refused | CPU s, all days |",
        "|---|---|---|",
        *(
            f"| {CASES[case['case']]} | {case['n_refused']} | {case['cpu_s']:.1f} |"
            for case in record["cases"]
        ),
        "",
        f"At the most {record['peak_gib']:.2f} GiB, the making of the figures included.",
    ]
    return "\n".join(lines) + "\n"
