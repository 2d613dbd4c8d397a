"""The page of `released`: a section for each make of world, before a change and now.

What is measured, and how, is in `released`; the page says what its record holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.accuracy.seeds import across
from benchmarks.released_targets import MANY, UNTIMED, table
from peil.outcome import Fact
from peil_models.synthetic import MAKES

PERIODS = {
    "before": "before (baseline)",
    "now": "now",
    "trained": "now, footprint trained on the first two nights (`--trained`)",
    UNTIMED: "now, of pilots that do not read timing advance (`--untimed`)",
    MANY: "now, of many devices, footprint trained as above (`--devices 200000 --trained`)",
}
HEADS = {
    "published_share": "true mass published",
    "mape": "MAPE",
    "wape": "WAPE",
    "bias": "bias",
    "coverage": "90 % intervals cover",
    "interval_score": "interval score",
    "fixed_share_score": "score of ± 10 %",
}
LEVELS = ("municipality", "region", "country")
MEANT = 0.90
ORACLES = {
    "mape": "every main phone located without error",
    "mape_served": "the released one, told the true footprint",
}
OF_WIDTH = ("interval_score", "fixed_share_score")


def facts(record: dict[str, Any], makes: Sequence[str], period: str) -> dict[str, Fact]:
    """Return what the last line of the command says of some makes, as it measured them."""
    lines: dict[str, Fact] = {}
    for make in makes:
        measured = record.get(period, {}).get(make)
        for product, part in _parts(measured) if measured else ():
            for name in ("mape", "coverage"):
                if (values := _across(measured, product, part, name)) is not None:
                    key = f"{make}_{product}_{part}_{name}".replace(" ", "_")
                    lines[key] = round(values[0], 4)
    return lines


def report(record: dict[str, Any]) -> str:
    """Return the page: by make a row per product and part, mean ± half its interval of worlds."""
    lines = [
        "# What is released, on known truth",
        "",
        "Made by `python -m benchmarks released`: whole pilots, scored on their released tables. "
        "07–20 h (trips: now all hours, before these); mean ± half of its 90 % interval over "
        "worlds, where there are several. Errors "
        "are those of published entries; scores of intervals (smaller is better) in persons. "
        "*Origins summed* is the estimate of the visitors before it is protected: another way to "
        "presence. *Before* are the figures beside which a change of methods is judged; they stay "
        "as they were measured. What a make is, and which are for scores only: "
        "[makes of world](../docs/methods/makes.md).",
        "",
        *table(record),
        *_one_width(record),
    ]
    for make in MAKES:
        measured = {p: record[p][make] for p in PERIODS if make in record.get(p, {})}
        if measured:
            lines += [f"## {make}", "", *_section(measured)]
    return "\n".join(lines)


def _one_width(record: dict[str, Any]) -> list[str]:
    """Lines of a table: what intervals of each level cover on every make, and on their mean."""
    latest = {
        make: next((record[p][make] for p in ("trained", "now") if make in record.get(p, {})), None)
        for make in MAKES
    }
    scored = {make: measured for make, measured in latest.items() if measured}
    if len(scored) < 2:
        return []
    rows, wide = [], []
    for level in LEVELS:
        covers = [_across(measured, "presence", level, "coverage") for measured in scored.values()]
        means = [cover[0] for cover in covers if cover]
        if len(means) == len(scored):
            cells = " | ".join(f"{share:.1%}" for share in (*means, sum(means) / len(means)))
            rows.append(f"| {level} | {cells} |")
            wide += [level] if min(means) > MEANT else []
    if not rows:
        return []
    return [
        "### One width for every make",
        "",
        "What 90 % intervals of a level cover on each make. Their widths follow from what was "
        "learnt once, on other worlds, for all makes: narrower for one, they cover less on the "
        "others." + (f" Too wide on every make: those of {' and '.join(wide)}." if wide else ""),
        "",
        f"| presence | {' | '.join(scored)} | mean |",
        "|---|" + "---|" * (len(scored) + 1),
        *rows,
        "",
    ]


def _section(measured: dict[str, dict[str, Any]]) -> list[str]:
    """Lines of one make: what was measured when, scores, and persons of an hour."""
    lines = [
        f"*{PERIODS[period].capitalize()}*: worlds {', '.join(part['worlds'])}, {part['devices']} "
        f"devices, {part['days']} days; read on {part['date']}, {part['machine']}"
        f"{', ' + part['state'] if 'state' in part else ''}.  "
        for period, part in measured.items()
    ]
    closed = [
        f"World {seed}, {period}, gate closed: {sentence}  "
        for period, part in measured.items()
        for seed, world in part["worlds"].items()
        for sentence in world.get("closed", ())
    ]
    lines += ["", *closed] if closed else []
    both = dict.fromkeys(row for part in measured.values() for row in _parts(part))
    if not both:
        return [*lines, "", "Nothing was released.", ""]
    lines += ["", "| product | | " + " | ".join(HEADS.values()) + " |"]
    lines.append("|---|---|" + "---|" * len(HEADS))
    for product, part in both:
        for period, scores in measured.items():
            if (product, part) in _parts(scores):
                row = " | ".join(_cells(scores, product, part))
                lines.append(f"| {product}, {part} | {period} | {row} |")
    lines += _beside(measured)
    lines += [
        "",
        "Persons of an hour over the whole area, over those truly there (residents and roamers):",
        "",
        "| world | | least | mean | most |",
        "|---|---|---|---|---|",
    ]
    for period, scores in measured.items():
        for seed, world in scores["worlds"].items():
            if (shares := world.get("persons_of_hour")) is None:
                continue
            row = " | ".join(f"{shares[name]:.3f}" for name in ("least", "mean", "most"))
            lines.append(f"| {seed} | {period} | {row} |")
    return [*lines, ""]


def _beside(measured: dict[str, dict[str, Any]]) -> list[str]:
    """Lines of the table of all estimators on the same truth, where it was recorded."""
    rows = []
    for period, scores in measured.items():
        worlds = [w["estimators"] for w in scores["worlds"].values() if "estimators" in w]
        for name in worlds[0] if worlds else ():
            values = across([world[name] for world in worlds])
            shown = values if len(worlds) > 1 else values[:1]
            rows.append(f"| {name} | {period} | " + " ± ".join(f"{v:.1%}" for v in shown) + " |")
        for name, words in ORACLES.items():
            limits = [v for w in scores["worlds"].values() if (v := w.get("limit", {}).get(name))]
            if limits:
                shown = across(limits) if len(limits) > 1 else tuple(limits)
                cell = " ± ".join(f"{v:.1%}" for v in shown)
                rows.append(f"| {words} | {period} | {cell} |")
    head = [
        "",
        "Presence of every estimator by municipality, before protection, and what is left of the "
        "error for two oracles (`benchmarks/limits`):",
        "",
        "| estimator | | MAPE |",
        "|---|---|---|",
    ]
    return [*head, *rows] if rows else []


def _cells(scores: dict[str, Any], product: str, part: str) -> list[str]:
    """Each figure of a product and part as it is written in a table."""
    cells = []
    for name in HEADS:
        values = _across(scores, product, part, name)
        form = "{:.0f}" if name in OF_WIDTH else "{:.1%}"
        shown = values if len(scores["worlds"]) > 1 else (values or ())[:1]
        cells.append(" ± ".join(form.format(v) for v in shown or ()) or "–")
    return cells


def _parts(scores: dict[str, Any]) -> list[tuple[str, str]]:
    """Products and parts that any world has released, in the order of the first that has."""
    rows = [row for world in scores["worlds"].values() for row in world.get("rows", ())]
    return list(dict.fromkeys((row["product"], row["part"]) for row in rows))


def _across(
    scores: dict[str, Any], product: str, part: str, name: str
) -> tuple[float, float] | None:
    """Mean over worlds of a figure and half its interval; None where no world has it."""
    values = [
        row[name]
        for world in scores["worlds"].values()
        for row in world.get("rows", ())
        if (row["product"], row["part"]) == (product, part) and name in row
    ]
    return across(values) if values else None
