"""Pictures of a candidate's errors in a study: against the size of a zone, and hour by hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SIZE, HOUR = "error_by_size.png", "error_by_hour.png"
INK, BAND = "#1b4f72", "#8fb8d4"


def draw(rows: pd.DataFrame, label: str, time_zone: str, folder: Path) -> list[Path]:
    """Draw both pictures; the same rows give the same bytes.

    Parameters
    ----------
    rows : DataFrame
        world, zone_id, hour_at, value, n_true (persons), is_day.
    label : str
        Whose errors they are.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    present = rows[(rows["n_true"] > 0) & rows["value"].notna()]
    error = present["value"] / present["n_true"] - 1.0
    files = []
    with mpl.rc_context({"font.size": 11, "figure.figsize": (7.0, 4.2), "figure.dpi": 110}):
        figure, axes = pyplot.subplots(layout="constrained")
        by_day = present["is_day"].astype(bool)
        keys = [present.loc[by_day, "world"], present.loc[by_day, "zone_id"]]
        size = present.loc[by_day, "n_true"].groupby(keys).mean()
        axes.scatter(size, 100 * error[by_day].abs().groupby(keys).mean(), s=14, color=INK)
        axes.set(
            xscale="log",
            xlabel="persons in the zone by day, mean over hours",
            ylabel="mean error, % of those there",
            title=f"{label}: error against size, a dot a zone and world",
        )
        axes.set_ylim(bottom=0)
        files.append(folder / SIZE)
        figure.savefig(files[-1], metadata={"Software": None})
        pyplot.close(figure)

        figure, axes = pyplot.subplots(layout="constrained")
        hour = present["hour_at"].dt.tz_convert(time_zone).dt.hour
        means = error.groupby([present["world"], hour]).mean().unstack("hour_at")
        hours = np.asarray(means.columns, dtype=np.int64)
        axes.axhline(0, color="#666666", linewidth=0.8)
        axes.fill_between(
            hours, 100 * means.min(), 100 * means.max(), color=BAND, alpha=0.5, label="worlds"
        )
        axes.plot(hours, 100 * means.mean(), color=INK, marker="o", label="mean over worlds")
        axes.set(
            xlabel="local hour",
            ylabel="mean residual, % of those there",
            title=f"{label}: residual by hour",
        )
        axes.legend(frameon=False)
        files.append(folder / HOUR)
        figure.savefig(files[-1], metadata={"Software": None})
        pyplot.close(figure)
    return files
