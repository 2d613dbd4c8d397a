"""Tables and pictures of location and two-device holders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

NAMES = {
    "voronoi": "one event, Voronoi",
    "best_server": "one event, best server",
    "strength": "one event, by received power (published: 646 m)",
    "dominance": "one event, by dominance",
    "static": "one event, footprint fitted by likelihood",
    "chain": "`LocationHMM`",
    "chain_each": "`LocationHMM`, fitted to each device apart (published: 437 m)",
    "chain_memory": "`LocationHMM`, serving cell remembered",
    "heading": "`LocationHMMHeading`",
    "heading_memory": "`LocationHMMHeading`, serving cell remembered",
    "told_speeds": "limit: headings, told each true speed",
}
BAR_M = 420.0
COLOURS = {"sample": "#0072B2", "worlds": "#E69F00", "chain": "#E69F00", "heading": "#0072B2"}
ATTRIBUTION = (
    "Sample: MobilePhoneESSnetBigData, packages deduplication, aggregation and inference "
    "(GPL-3 / EUPL)."
)


def across(values: list[float]) -> tuple[float, float]:
    """Mean over seeds, and half of its 90 % interval."""
    half = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(np.mean(values)), half * float(student.ppf(0.95, max(len(values) - 1, 1)))


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """What the last line of the command says."""
    found: dict[str, int | float | str] = {
        f"essnet_{name}_rmse_m": record["location"][name]["rmse_m"]
        for name in ("strength", "chain", "heading", "told_speeds")
    }
    one_to_one = record["multiplicity"]["heading"]["one_to_one"]
    found |= {"essnet_auc": one_to_one["auc"], "essnet_n_persons": one_to_one["n_persons"]}
    return found


def report(record: dict[str, Any]) -> str:
    """The tables for people."""
    location, worlds = record["location"], record["worlds"]
    best = min(
        ("chain", "chain_memory", "heading", "heading_memory"),
        key=lambda name: -location[name]["log_likelihood"],
    )
    lines = [
        f"One sample: {record['n_events']:,} events of {record['n_devices']} devices, 70 antennas, "
        "40 × 40 tiles of 250 m; it has no seeds, so intervals (90 %) are a bootstrap over its "
        f"devices. Beside it {len(worlds)} worlds of our own (seeds {', '.join(worlds)}: straight "
        "ways at three speeds, 4 dB shadowing and 3 dB hysteresis that estimators are not told; "
        "mean ± half of the 90 % interval over seeds). All is fitted by likelihood. *Actual / "
        f"implied*: RMSE over the one that the posterior expects. {ATTRIBUTION}",
        "",
        "| method | RMSE (m) | interval | actual / implied | log likelihood | own worlds, RMSE (m) "
        "| actual / implied |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, words in NAMES.items():
        one = location[name]
        low, high = one["rmse_interval_m"]
        seeds = [world[name] for world in worlds.values() if name in world]
        own = ["–", "–"]
        if seeds:
            rmse, ratio = (across([seed[k] for seed in seeds]) for k in ("rmse_m", "ratio"))
            own = [f"{rmse[0]:.0f} ± {rmse[1]:.0f}", f"{ratio[0]:.2f} ± {ratio[1]:.2f}"]
        likelihood = f"{one['log_likelihood']:,.0f}" if "log_likelihood" in one else "–"
        lines.append(
            f"| {words} | {one['rmse_m']:.0f} | {low:.0f} – {high:.0f} | {one['ratio']:.2f} "
            f"| {likelihood} | {own[0]} | {own[1]} |"
        )
    told = location["told_speeds"]["rmse_m"]
    lines += [
        "",
        f"The likelihood prefers *{NAMES[best]}*. The goal of {BAR_M:.0f} m is "
        f"{'met' if location[best]['rmse_m'] <= BAR_M else 'not met'}: told every device's true "
        f"speed and the true rates of setting out and stopping, the model errs by {told:.0f} m. "
        "Devices served by one cell all the time cannot be placed better than that cell.",
        "",
        "**Holders of two devices** (64 of 218 devices, 186 persons; published: AUC .986, 189.1 "
        "persons). *Told*: the prior knows of 185 persons, as published; else it is found by "
        "likelihood.",
        "",
        "| likelihoods of | score | AUC, told | AUC | persons, told | persons | pairs kept of "
        "all |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in record["multiplicity"].items():
        for score in ("pairwise", "one_to_one"):
            one = found[score]
            lines.append(
                f"| {NAMES[name].split(' (')[0]} | {score.replace('_', '-')} | {one['auc']:.4f} "
                f"| {one['auc_untold']:.4f} | {one['n_persons_told']:.1f} "
                f"| {one['n_persons']:.1f} | {found['n_pairs_live']} of {found['n_pairs']:,} |"
            )
    counts = record["counts"]
    lines += [
        "",
        f"**Holders per region**, each counted once: {counts['n_counts']} counts (10 regions, "
        f"every 90 s); 90 % intervals cover {counts['coverage']:.1%}; mean error "
        f"{counts['mean_error']:+.2f}, RMSE {counts['rmse']:.2f} holders. **Population** at the "
        f"start ({counts['population_true']} people): NB {counts['nb']['sum']:.0f}, intervals "
        f"cover {counts['nb']['covered']} of {counts['nb']['n_regions']} regions; BNB "
        f"{counts['bnb']['sum']:.0f}, {counts['bnb']['covered']} of {counts['bnb']['n_regions']}.",
        "",
    ]
    return "\n".join(lines)


def plots(record: dict[str, Any], folder: Path) -> None:
    """Draw RMSE by method, calibration, and ROC."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "peil", "font.size": 9}):
        _location(pyplot, record, folder / "location-rmse.svg")
        _roc(pyplot, record, folder / "multiplicity-roc.svg")


