# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["cryptography", "marimo", "matplotlib", "numpy", "pandas"]
# ///
"""Read a released bundle: verify it first, then draw it.

Needs the folder of a bundle and, from the public register, the operator's key:
`marimo edit notebooks/released_bundle.py -- --bundle FOLDER --key KEY`
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(app_title="A released bundle")

with app.setup:
    import json
    import subprocess
    import sys
    from pathlib import Path

    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    DEMO = Path(__file__).parents[1] / "data/agency/released/demo/presence/2026-03-02"

    def refuse(sentence):
        """Go no further: said in the notebook, or to whoever runs it as a script."""
        if mo.app_meta().mode == "script":
            raise SystemExit(sentence)
        mo.stop(True, mo.md(f"**{sentence}**"))


@app.cell(hide_code=True)
def _():
    mo.md("""
    # A released bundle

    A folder with one product of one period: a table, what it means, a statement on privacy, a
    signature, and `verify.py`, which checks them. By default a day of the demonstration.
    """)
    return


@app.cell
def _():
    bundle = Path(str(mo.cli_args().get("bundle") or DEMO))
    key = str(mo.cli_args().get("key") or "")  # none: the register's of the store it lies in
    return bundle, key


@app.cell
def _(bundle, key):
    if not (bundle / "verify.py").is_file():
        refuse(f"{bundle} is no bundle: `make pilot` makes the demonstration's, or name another.")
    check = subprocess.run(
        [sys.executable, bundle / "verify.py", *(["--key", key] if key else []), bundle],
        capture_output=True,
        text=True,
        check=False,
    )
    if check.returncode:
        refuse(f"Do not use this bundle. {check.stderr.strip()}")
    mo.md(check.stdout.strip())
    return (check,)


@app.cell
def _(bundle, check):
    assert check.returncode == 0  # nothing is read that was not verified
    metadata = json.loads((bundle / "metadata.json").read_text(encoding="utf-8"))
    (file,) = bundle.glob("rel_*.csv")
    entries = pd.read_csv(file, dtype={"REF_AREA": str})
    entries["hour"] = entries["TIME_PERIOD"].str.slice(11, 16)
    entries.head()
    return entries, metadata


@app.cell
def _(entries):
    n_withheld = int(entries["OBS_VALUE"].isna().sum())
    mo.md(
        f"{len(entries)} entries, {entries['REF_AREA'].nunique()} areas; {n_withheld} without a "
        "figure. `OBS_STATUS` says why: Q is withheld to protect people, L was not observed."
    )
    return (n_withheld,)


@app.cell
def _(entries):
    order = entries.groupby("REF_AREA")["OBS_VALUE"].max().fillna(0).sort_values().index
    table = entries.pivot_table(
        index="REF_AREA", columns="TIME_PERIOD", values="OBS_VALUE", dropna=False
    ).reindex(order)
    share = table.div(table.mean(axis=1), axis=0)
    tall = max(2.4, 0.2 * len(table))
    figure, axes = plt.subplots(figsize=(8, tall), layout="constrained")
    axes.set_facecolor("lightgrey")  # shows where there is no figure
    image = axes.pcolormesh(np.ma.masked_invalid(share), cmap="viridis")
    axes.set_yticks(np.arange(len(table)) + 0.5, table.index)
    axes.set_xticks(np.arange(table.shape[1]) + 0.5, [str(t)[11:13] for t in table.columns])
    axes.set(xlabel="Hour of the day", title="Persons present, as a share of the area's mean")
    figure.colorbar(image, label="1 = mean; grey: none")
    figure
    return (order,)


@app.cell
def _(entries, order):
    area = entries[entries["REF_AREA"] == order[-1]].sort_values("TIME_PERIOD")
    line, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    axis.plot(area["hour"], area["OBS_VALUE"], label="persons")
    if {"OBS_LOWER", "OBS_UPPER"} <= set(area):
        ends = area[["OBS_LOWER", "OBS_UPPER"]].astype(float)
        axis.fill_between(area["hour"], *ends.to_numpy().T, alpha=0.25, label="90 % interval")
    axis.set(title=f"Area {order[-1]}", xlabel="Hour of the day", ylabel="Persons", ylim=(0, None))
    axis.tick_params(axis="x", rotation=90)
    axis.legend(frameon=False)
    line
    return


if __name__ == "__main__":
    app.run()
