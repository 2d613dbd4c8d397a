# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["marimo", "matplotlib", "peil-models[synthetic]"]
# ///
"""Estimate presence from the counts of cells, in ten lines, and look how wrong it is.

On a simulated country, since there the truth is known.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="A first estimate")

with app.setup:
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    from peil_models.footprint import FootprintSignalStrength
    from peil_models.location import prior_land_use, restrict
    from peil_models.presence import PresenceEM
    from peil_models.scores import mape
    from peil_models.synthetic import Simulation
    from peil_models.weighting import NightRatio


@app.cell(hide_code=True)
def _():
    mo.md("""
    # A first estimate

    An operator counts devices by cell and hour. How many *persons* were in each municipality?
    """)
    return


@app.cell
def _():
    n_devices = 3000  # of one operator; more take longer and err less
    return (n_devices,)


@app.cell
def _(n_devices):
    country = Simulation(devices=n_devices, days=1)
    cells, tiles = country.world.cells.set_index("cell_id"), country.tiles()
    register = country.register().set_index("zone_id")["n_persons"]
    counts = country.counts()  # devices, by cell and hour
    counts.head()
    return cells, counts, country, register, tiles


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Ten lines

    *Footprint*: how likely each cell serves a device in each tile. *Prior*: where people are, by
    land use alone, within the country. *EM*: the devices by tile that make the counts most likely.
    *Night ratio*: how many residents of the register a device of the small hours stands for.
    """)
    return


@app.cell
def _(cells, counts, register, tiles):
    footprint = FootprintSignalStrength().fit(cells, tiles)
    prior = restrict(prior_land_use(tiles), tiles["zone_id"].notna())
    presence = PresenceEM(prior).fit(footprint.connection_probability_, counts)
    devices = pd.DataFrame(presence.devices_).groupby(tiles["zone_id"]).sum()
    nights = devices[[1, 2, 3]]
    weights = NightRatio().fit(nights, register[devices.index])
    persons = pd.DataFrame(weights.transform(devices), index=devices.index)
    persons.round().head()
    return persons, presence


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Beside the truth
    """)
    return


@app.cell
def _(country, persons, tiles):
    by_tile = np.column_stack([country.presence(hour) for hour in range(24)])
    truth = pd.DataFrame(by_tile).groupby(tiles["zone_id"]).sum()
    hours = range(8, 20)
    error = mape(truth[hours], persons[hours])
    mo.md(
        f"By day the estimate of a municipality errs by **{error:.1%}**: mean absolute percentage "
        f"error over {len(truth)} municipalities and {len(hours)} hours, from "
        f"{len(country.population.devices)} devices. With so few, chance alone is much of it."
    )
    return error, truth


@app.cell
def _(persons, truth):
    most = truth[12].idxmax()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.scatter(truth[12], persons[12], s=18)
    left.axline((0, 0), slope=1, color="grey", linewidth=1)
    left.set(title="12:00, each municipality", xlabel="Persons, true", ylabel="Persons, estimated")
    right.plot(truth.loc[most], color="grey", label="true")
    right.plot(persons.loc[most], label="estimated")
    right.set(
        title=f"Municipality {most}", xlabel="Hour of the day", ylabel="Persons", ylim=(0, None)
    )
    right.legend(frameon=False)
    figure
    return


if __name__ == "__main__":
    app.run()
