"""Tables and pictures of the Zuid-Limburg benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from peil_models.synthetic.landscape_radio import SCENARIOS

NAMES = {
    "voronoi": "`PresenceVoronoi`, evenly",
    "sb": "`PresenceSB`, composite prior",
    "df": "`PresenceDF`, composite prior",
    "em10": "`PresenceEM`, 10 steps, composite prior",
    "landuse": "`PresenceLandUse`",
    "oracle": "`PresenceLandUse` told the true footprint",
}
FORMS = {"mape": "{:.1%}", "wape_1km": "{:.1%}", "emd_m": "{:.0f}"}
WAYS = {
    "sb_home": "`PresenceSB`, home weights",
    "em10_home_night": "`PresenceEM`, 10 steps, home weights, night ratio",
    "em10_counted": "`PresenceEM`, 10 steps, counted table, night ratio",
    "landuse_home": "`PresenceLandUse`, home weights",
    "landuse_home_night": "`PresenceLandUse`, home weights, night ratio",
    "landuse_flows": "`PresenceLandUse`, `HomeFlows`, home weights",
    "landuse_counted": "`PresenceLandUse`, counted table, night ratio",
}
BESIDE = {
    "em10_flows": "`PresenceEM`, 10 steps, `HomeFlows` without land use, home weights",
    "landuse_flows_power": "`PresenceLandUse`, `HomeFlows` by a power law, home weights",
    "limit": "limit: told each device's true home and place, home weights",
}
"""Scored everywhere, shown where the footprint is known."""
BASE = {
    "sb_home": "sb_home",
    "landuse_home": "sb_home",
    "em10_counted": "em10_counted",
    "landuse_counted": "em10_counted",
}
"""The rival of each way; of every other one `em10_home_night`."""
COLOURS = {"voronoi": "#999999", "sb": "#E69F00", "em10": "#0072B2", "landuse": "#009E73"}
ATTRIBUTION = (
    "Land: mobloc (EUPL-1.2), artificial cell plan; © OpenStreetMap contributors (ODbL); EU-DEM, "
    "produced using Copernicus data and information funded by the European Union; boundaries and "
    "population CBS / Kadaster (CC BY 4.0)."
)


def across(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and half the width of its 90 % interval over seeds."""
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(np.mean(values)), spread * float(student.ppf(0.95, max(len(values) - 1, 1)))


def values(
    record: dict[str, Any],
    scenario: str,
    name: str,
    measure: str,
    part: str = "night",
    told: str = "seeds",
) -> list[float]:
    """One figure per seed, empty where it was not measured."""
    seeds = record[part][scenario][told].values()
    return [one[name][measure] for one in seeds if measure in one.get(name, {})]


def _in_order(record: dict[str, Any], part: str) -> list[str]:
    """Scenarios as they are listed, whatever the order of the kept figures."""
    return [one.name for one in SCENARIOS if one.name in record[part]]


