"""Tables of the part `essnet`, and the names that its pictures share."""

from __future__ import annotations

from typing import Any

from benchmarks.accuracy.seeds import across

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
ATTRIBUTION = (
    "Sample: MobilePhoneESSnetBigData, packages deduplication, aggregation and inference "
    "(GPL-3 / EUPL)."
)


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
    figures: dict[str, int | float | str] = {
        f"essnet_{name}_rmse_m": record["location"][name]["rmse_m"]
        for name in ("strength", "chain", "heading", "told_speeds")
    }
    one_to_one = record["multiplicity"]["heading"]["one_to_one"]
    figures |= {"essnet_auc": one_to_one["auc"], "essnet_n_persons": one_to_one["n_persons"]}
    return figures


def report(record: dict[str, Any]) -> str:
    """Return the tables for people."""
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
        result = location[name]
        low, high = result["rmse_interval_m"]
        seeds = [world[name] for world in worlds.values() if name in world]
        own = ["–", "–"]
        if seeds:
            rmse, ratio = (across([seed[k] for seed in seeds]) for k in ("rmse_m", "ratio"))
            own = [f"{rmse[0]:.0f} ± {rmse[1]:.0f}", f"{ratio[0]:.2f} ± {ratio[1]:.2f}"]
        likelihood = f"{result['log_likelihood']:,.0f}" if "log_likelihood" in result else "–"
        lines.append(
            f"| {words} | {result['rmse_m']:.0f} | {low:.0f} – {high:.0f} | {result['ratio']:.2f} "
            f"| {likelihood} | {own[0]} | {own[1]} |"
        )
    limit_m = location["told_speeds"]["rmse_m"]
    lines += [
        "",
        f"The likelihood prefers *{NAMES[best]}*. The goal of {BAR_M:.0f} m is "
        f"{'met' if location[best]['rmse_m'] <= BAR_M else 'not met'}: told every device's true "
        f"speed and the true rates of setting out and stopping, the model errs by {limit_m:.0f} m. "
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
    for name, holders in record["multiplicity"].items():
        for score in ("pairwise", "one_to_one"):
            result = holders[score]
            lines.append(
                f"| {NAMES[name].split(' (')[0]} | {score.replace('_', '-')} | {result['auc']:.4f} "
                f"| {result['auc_untold']:.4f} | {result['n_persons_told']:.1f} "
                f"| {result['n_persons']:.1f} "
                f"| {holders['n_pairs_live']} of {holders['n_pairs']:,} |"
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
