"""Tables of the part `zuid_limburg`, and the names that its pictures share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from benchmarks.accuracy.seeds import across
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
SHOWN = ("voronoi", "sb", "em10", "landuse")
"""Estimators that are scored in every scenario."""
ATTRIBUTION = (
    "Land: mobloc (EUPL-1.2), artificial cell plan; © OpenStreetMap contributors (ODbL); EU-DEM, "
    "produced using Copernicus data and information funded by the European Union; boundaries and "
    "population CBS / Kadaster (CC BY 4.0)."
)


def values(
    record: dict[str, Any],
    scenario: str,
    name: str,
    measure: str,
    part: str = "night",
    variant: str = "seeds",
) -> list[float]:
    """Return one figure per seed; empty where it was not measured."""
    seeds = record[part][scenario][variant].values()
    return [figures[name][measure] for figures in seeds if measure in figures.get(name, {})]


def in_order(names: Collection[str]) -> list[str]:
    """Return names of scenarios in the order of `SCENARIOS`, whatever that of the record."""
    return [scenario.name for scenario in SCENARIOS if scenario.name in names]


def _variants(scenario: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what estimators were told in a scenario, and the words for it: rows of a table."""
    extra = (
        ("noticed", "the same, silent cells left out"),
        ("around", "the same, the land around told as one more zone"),
    )
    return [
        ("seeds", scenario["words"]),
        *((variant, words) for variant, words in extra if variant in scenario),
    ]


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
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
    """Return the tables for people: mean over seeds ± half its 90 % interval."""
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
        *_by_scenario(record, "night", {name: NAMES[name] for name in SHOWN}, ("mape", "wape_1km")),
    ]
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
    for scenario in in_order(learnt["scored"]):
        by_seed = learnt["scored"][scenario]
        row = []
        for name in ("coverage", "interval_score", "fixed_coverage", "fixed_interval_score"):
            mean, half = across([figures[name] for figures in by_seed.values()])
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
        *_by_scenario(record, "day", WAYS, ("mape", "wape", "worst")),
        "",
        *_border(record),
    ]
    return lines


def _by_scenario(
    record: dict[str, Any], part: str, titles: dict[str, str], measures: tuple[str, ...]
) -> list[str]:
    """Return a table of means over seeds: rows by scenario, columns by estimator."""
    lines = ["| scenario | " + " | ".join(titles.values()) + " |", "|---|" + "---|" * len(titles)]
    for scenario in in_order(record[part]):
        for variant, words in _variants(record[part][scenario]):
            row = []
            for name in titles:
                means = (
                    across(values(record, scenario, name, measure, part, variant))[0]
                    for measure in measures
                )
                row.append(" / ".join(f"{mean:.1%}" for mean in means))
            lines.append(f"| {words} | {' | '.join(row)} |")
    return lines


def _border(record: dict[str, Any]) -> list[str]:
    """Say how far off totals were before the one factor, where people cross the border."""
    level = {
        variant: across(values(record, "border", "landuse_flows", "level", "day", variant))[0]
        for variant, _ in _variants(record["day"]["border"])
    }
    return [
        "Neighbours by day: 5 % of those who live around the region have a device that our cells "
        "count, by night and by day, and residents work on both sides of the border; truth is "
        "residents in the region. The one factor hides how far off totals are: with `HomeFlows` "
        f"{level['seeds']:+.1%}, told the land around {level['around']:+.1%}."
    ]
