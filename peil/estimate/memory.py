"""Whether a plan's footprint fits in memory, asked before it is made."""

from __future__ import annotations

import pandas as pd

from peil.outcome import Refused
from peil.settings import Settings
from peil_models.footprint import FootprintSignalStrength
from peil_models.footprint.reach import n_pairs_in_reach

# bytes a pair of a cell and a tile: of presence, read off benchmarks/estimate.md (21 million pairs
# took 1.26 GiB, the process included); of training four columns are kept and as many worked on
ESTIMATED, TRAINED = 60, 64
# what Python may take beside PEIL_MEMORY, which bounds DuckDB first of all: see docs/operate.md
BESIDES = 512 * 10**6


def allowed(settings: Settings) -> int:
    """Bytes that a verb may take: PEIL_MEMORY and what Python may take beside it.

    >>> allowed(Settings(memory="2GB"))
    2512000000
    """
    return settings.memory_bytes + BESIDES


def require(
    settings: Settings,
    what: str,
    footprint: FootprintSignalStrength,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    *,
    is_training: bool = False,
) -> None:
    """Refuse a plan whose pairs of a cell and a tile in reach take more than there is.

    Training keeps all of them, presence so many cells a tile as `max_cells_per_tile` says.

    Parameters
    ----------
    what : str
        Whose plan it is, for the sentence.

    Raises
    ------
    Refused
        With what it takes, what there is, and what to change.
    """
    n_pairs = n_pairs_in_reach(cells, tiles, footprint.defaults())
    most = footprint.max_cells_per_tile
    if not is_training and most is not None:
        n_pairs = min(n_pairs, most * len(tiles))
    n_bytes = n_pairs * (TRAINED if is_training else ESTIMATED)
    if n_bytes > allowed(settings):
        raise Refused(
            f"The plan of {what} has {n_pairs:,} pairs of a cell and a tile in reach, which take "
            f"{n_bytes / 10**9:,.1f} GB, and PEIL_MEMORY is {settings.memory}: raise it, take "
            "larger tiles (`area.tile_m`), or deliver a plan of this area alone; nothing was begun."
        )
