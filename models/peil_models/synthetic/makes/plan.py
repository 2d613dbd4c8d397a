"""A cell plan and the truth behind it: antennas that stand otherwise, parameters that are noise.

The plan of the demo is in `network`; what is true of radio and in no plan is in `radio`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from peil_models.synthetic.streams import stream


@dataclass(frozen=True)
class PlanErrors:
    """How far antennas are from what the plan says: independent normal errors per cell.

    Parameters
    ----------
    azimuth_sd_deg, tilt_sd_deg : float
        Unit: degrees.
    power_sd_db : float
        Unit: dB.

    Notes
    -----
    Sizes are an assumption: what operators find when they climb their masts is not published.
    Positions, heights and widths of beam are as planned.
    """

    azimuth_sd_deg: float = 10.0
    tilt_sd_deg: float = 1.5
    power_sd_db: float = 2.0

    def applied(self, plan: pd.DataFrame, world_seed: int) -> pd.DataFrame:
        """Return the cells as they truly are, of which `plan` is delivered."""
        error = stream(world_seed, "errors of the plan").normal(0, 1, (3, len(plan)))
        return plan.assign(
            azimuth_deg=(plan["azimuth_deg"] + self.azimuth_sd_deg * error[0]) % 360,
            tilt_deg=plan["tilt_deg"] + self.tilt_sd_deg * error[1],
            power_w=plan["power_w"] * 10 ** (self.power_sd_db * error[2] / 10),
        )


@dataclass(frozen=True)
class PlanNoise:
    """A plan whose radio parameters say nothing: even draws between bounds, whatever is true.

    Parameters
    ----------
    antenna_height_m, power_w, tilt_deg, beam_horizontal_deg, beam_vertical_deg : (float, float)
        Bounds. Azimuths are drawn all round. Positions, codes and types of cell stay true.
    """

    antenna_height_m: tuple[float, float] = (8.0, 60.0)
    power_w: tuple[float, float] = (1.0, 40.0)
    tilt_deg: tuple[float, float] = (0.0, 12.0)
    beam_horizontal_deg: tuple[float, float] = (30.0, 120.0)
    beam_vertical_deg: tuple[float, float] = (4.0, 20.0)

    def applied(self, cells: pd.DataFrame, world_seed: int) -> pd.DataFrame:
        """Return the plan that is delivered of true cells."""
        rng = stream(world_seed, "noise of the plan")

        def between(bounds: tuple[float, float]) -> pd.Series:
            return pd.Series(rng.uniform(*bounds, len(cells)).round(1), index=cells.index)

        turned = cells["is_directional"].astype(bool)
        return cells.assign(
            antenna_height_m=between(self.antenna_height_m),
            power_w=between(self.power_w),
            frequency_mhz=rng.choice(np.sort(cells["frequency_mhz"].unique()), len(cells)),
            azimuth_deg=between((0.0, 359.0)).where(turned),
            tilt_deg=between(self.tilt_deg).where(turned),
            beam_horizontal_deg=between(self.beam_horizontal_deg).where(turned),
            beam_vertical_deg=between(self.beam_vertical_deg).where(turned),
        )
