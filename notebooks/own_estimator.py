# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["marimo", "peil-models[synthetic]"]
# ///
"""Write an estimator of one's own, and see it in the table beside Peil's.

The same class is tried by `peil study run`, on worlds of your choice: docs/studies.md.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="An estimator of one's own")

with app.setup:
    import marimo as mo
    import numpy as np
    import pandas as pd
    from sklearn.base import BaseEstimator

    from peil_models.footprint import FootprintSignalStrength, FootprintVoronoi
    from peil_models.location import prior_land_use, restrict
    from peil_models.presence import PresenceCombined, PresenceEM, PresenceSB, PresenceVoronoi
    from peil_models.scores import mape
    from peil_models.synthetic import Simulation
    from peil_models.weighting import NightRatio

    LAND_USE = ["building", "residential", "forest", "water", "roads"]


@app.cell(hide_code=True)
def _():
    mo.md("""
    # An estimator of one's own

    What it must have: `fit(X, y)`, with X the probability that a device in a tile is served by a
    cell (cells × tiles) and y the counts (cells × hours); after it `devices_` (tiles × hours) and
    `unlocated_` (by hour). Parameters go into the constructor, as in scikit-learn.
    """)
    return


@app.class_definition
class PresenceGeometric(BaseEstimator):
    """Devices by tile, the geometric mean of EM and of the sum of posteriors."""

    def __init__(self, prior=None, *, em_share=0.5):
        self.prior = prior
        self.em_share = em_share

    def fit(self, X, y):
        """Estimate both, and scale their mean to the devices of each hour."""
        em, sb = PresenceEM(self.prior).fit(X, y), PresenceSB(self.prior).fit(X, y)
        mean = em.devices_**self.em_share * sb.devices_ ** (1 - self.em_share)
        total = mean.sum(axis=0)
        self.devices_ = mean * em.devices_.sum(axis=0) / np.where(total > 0, total, 1)
        self.unlocated_ = em.unlocated_
        return self


@app.cell
def _():
    n_devices, seeds = 3000, (1, 2)  # of the operator, and the countries
    return n_devices, seeds


@app.cell
def _(n_devices, seeds):
    def errors(seed):
        """Error by day of each estimator on one country, a share."""
        country = Simulation(devices=n_devices, days=1, seed=seed, world_seed=seed)
        tiles, counts = country.tiles(), country.counts()
        inside = tiles["zone_id"].notna()
        cells = country.world.cells.set_index("cell_id")
        signal = FootprintSignalStrength().fit(cells, tiles).connection_probability_
        nearest = FootprintVoronoi().fit(cells, tiles).connection_probability_
        prior = restrict(prior_land_use(tiles), inside)
        land_use = tiles[LAND_USE].where(inside, 0.0)
        estimators = {
            "voronoi": (nearest, PresenceVoronoi(inside.astype(float))),
            "sb": (signal, PresenceSB(prior)),
            "em": (signal, PresenceEM(prior)),
            "combined": (signal, PresenceCombined(land_use, prior)),
            "my own": (signal, PresenceGeometric(prior)),
        }
        register = country.register().set_index("zone_id")["n_persons"]
        by_tile = np.column_stack([country.presence(hour) for hour in range(24)])
        truth = pd.DataFrame(by_tile).groupby(tiles["zone_id"]).sum()
        shares = {}
        for name, (chances, estimator) in estimators.items():
            fitted = estimator.fit(chances, counts)
            devices = pd.DataFrame(fitted.devices_).groupby(tiles["zone_id"]).sum()
            weights = NightRatio().fit(devices[[1, 2, 3]], register[devices.index])
            persons = weights.transform(devices)
            shares[name] = mape(truth.to_numpy()[:, 8:20], persons[:, 8:20])
        return shares

    table = pd.DataFrame({f"country {seed}": errors(seed) for seed in seeds})
    table["mean"] = table.mean(axis=1)
    table = table.sort_values("mean")
    return (table,)


@app.cell
def _(table):
    mo.vstack(
        [
            mo.md("Mean absolute percentage error of municipalities by day:"),
            table.map(lambda share: f"{share:.1%}"),
        ]
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    Two countries decide nothing: see `compare_versions.py`, or let Peil's studies try it on many,
    with ingest and staging as in a pilot. A file in the folder that `PEIL_ESTIMATORS` names:

    ```python
    from peil.estimate.estimators import Estimator

    ESTIMATOR = Estimator(
        "geometric",
        lambda given: PresenceGeometric(given.part.prior),
        "Geometric mean of EM and SB",
        "Meetkundig gemiddelde van EM en SB",
    )
    ```

    with the class above it; then `peil study run NAME`.
    """)
    return


if __name__ == "__main__":
    app.run()
