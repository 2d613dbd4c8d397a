"""What a day of a nation would take, projected from the largest days that were measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

LARGE = (10**9, 10**10)
N_REGIONS, N_CORES = 10, 16
MIB_OF_GB = 953.7
VERBS = ("ingest", "stage")
HEAD = (
    "| events a day | how | from a day of | hours | core hours | peak GiB | disk GB | spill GB |",
    "|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Taken:
    """What a way to take in and stage a day takes.

    Attributes
    ----------
    n_measured : int
        Events of the measured day that it is projected from.
    hours, core_hours : float
    peak_gib : float
        Memory of the largest process; measured, not projected: it is bounded.
    disk_gb, spill_gb : float
        Of delivery, raw and staged together; and what is written and removed meanwhile. Of regions
        what one of their machines needs.
    """

    n_measured: int
    hours: float
    core_hours: float
    peak_gib: float
    disk_gb: float
    spill_gb: float

    def row(self, n_events: int, how: str) -> str:
        """One row of the table."""
        return (
            f"| {n_events:,} | {how} | {self.n_measured:,} | {self.hours:.2g} "
            f"| {self.core_hours:.1f} | {self.peak_gib:.1f} | {self.disk_gb:,.0f} "
            f"| {self.spill_gb:,.0f} |"
        )


def table(record: dict[str, Any]) -> list[str]:
    """The table of both sizes and every way that was measured.

    None of it was run: each event costs what it cost in the largest measured day of that way, its
    start-up included. A day that was measured in memory alone is taken to spill as the largest
    did. The disk of packed text is that of Parquet: its files were not weighed.
    """
    largest, packed, parts = (
        max(record.get(name, []), key=lambda size: int(size["n_events"]), default=None)
        for name in ("sizes", "packed", "in_parts")
    )
    if largest is None:
        return []
    lines = list(HEAD)
    for n_events in LARGE:
        at_once = _at_once(largest, n_events)
        lines.append(at_once.row(n_events, "Parquet, at once on two cores"))
        if packed:
            whole = _at_once({**largest, **packed}, n_events)
            spill_gb = max(whole.spill_gb, at_once.spill_gb)
            whole = replace(whole, disk_gb=at_once.disk_gb, spill_gb=spill_gb)
            lines.append(whole.row(n_events, "csv.gz, at once on two cores"))
        if parts:
            in_parts = _in_parts(parts, largest, n_events)
            lines.append(
                in_parts.row(n_events, f"Parquet, parts on {N_CORES} cores, joined by one")
            )
        regional = replace(_at_once(largest, n_events // N_REGIONS), core_hours=at_once.core_hours)
        lines.append(
            regional.row(n_events, f"Parquet, {N_REGIONS} regions as pilots, two cores each")
        )
    return lines


def _at_once(size: dict[str, Any], n_events: int) -> Taken:
    times = n_events / size["n_events"]
    steps = [size["steps"][verb] for verb in VERBS]
    return Taken(
        n_measured=size["n_events"],
        hours=times * sum(step["wall_s"] for step in steps) / 3600,
        core_hours=times * sum(step["cpu_s"] for step in steps) / 3600,
        peak_gib=max(step["peak_gib"] for step in steps),
        disk_gb=times
        * sum(size[f"{name}_mib"] for name in ("delivered", "raw", "staged"))
        / MIB_OF_GB,
        spill_gb=times * max(step["spill_mib"] for step in steps) / MIB_OF_GB,
    )


def _in_parts(parts: dict[str, Any], largest: dict[str, Any], n_events: int) -> Taken:
    """Landed at once on two cores; parts share the cores, and who joins them has one."""
    times = n_events / parts["n_events"] / 3600
    at_once, landing = _at_once(largest, n_events), n_events / largest["n_events"] / 3600
    ingest, steps = largest["steps"]["ingest"], parts["steps"]
    costs = [*steps["parts"], *steps["joined"]]
    shared, joining = (sum(cost["wall_s"] for cost in steps[name]) for name in ("parts", "joined"))
    return replace(
        at_once,
        n_measured=parts["n_events"],
        hours=landing * ingest["wall_s"] + times * (shared / N_CORES + joining),
        core_hours=landing * ingest["cpu_s"] + times * sum(cost["cpu_s"] for cost in costs),
        peak_gib=max(cost["peak_gib"] for cost in costs),
    )