def _told(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What estimators were told in a scenario, and its words: rows of a table."""
    extra = (
        ("noticed", "the same, silent cells left out"),
        ("around", "the same, the land around told as one more zone"),
    )
    return [("seeds", found["words"]), *((told, words) for told, words in extra if told in found)]


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """What the last line of the command says."""
    night: dict[str, int | float | str] = {
        f"zuid_limburg_{scenario}_{name}_{measure}": round(
            across(values(record, scenario, name, measure))[0], 4
        )
        for scenario in ("known", "shadow")
        for name in ("em10", "landuse")
        for measure in FORMS
    }
    return night | {
        f"zuid_limburg_day_{name}_{measure}": round(
            across(values(record, "known", name, measure, "day"))[0], 4
        )
        for name in ("em10_home_night", "landuse_flows", "landuse_counted")
        for measure in ("mape", "wape", "worst")
    }


def report(record: dict[str, Any]) -> str:
    """The tables for people: mean over seeds ± half its 90 % interval."""
    lines = [
        f"Seeds {', '.join(map(str, record['seeds']))}; mean ± half of its 90 % interval over "
        "seeds. Homes by the register of 18 municipalities on 66 000 tiles of 100 m, a third of "
        "599 025 people have a device, each is served by one of 631 cells drawn with the true "
        "footprint of the scenario; estimators are told the nominal one. One factor makes totals "
        "equal. " + ATTRIBUTION,
        "",
    ]
    for scenario in ("known", "shadow"):
        words = record["night"][scenario]["words"]
        lines += [
            f"**Night, {words}**",
            "",
            "| estimator | municipality MAPE | 1 km WAPE | EMD (m) | against EM10 |",
            "|---|---|---|---|---|",
        ]
        for name, title in NAMES.items():
            cells, ratios = [], []
            for measure, form in FORMS.items():
                mean, half = across(values(record, scenario, name, measure))
                cells.append(f"{form.format(mean)} ± {form.format(half)}")
                ratios.append(f"{mean / across(values(record, scenario, 'em10', measure))[0]:.2f}")
            lines.append(f"| {title} | {' | '.join(cells)} | {' / '.join(ratios)} |")
        lines.append("")
    lines += [
        "**Night, ways of being wrong** (municipality MAPE / 1 km WAPE)",
        "",
        "| scenario | " + " | ".join(NAMES[name] for name in COLOURS) + " |",
        "|---|" + "---|" * len(COLOURS),
    ]
    for scenario in _in_order(record, "night"):
        for told, words in _told(record["night"][scenario]):
            row = []
            for name in COLOURS:
                parts = (
                    across(values(record, scenario, name, m, "night", told))[0]
                    for m in ("mape", "wape_1km")
                )
                row.append(" / ".join(f"{part:.1%}" for part in parts))
            lines.append(f"| {words} | {' | '.join(row)} |")
    for part, words in (("day", _days), ("intervals", _intervals)):
        if part in record:
            lines += ["", *words(record)]
    return "\n".join([*lines, ""])


def _intervals(record: dict[str, Any]) -> list[str]:
    learnt = record["intervals"]
    lines = [
        "**Day, 90 % intervals of persons** (`PresenceLandUse`, counted table, night ratio). Width "
        f"learnt once for all scenarios on seeds {learnt['taught_seeds']} ({learnt['n_entries']} "
        f"entries): overdispersion {learnt['sampling_overdispersion']}, model error "
        f"{learnt['model_error_share']:.1%} times the root of the ambiguous share. Beside: a fixed "
        f"± {learnt['fixed_share']:.1%}, which covers 90 % of the same entries.",
        "",
        "| scenario | cover | interval score (persons) | fixed share: cover | interval score |",
        "|---|---|---|---|---|",
    ]
    for scenario in [one.name for one in SCENARIOS if one.name in learnt["scored"]]:
        found = learnt["scored"][scenario]
        row = []
        for name in ("coverage", "interval_score", "fixed_coverage", "fixed_interval_score"):
            mean, half = across([one[name] for one in found.values()])
            form = "{:.1%} ± {:.1%}" if "coverage" in name else "{:,.0f} ± {:,.0f}"
            row.append(form.format(mean, half))
        lines.append(f"| {record['night'][scenario]['words']} | {' | '.join(row)} |")
    return lines


def _days(record: dict[str, Any]) -> list[str]:
    lines = [
        "**Day (07–20 h), persons.** Market share of each municipality 33 ± 5 %, a quarter of the "
        "people commutes. *Home weights* need devices to be followed for 20 nights, the *counted "
        "table* needs none. Municipalities; the worst of each seed, mean over seeds. Homes by added"
        " posteriors for the rivals, by likelihood for `PresenceLandUse`. This world's commuters "
        "follow an exponential law of distance (mean 6 km), of which `HomeFlows` mixes 2, 4, 8 and "
        "16 km; beside it a power law, which is not theirs.",
        "",
        "| estimator and way to persons | MAPE | WAPE | worst | against its rival |",
        "|---|---|---|---|---|",
    ]
    for name, title in (WAYS | BESIDE).items():
        rival = BASE.get(name, "em10_home_night")
        cells, ratios = [], []
        for measure in ("mape", "wape", "worst"):
            mean, half = across(values(record, "known", name, measure, "day"))
            form = "{:.2%}" if measure == "wape" else "{:.1%}"
            cells.append(f"{form.format(mean)} ± {form.format(half)}")
            ratios.append(f"{mean / across(values(record, 'known', rival, measure, 'day'))[0]:.2f}")
        lines.append(f"| {title} | {' | '.join(cells)} | {' / '.join(ratios[:2])} |")
    lines += [
        "",
        "**Day, ways of being wrong** (municipality MAPE / WAPE / worst)",
        "",
        "| scenario | " + " | ".join(WAYS.values()) + " |",
        "|---|" + "---|" * len(WAYS),
    ]
    for scenario in _in_order(record, "day"):
        for told, words in _told(record["day"][scenario]):
            row = []
            for name in WAYS:
                parts = (
                    across(values(record, scenario, name, m, "day", told))[0]
                    for m in ("mape", "wape", "worst")
                )
                row.append(" / ".join(f"{part:.1%}" for part in parts))
            lines.append(f"| {words} | {' | '.join(row)} |")
    lines += ["", *_border(record)]
    return lines


def _border(record: dict[str, Any]) -> list[str]:
    """How far off totals were before the one factor, where people cross the border."""
    level = {
        told: across(values(record, "border", "landuse_flows", "level", "day", told))[0]
        for told, _ in _told(record["day"]["border"])
    }
    return [
        "Neighbours by day: 5 % of those who live around the region have a device that our cells "
        "count, by night and by day, and residents work on both sides of the border; truth is "
        "residents in the region. The one factor hides how far off totals are: with `HomeFlows` "
        f"{level['seeds']:+.1%}, told the land around {level['around']:+.1%}."
    ]


def plots(record: dict[str, Any], folder: Path) -> None:
    """Bars per scenario: two measures at night, and the ways to persons by day."""
    _bars(
        record,
        "night",
        {name: NAMES[name] for name in COLOURS},
        list(COLOURS.values()),
        (("mape", "MAPE of municipalities (%)"), ("wape_1km", "WAPE of 1 km squares (%)")),
        "Night in Zuid-Limburg",
        folder / "presence-scenarios.svg",
    )
    ways = {name: words for name, words in WAYS.items() if name != "sb_home"}
    _bars(
        record,
        "day",
        ways,
        ["#0072B2", "#56B4E9", "#F0E442", "#009E73", "#D55E00", "#CC79A7"],
        (("mape", "MAPE of municipalities (%)"), ("wape", "WAPE of municipalities (%)")),
        "Day in Zuid-Limburg",
        folder / "presence-day.svg",
    )


def _bars(
    record: dict[str, Any],
    part: str,
    names: dict[str, str],
    colours: Sequence[str],
    measures: Sequence[tuple[str, str]],
    title: str,
    file: Path,
) -> None:
    """One panel per measure, one group of bars per scenario, bars of error over seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "peil"
    scenarios, thick = _in_order(record, part), 0.8 / len(names)
    figure, panels = pyplot.subplots(1, 2, figsize=(11, 6.5), sharey=True, layout="constrained")
    for panel, (measure, words) in zip(panels, measures, strict=True):
        for number, (name, label) in enumerate(names.items()):
            found = [across(values(record, one, name, measure, part)) for one in scenarios]
            panel.barh(
                np.arange(len(scenarios)) + thick * (number - (len(names) - 1) / 2),
                [100 * mean for mean, _ in found],
                thick,
                xerr=[100 * half for _, half in found],
                color=colours[number],
                label=label.replace("`", ""),
            )
        panel.set_xlabel(words)
    panels[0].set_yticks(range(len(scenarios)), [record[part][one]["words"] for one in scenarios])
    panels[0].invert_yaxis()
    figure.legend(*panels[1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle(f"{title}: mean over seeds, bars of error are 90 % intervals")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
