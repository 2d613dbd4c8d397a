"""The page of the crowding benchmark, from its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.crowding.pictures import CALIBRATION, MONTHS
from peil.outcome import Fact
from peil_models.crowding import QUANTILES

Row = tuple[str, str, str, bool]
ASKED_NAIVE = 37.54  # the naive forecast of whoever asked, which ours is a little better than


def under(own: float, bar: float) -> float:
    """Return by which share an error is less than another.

    >>> under(6.0, 8.0)
    0.25
    """
    return 1.0 - own / bar


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    rows = list(asked(record))
    return {"n_asked": len(rows), "n_reached": sum(row[3] for row in rows)}


def asked(record: dict[str, Any]) -> Iterator[Row]:
    """Yield each figure that is asked for: name, bound, measured, whether it is reached."""
    if "melbourne" in record:
        yield from _asked_of_melbourne(record["melbourne"])
    if "statsforecast" in record:
        peer = record["statsforecast"]
        gain = under(peer["pinball_boosting"], peer["pinball"])
        name = f"Melbourne, {peer['n_midnights']} midnights: pinball under statsforecast's"
        yield name, "≥ 18 %", f"{gain:.1%}", gain >= 0.18
    if "demo" in record:
        demo = record["demo"]
        share, rate = demo["found_in_first_hour"], demo["false_per_zone_month"]
        name = f"{len(demo['seeds'])} demo countries: stadium and surges found in their first hour"
        yield name, "≥ 90 %", f"{share:.1%} of {demo['n_surges']}", share >= 0.9
        large = [
            surge["first"]
            for country in demo["countries"]
            for surge in country["surges"]
            if surge["factor"] >= 1.3
        ]
        share = sum(large) / len(large)
        words = f"{share:.1%} of {len(large)}"
        yield "of these, surges of +30 % or more of a municipality", "≥ 90 %", words, share >= 0.9
        yield "the same: false episodes per zone and month", "≤ 1", f"{rate:.2f}", rate <= 1
    if "cities" in record:
        cities = record["cities"]
        share, rate = cities["found_in_first_hour"], cities["false_per_zone_month"]
        name = f"{len(cities['seeds'])} made-up cities: surges found in their first hour"
        yield name, "≥ 90 %", f"{share:.1%} of {cities['n_surges']}", share >= 0.9
        yield "the same: false episodes per zone and month", "≤ 1", f"{rate:.2f}", rate <= 1
    if "cost" in record:
        cost = record["cost"]
        fit, outlook = cost["fit_cpu_s"], cost["forecast_cpu_s"]
        name = f"{cost['n_zones']} zones: fit on {cost['n_days']} days, CPU s"
        yield name, "≤ 120", f"{fit:.0f}", fit <= 120
        yield "the same: forecast of a day, CPU s", "≤ 3", f"{outlook:.1f}", outlook <= 3
        hour = max(cost["hours_cpu_s"])
        yield "the same: an hour by the verb at most, CPU s", "≤ 3", f"{hour:.1f}", hour <= 3


def _asked_of_melbourne(figures: dict[str, Any]) -> Iterator[Row]:
    own, bar = (figures["methods"][name] for name in ("boosting", "seasonal naive"))
    gain = under(own["pinball"], bar["pinball"])
    months = [under(own["by_month"][m], bar["by_month"][m]) for m in sorted(own["by_month"])]
    yield "Melbourne: pinball under the seasonal naive's", "≥ 28 %", f"{gain:.2%}", gain >= 0.28
    words = ", ".join(f"{gain:.1%}" for gain in months)
    yield "the same in each month", "≥ 20 %", words, min(months) >= 0.2
    of_hours = figures["week_before_known"]
    pinball, naive = (of_hours["pinball"][name] for name in ("boosting", "seasonal naive"))
    name = f"Melbourne: pinball in the {of_hours['n_values']:,} hours whose week before is known"
    words = f"≤ {0.72 * ASKED_NAIVE:.2f}, 28 % under {ASKED_NAIVE}"
    yield name, words, f"{pinball:.2f}; our naive {naive:.2f}", pinball <= 0.72 * ASKED_NAIVE
    share = own["coverage_80"]
    yield "Melbourne: 80 % intervals cover", "78–82 %", f"{share:.1%}", 0.78 <= share <= 0.82
    zones = own["coverage_80_by_zone"]
    words = f"{zones['least']:.1%} to {zones['most']:.1%}; {zones['n_outside']} outside"
    yield "the same, each sensor", "72–88 %", words, zones["n_outside"] == 0
    share = own["coverage_95"]
    yield "Melbourne: 95 % intervals cover", "93.5–96.5 %", f"{share:.1%}", 0.935 <= share <= 0.965
    surges = figures["surges"]
    rate = surges["episodes_per_sensor_month"]
    yield "Melbourne: episodes per sensor and month", "≤ 1", f"{rate:.2f}", rate <= 1
    bounds = {2.0: ("in_first_hour", 0.92), 1.0: ("within_two_hours", 0.70)}
    bounds[0.5] = ("within_two_hours", 0.30)
    for row in surges["found"]:
        name, bound = bounds[row["size"]]
        words = "in one hour" if name == "in_first_hour" else "within two hours"
        title = f"Melbourne: planted surges of +{row['size']:.0%} found {words}"
        yield title, f"≥ {bound:.0%}", f"{row[name]:.1%} of {row['n']:,}", row[name] >= bound


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Forecasts of crowding, and surges",
        "",
        "Made by `python -m benchmarks crowding`: seven quantiles of the next 24 hours, issued at "
        "midnight, beside both bars; episodes of surges, their false alarms counted. How it works: "
        "[crowding](../docs/methods/crowding.md). Pinball is the mean over the quantiles "
        f"{', '.join(str(q) for q in QUANTILES)}, in persons.",
        "",
        "## Asked and reached",
        "",
        "| figure | asked | measured | reached |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {bound} | {words} | {'yes' if is_reached else 'no'} |"
        for name, bound, words, is_reached in asked(record)
    ]
    parts = {
        "melbourne": _melbourne,
        "statsforecast": _peer,
        "demo": _demo,
        "cities": _cities,
        "cost": _cost,
    }
    for name, section in parts.items():
        if name in record:
            lines += ["", *section(record[name])]
    return "\n".join(lines) + "\n"


def _melbourne(figures: dict[str, Any]) -> list[str]:
    methods, surges = figures["methods"], figures["surges"]
    months = sorted(methods["boosting"]["by_month"])
    settings = ", ".join(f"{name} {value}" for name, value in figures["parameters"].items())
    lines = [
        "## Melbourne",
        "",
        f"{figures['attribution']}. On {figures['date']}, {figures['machine']}. "
        f"{figures['n_sensors']} sensors with nine tenths of the year; learnt until "
        f"{figures['learnt_until']}, calibrated on the days until {figures['fitted_before']} and "
        f"on the 28 before each midnight; scored {figures['scored']}, "
        f"{methods['boosting']['n_values']:,} values that every method forecast. A fit took "
        f"{figures['fit_cpu_s']:.0f} CPU s, a midnight {figures['forecast_cpu_s']:.2f}. "
        f"Parameters: {settings}.",
        "",
        f"| method | pinball | {' | '.join(months)} | 80 % cover | 95 % cover |",
        "|---" * (4 + len(months)) + "|",
    ]
    for name, figure in methods.items():
        by_month = " | ".join(f"{figure['by_month'][month]:.2f}" for month in months)
        lines.append(
            f"| {name} | {figure['pinball']:.2f} | {by_month} "
            f"| {figure['coverage_80']:.1%} | {figure['coverage_95']:.1%} |"
        )
    lines += [
        "",
        f"![Shares of values under each quantile](../docs/methods/{CALIBRATION})",
        "",
        f"![Pinball by month](../docs/methods/{MONTHS})",
        "",
        "### Planted surges",
        "",
        "Three hours are multiplied at random (seeds "
        f"{', '.join(str(seed) for seed in surges['seeds'])}) where at least 500 are expected and "
        "no episode is near, each alone. "
        "The levels of each week are fixed on the four before it. Real events of the quarter count "
        "as false: "
        f"{surges['n_episodes']} episodes, {surges['episodes_per_sensor_month']:.2f} per sensor "
        f"and month ({', '.join(f'{rate:.2f}' for rate in surges['by_level'])} of levels 1, 2, 3 "
        "and above).",
        "",
        "| surge | planted | found in the first hour (by seed) | within two |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| +{row['size']:.0%} | {row['n']:,} | {row['in_first_hour']:.1%} "
        f"({min(row['in_first_hour_of_each']):.1%} to {max(row['in_first_hour_of_each']):.1%}) "
        f"| {row['within_two_hours']:.1%} |"
        for row in surges["found"]
    ]
    return lines + _next_hours(figures["nowcast"])


def _next_hours(nowcast: dict[str, Any]) -> list[str]:
    """How much the last hour tells of the next."""
    hours = ", ".join(f"{hour}:00" for hour in nowcast["issued_at"])
    lines = [
        "",
        "### The next hours",
        "",
        f"At {hours} of {nowcast['n_days']} days: what midnight said, the same carried by what the "
        f"last hour was off, and a forecast made anew; pinball of {nowcast['n_values']:,} values. "
        "How long errors last is learnt on September.",
        "",
        "| hours ahead | midnight | carried | made anew | share carried |",
        "|---|---|---|---|---|",
    ]
    by_method = nowcast["pinball_by_hour_ahead"]
    columns = [by_method[name] for name in ("midnight", "carried", "made anew")]
    rows = zip(*columns, nowcast["carry"], strict=True)
    return lines + [
        f"| {n} | {midnight:.2f} | {carried:.2f} | {anew:.2f} | {share:.2f} |"
        for n, (midnight, carried, anew, share) in enumerate(rows, 1)
    ]


def _peer(peer: dict[str, Any]) -> list[str]:
    return [
        "## Beside another library",
        "",
        f"{peer['name']} {peer['version']}, on the {peer['history_days']} days before each of "
        f"{peer['n_midnights']} midnights ({peer['n_values']:,} values): "
        f"pinball {peer['pinball']:.2f}, the boosting on the same {peer['pinball_boosting']:.2f}. "
        f"It took {peer['cpu_s']:.0f} CPU s. Gaps are filled for it with the week before.",
    ]


def _demo(demo: dict[str, Any]) -> list[str]:
    lines = [
        "## The demo country",
        "",
        f"On {demo['date']}, {demo['machine']}. Each seed makes a country of its own, simulated "
        f"with {demo['devices']:,} devices, and its pilot is run: the stadium evening is sought in "
        "what is released of the week, the four surges that nobody announced (half to twice more "
        "persons than usual, three hours) in the four weeks before, each week by the models of "
        "what was before it. The first hour of the match is the first that it fills. Within two "
        f"hours {demo['found_within_two_hours']:.1%} are found; an episode that neither explains "
        f"is false.{demo.get('note', '')}",
        "",
        "| seed | municipalities | surges | in the first hour | within two "
        "| persons at the match, times usual | found | false |",
        "|---" * 8 + "|",
    ]
    for row in demo["countries"]:
        *planted, match = row["surges"]
        when = ("in its first hour" if match["first"] else "in its second") * match["second"]
        lines.append(
            f"| {row['seed']} | {row['n_zones']} | {len(planted)} "
            f"| {sum(each['first'] for each in planted)} "
            f"| {sum(each['second'] for each in planted)} "
            f"| {match['factor']:.2f} | {when or 'no'} | {row['n_false']} |"
        )
    return lines


def _cities(cities: dict[str, Any]) -> list[str]:
    days = cities["days"]
    lines = [
        "## Made-up cities",
        "",
        f"On {cities['date']}, {cities['machine']}. {cities['n_zones']} zones of six kinds, "
        f"fitted on {days['fitted']} days, levels on {days['levels']}, scored on "
        f"{days['scored']}, with surges of +30 % to +200 % planted at random. An episode that no "
        f"surge explains is false. Within two hours {cities['found_within_two_hours']:.1%} are "
        f"found.{_oracle(cities.get('oracle'))}",
        "",
        "| seed | surges | in the first hour | within two | false | pinball | naive "
        "| climatology | 80 % cover | 95 % cover | oracle, first hour |",
        "|---" * 11 + "|",
    ]
    for row in cities["cities"]:
        pinball = row["pinball"]
        lines.append(
            f"| {row['seed']} | {row['n_surges']} | {row['found_in_first_hour']} "
            f"| {row['found_within_two_hours']} | {row['n_false']} | {pinball['boosting']:.1f} "
            f"| {pinball['seasonal naive']:.1f} | {pinball['climatology']:.1f} "
            f"| {row['coverage_80']:.1%} | {row['coverage_95']:.1%} "
            f"| {row.get('found_by_oracle', '-')} |"
        )
    return lines


def _oracle(oracle: dict[str, float] | None) -> str:
    """What no detector could better, where it was computed."""
    if oracle is None:
        return ""
    return (
        " *Oracle* knows what days, weather and seasons make of each hour, how chance and counting "
        "go, and not where surges are; with no more false episodes "
        f"({oracle['false_per_zone_month']:.2f} per zone and month) it finds "
        f"{oracle['found_in_first_hour']:.1%} in their first hour and "
        f"{oracle['found_within_two_hours']:.1%} within two: what is beyond, no detector finds."
    )


def _cost(cost: dict[str, Any]) -> list[str]:
    hours = ", ".join(f"{seconds:.1f}" for seconds in cost["hours_cpu_s"])
    return [
        "## Cost",
        "",
        f"On {cost['date']}, {cost['machine']}. {cost['n_zones']} made-up zones, {cost['n_days']} "
        f"days, {cost['n_hours']:,} zone-hours: a fit {cost['fit_cpu_s']:.1f} CPU s, a forecast "
        f"of {cost['n_forecast']:,} zone-hours {cost['forecast_cpu_s']:.2f} CPU s. `peil outlook`, "
        f"which reads, scores and writes too, in a store of these hours: {hours} CPU s for hours "
        f"one after the other; {cost['week_cpu_s']:.0f} CPU s where a week begins and its models "
        "are fitted.",
    ]
