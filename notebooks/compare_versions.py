# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["marimo", "matplotlib", "peil-models[synthetic]"]
# ///
"""Compare two versions of an estimator: is the second better, where, and how sure is that?

Several simulated countries, each of which counts once.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="Two versions")

with app.setup:
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    from peil_models.footprint import FootprintSignalStrength
    from peil_models.location import prior_land_use, restrict
    from peil_models.presence import PresenceCombined, PresenceEM
    from peil_models.scores import mean_gain
    from peil_models.synthetic import Simulation
    from peil_models.weighting import NightRatio

    LAND_USE = ["building", "residential", "forest", "water", "roads"]


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Is version 2 better than version 1?

    Change either version below; the verdict follows.
    """)
    return


@app.cell
def _():
    def version_1(prior, land_use):
        """EM, from a prior of land use."""
        return PresenceEM(prior)

    def version_2(prior, land_use):
        """Mean of EM, from land use that the counts taught, and of the sum of posteriors."""
        return PresenceCombined(land_use, prior)

    return version_1, version_2


@app.cell
def _():
    seeds, n_devices = (1, 2, 3, 4), 3000  # countries, and devices of the operator in each
    return n_devices, seeds


@app.cell
def _(n_devices, seeds, version_1, version_2):
    def scored(seed):
        """Truth and both estimates, by municipality and hour of one country."""
        country = Simulation(devices=n_devices, days=1, seed=seed, world_seed=seed)
        tiles, counts = country.tiles(), country.counts()
        inside = tiles["zone_id"].notna()
        cells = country.world.cells.set_index("cell_id")
        chances = FootprintSignalStrength().fit(cells, tiles).connection_probability_
        prior = restrict(prior_land_use(tiles), inside)
        land_use = tiles[LAND_USE].where(inside, 0.0)
        register = country.register().set_index("zone_id")["n_persons"]
        rows = {"true": np.column_stack([country.presence(hour) for hour in range(24)])}
        for name, version in (("version_1", version_1), ("version_2", version_2)):
            rows[name] = version(prior, land_use).fit(chances, counts).devices_
        zones = {
            name: pd.DataFrame(row).groupby(tiles["zone_id"]).sum() for name, row in rows.items()
        }
        for name in ("version_1", "version_2"):
            weights = NightRatio().fit(zones[name][[1, 2, 3]], register[zones[name].index])
            zones[name][:] = weights.transform(zones[name])
        table = pd.concat({name: zone.stack() for name, zone in zones.items()}, axis=1)
        return (
            table.rename_axis(["zone", "hour"])
            .reset_index()
            .assign(world=seed, residents=lambda t: register[t["zone"]].to_numpy())
        )

    table = pd.concat([scored(seed) for seed in seeds], ignore_index=True)
    return (table,)


@app.cell
def _(table):
    hour, size = table["hour"], table["residents"]
    groups = {
        "all, by day": hour.between(8, 19),
        "night": ~hour.between(6, 23),
        "small, by day": hour.between(8, 19) & (size < size.median()),
        "large, by day": hour.between(8, 19) & (size >= size.median()),
    }
    gains = {
        name: mean_gain(*(table.loc[rows, c] for c in ("true", "version_1", "version_2", "world")))
        for name, rows in groups.items()
    }
    pd.DataFrame(
        [(n, f"{g.gain:+.1%}", f"{g.lower:+.1%} to {g.upper:+.1%}") for n, g in gains.items()],
        columns=["where", "errs less by", "95 % interval"],
    )
    return (gains,)


@app.cell
def _(gains):
    first = gains["all, by day"]
    losing = [name for name, gain in gains.items() if gain.upper < 0]
    if first.is_better:
        verdict = "better" + (f", but worse: {', '.join(losing)}" if losing else "")
    else:
        verdict = "worse" if first.upper < 0 else "not told apart by so few countries"
    mo.md(f"Version 2 beside version 1: **{verdict}**.")
    return (verdict,)


@app.cell
def _(gains):
    figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
    for place, gain in enumerate(reversed(gains.values())):
        axes.plot([100 * gain.lower, 100 * gain.upper], [place, place], color="tab:blue")
        axes.plot(100 * gain.gain, place, "o", color="tab:blue")
    axes.set_yticks(range(len(gains)), list(reversed(gains)))
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_xlabel("Version 2 errs less by, % of the error of version 1 (95 % interval)")
    figure
    return


if __name__ == "__main__":
    app.run()