def _location(pyplot: Any, record: dict[str, Any], file: Path) -> None:
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.8), sharey=True)
    names = list(NAMES)[::-1]
    words = [NAMES[name].replace("`", "") for name in names]
    place = np.arange(len(names))
    for measure, interval, axis in (
        ("rmse_m", "rmse_interval_m", left),
        ("ratio", "ratio_interval", right),
    ):
        values = np.array([record["location"][name][measure] for name in names])
        ends = np.array([record["location"][name][interval] for name in names]).T
        reach = np.abs(ends - values)
        axis.errorbar(
            values,
            place + 0.12,
            xerr=reach,
            fmt="o",
            ms=4,
            color=COLOURS["sample"],
            label="ESSnet sample, 90 % over devices",
        )
        own = [[w[name][measure] for w in record["worlds"].values() if name in w] for name in names]
        shown = [k for k, values_ in enumerate(own) if values_]
        mean, half = np.array([across(own[k]) for k in shown]).T
        axis.errorbar(
            mean,
            place[shown] - 0.12,
            xerr=half,
            fmt="s",
            ms=4,
            color=COLOURS["worlds"],
            label="own worlds, 90 % over seeds",
        )
    left.axvline(BAR_M, color="#999999", lw=1, ls="--", label="goal on the sample, 420 m")
    right.axvspan(0.9, 1.15, color="#999999", alpha=0.25, label="goal, .9 – 1.15")
    left.set_yticks(place, words)
    left.set_xlabel("RMSE of location (m)")
    right.set_xlabel("actual / implied RMSE")
    for axis in (left, right):
        axis.grid(axis="x", color="#DDDDDD", lw=0.5)
        axis.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, 1.22))
    figure.savefig(file, format="svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)


def _roc(pyplot: Any, record: dict[str, Any], file: Path) -> None:
    figure, axis = pyplot.subplots(figsize=(4.2, 4))
    for name, found in record["multiplicity"].items():
        for score, dash in (("pairwise", "--"), ("one_to_one", "-")):
            one = found[score]
            axis.plot(
                *one["roc"],
                dash,
                color=COLOURS[name],
                lw=1.4,
                label=f"{name}, {score.replace('_', '-')}: AUC {one['auc']:.3f}",
            )
    axis.plot([0, 1], [0, 1], ":", color="#999999", lw=1, label="chance")
    axis.set_xlabel("share of single devices taken for one of two")
    axis.set_ylabel("share of second devices found")
    axis.legend(fontsize=7, loc="lower right")
    axis.grid(color="#DDDDDD", lw=0.5)
    figure.savefig(file, format="svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
