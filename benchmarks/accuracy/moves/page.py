"""The tables of the part `moves`, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.accuracy.moves.homes import PLACE
from benchmarks.accuracy.moves.methods import FIRST

STUDENT = 2.132  # 95 % quantile of Student's t with 4 degrees of freedom: five seeds
BARS = {
    "home: right municipality": 0.97,
    "home: within one square of 500 m": 0.90,
    "flows: common part a day": 0.85,
    "stays: F1 on time, right municipality": 0.90,
}


def figure(record: dict[str, Any], *path: str) -> tuple[float, float, float] | None:
    """Return the mean over seeds of one figure and its 90 % interval; None where it has none.

    Examples
    --------
    >>> figure({"scored": {"11": {"work": {"found": 0.5}}, "12": {"work": {"found": 0.7}}}},
    ...        "work", "found")[0]
    0.6
    """
    values = []
    for node in record["scored"].values():
        for step in path:
            if step not in node:
                return None
            node = node[step]
        values.append(node)
    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    half = STUDENT * spread / np.sqrt(len(values))
    return mean, mean - half, mean + half


def bars(record: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Return the figures that have a bar."""
    paths = (
        ("homes", PLACE, "right_zone"),
        ("homes", PLACE, "within_500_m_square"),
        ("flows", FIRST, "cpc"),
        ("stays", FIRST, "f1_right_zone"),
    )
    figures = {name: figure(record, *path) for name, path in zip(BARS, paths, strict=True)}
    return {name: value for name, value in figures.items() if value is not None}


def _text(record: dict[str, Any], *path: str, form: str = "{:.1%}") -> str:
    interval = figure(record, *path)
    if interval is None:
        return "–"
    mean, low, high = (form.format(value) for value in interval)
    return f"{mean} ({low} – {high})"


def _rows(record: dict[str, Any], part: str, columns: dict[str, str]) -> list[str]:
    first = next(iter(columns))
    is_error = first in ("mape", "bias") or first.startswith("bias")

    def rank(name: str) -> tuple[bool, float, str]:
        """Rank the best first, whatever the order in the record, and what has no figure last."""
        interval = figure(record, part, name, first)
        value = 0.0 if interval is None else interval[0]
        return interval is None, abs(value) if is_error else -value, name

    names = sorted(next(iter(record["scored"].values())).get(part, {}), key=rank)
    if not names:
        return ["Not read yet."]
    lines = ["| method | " + " | ".join(columns.values()) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        "| " + " | ".join([name, *(_text(record, part, name, key) for key in columns)]) + " |"
        for name in names
    ]
    return lines


def report(record: dict[str, Any], taught: Sequence[int]) -> str:
    """Return the tables for people."""
    tried = ", ".join(record["scored"])
    lines = [
        f"{record['devices']} devices, 7 days, seeds {tried} of land, network and people; mean "
        "over seeds (90 % interval of the mean, Student's t). Choices were tuned on seeds 1 and 2. "
        "Devices of residents; those that opted out, machines and roamers are left out. "
        "Footprint: mean of the defaults and of `peil train`'s calibration on nights; no truth.",
        "",
        "| figure | reached | bar |",
        "|---|---|---|",
    ]
    for name, value in bars(record).items():
        mean, low, high = (f"{v:.1%}" for v in value)
        lines.append(f"| {name} | {mean} ({low} – {high}) | {BARS[name]:.0%} |")
    lines += [
        "",
        "**Stays.** F1 on time: over all seconds between a device's first and last event, time "
        "abroad left out; right is a second in which truth and estimate both say *stay* in the "
        "same municipality; 2 right / (stay in truth + stay in estimate). *At all* ignores where: "
        "people stay 98 % of the time, so that it says little, as *always staying* shows.",
        "",
        *_rows(
            record,
            "stays",
            {
                "f1_right_zone": "F1 right municipality",
                "f1_at_all": "F1 at all",
                "f1_moves": "F1 of moves",
            },
        ),
        "",
        "**Homes.** Share of all devices; one without a home found is wrong. *Square*: the tile "
        "found lies at most 500 m off both east–west and north–south; *circle*: at most 500 m.",
        "",
        *_rows(
            record,
            "homes",
            {
                "right_zone": "right municipality",
                "within_500_m_square": "within square",
                "within_500_m": "within circle",
                "found": "found",
            },
        ),
        "",
        "**Work**, of office workers, pupils and children (their school), by all stays in working "
        f"hours away from home: found {_text(record, 'work', 'found')}, right municipality "
        f"{_text(record, 'work', 'right_zone')}, within square "
        f"{_text(record, 'work', 'within_500_m_square')}; where it lies beyond 1 km from home, "
        f"right municipality {_text(record, 'work', 'right_zone_if_far')}. "
        f"Found of those who have none: {_text(record, 'work', 'found_of_those_without')}.",
        "",
        "**Flows.** Common part of trips between municipalities, a day, mean of seven. First three "
        "columns against the true trips of the same devices; *persons* against those of all "
        "residents, weighted by home: the last row is what their true trips, scaled, would reach.",
        "",
        *_rows(
            record,
            "flows",
            {
                "cpc": "common part",
                "cpc_with_own_zone": "with trips within",
                "n_trips_ratio": "trips found",
                "cpc_persons": "persons",
            },
        ),
        "",
        f"90 % intervals of flows of persons a day and pair cover "
        f"{_text(record, 'flows', FIRST, 'coverage')}; interval score "
        f"{_text(record, 'flows', FIRST, 'interval_score', form='{:.1f}')} persons, of a fixed ± "
        f"{record['learnt']['fixed_share']:.0%} that covers as much on the worlds that taught both "
        f"{_text(record, 'flows', FIRST, 'interval_score_fixed', form='{:.1f}')}. Learnt on seeds "
        f"{', '.join(map(str, taught))}: overdispersion "
        f"{record['learnt']['sampling_overdispersion']}, model error "
        f"{record['learnt']['model_error_share']:.1%}.",
        "",
        "**Distances.** Quartiles of the radius of gyration by home municipality, against the "
        "truth.",
        "",
        *_rows(record, "distances", {"mape": "mean absolute error", "bias": "bias"}),
        "",
        "**Models** fitted to the estimated flows of working days: what they explain, and the "
        "common part with the estimated and with the true flows.",
        "",
        *_rows(
            record,
            "models",
            {
                "deviance_share": "deviance explained",
                "cpc_estimated": "common part, estimated",
                "cpc_true": "common part, true",
            },
        ),
        "",
        "**Visitors, guarded subgroup.** Persons in the beach resort by night against the truth: "
        "bias, and its size. The night ratio hides guests by construction on the nights that it is "
        "made on.",
        "",
        "| way | nights before working days | size | nights before days off | size | other "
        "municipalities, working nights |",
        "|---|---|---|---|---|---|",
    ]
    for way in ("night ratio", "by home"):
        biases = [
            _text(record, "tourists", way, night, key)
            for night in ("working", "off")
            for key in ("resort", "resort_size")
        ]
        others = _text(record, "tourists", way, "working", "others_mean_absolute")
        lines.append(f"| {way} | {' | '.join(biases)} | {others} |")
    share = (_text(record, "tourists", "guests_share", night) for night in ("working", "off"))
    lines += ["", f"Guests among the persons there: {' and '.join(share)}."]
    return "\n".join(lines) + "\n"
