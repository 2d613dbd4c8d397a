"""What people are shown of a candidate before they approve it: counts, gates, audit, change.

Sums and counts of what would be published; no withheld entry, no row.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product
from peil.charter.thresholds import threshold_of
from peil.release import bundle
from peil.store import checking, ledger
from peil.store.atomic import read_json
from peil.store.faults.written import read_parquet


def lines_of(period: Period, product: Product, folder: Path) -> list[str]:
    """A line for each thing to know of a candidate, every byte of which is as it was signed.

    Raises
    ------
    Refused
        It is not, or what was released last is not.
    """
    bundle.require_candidate(period.store, period.charter, product.name, str(period.day), folder)
    metadata = read_json(folder / "metadata.json")
    lines = [
        f"{metadata['n_entries']:,} entries, {metadata['n_withheld']:,} withheld "
        f"({metadata['withheld_share']:.1%}), {metadata['n_unobserved']:,} not observed",
        "audit: the published entries give no withheld one away, exactly or within "
        f"{threshold_of(period.charter)} devices",
    ]
    if outages := metadata.get("outages"):
        n_zones = len({outage["zone_id"] for outage in outages})
        lines.append(
            f"silent antenna sectors: {len(outages):,} figures (zones: {n_zones:,}) rest on their "
            "neighbours; metadata.json names them"
        )
    lines += _gates(period, product)
    lines += _change(period, product, folder, metadata)
    return [*lines, f"recipients: {', '.join(period.charter.recipients)}"]


def places_of(period: Period, product: Product, folder: Path) -> list[Path]:
    """What to look at before one answers: the table, the statement, the gates, the page."""
    own = (f"{product.table('released')}.csv", "statement.en.md")
    pages = (period.store.operator_page(period.pilot), period.store.quality_page(period.pilot))
    return [*(folder / name for name in own), *(page for page in pages if page.exists())]


def _gates(period: Period, product: Product) -> list[str]:
    """What each gate said of the day, with its notes."""
    is_presence = product.name == PRESENCE
    last = "released" if is_presence else f"released_{product.name}"
    lines = []
    for state in ("raw", "staged", *(("estimated",) if is_presence else ()), last):
        file = period.store.quality(period.pilot, period.day) / f"{state}.json"
        if not file.exists():
            lines.append(f"gate {state}: not asked yet")
            continue
        report = read_json(file)
        failed = [result["expectation"] for result in report["results"] if not result["success"]]
        is_open = "open" if report["is_open"] else "closed"
        notes = f", notes: {', '.join(failed)}" if failed else ", no notes"
        lines.append(f"gate {state}: {is_open}{notes}")
    return lines


def _change(period: Period, product: Product, folder: Path, metadata: dict[str, Any]) -> list[str]:
    """How the figures differ from those released last."""
    store, pilot = period.store, period.pilot
    earlier = [
        other
        for other in period.charter.units()
        if other != period.day
        and ledger.is_released(store, pilot, product.name, str(other))
        and not checking.is_crossing(store, pilot, product.name, other)
    ]
    if not earlier:
        return ["change since the last release: this is the first"]
    day = max([other for other in earlier if other < period.day] or earlier)
    bundle.require_whole(store, pilot, product.name, day)
    last = store.released(pilot, product.name, day)
    before = read_json(last / "metadata.json")
    name = f"{product.table('released')}.parquet"
    sums = [_published(place / name) for place in (last, folder)]
    parts = [
        f"{unit.lower()} {sums[0].get(unit, 0.0):,.0f} → {value:,.0f}"
        for unit, value in sums[1].items()
    ]
    return [
        f"change since {day}: entries {before['n_entries']:,} → {metadata['n_entries']:,}, "
        f"withheld {before['n_withheld']:,} → {metadata['n_withheld']:,}, "
        f"sums of what is published: {', '.join(parts)}"
    ]


def _published(file: Path) -> dict[str, float]:
    """The sum of published values by their unit."""
    table = read_parquet(file)
    shown = table[table["OBS_STATUS"] == "A"]
    sums = shown.groupby("UNIT_MEASURE")["OBS_VALUE"].sum()
    return {str(unit): float(value) for unit, value in sums.sort_index().items()}
