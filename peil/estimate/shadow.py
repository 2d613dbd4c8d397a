"""Let the challenger estimate a day beside the champion: nothing of it is released.

How far the two are apart goes into the day's record of estimates, and on the operator's page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from peil import methods
from peil.adapters import versions
from peil.adapters.versions import CHALLENGER, PRESENCE, Version
from peil.area.area import Area
from peil.charter.period import Period
from peil.estimate.champion import SECTIONS, chosen, described
from peil.estimate.estimators import ESTIMATORS, MEMBERS
from peil.estimate.night import Night
from peil.estimate.presence import Estimation
from peil.outcome import Refused
from peil.stage.counted import Counted
from peil.store import provenance

FILE = "est_presence__shadow.parquet"
BESIDE = ["n_persons", "n_persons_lower", "n_persons_upper"]


@dataclass(frozen=True)
class Shadow:
    """What a challenger made of a day.

    Attributes
    ----------
    facts : dict
        ``challenger``, ``difference_share`` (summed difference over the champion's sum, lowest
        zones), ``outside_share`` (zone-hours in which it lies outside the champion's interval); or
        ``challenger`` and ``failed``, the kind of error.
    table : DataFrame, optional
        As `est_presence__by_zone_hour`, of the challenger alone.
    """

    facts: dict[str, Any]
    table: pd.DataFrame | None = None


def of_day(
    period: Period,
    inputs: dict[str, Any],
    footprint: Any,
    area: Area,
    counted: Counted,
    night: Night,
    champions: pd.DataFrame,
) -> Shadow | None:
    """Estimate with the challenger what was estimated with the champion; none without one.

    A challenger that cannot be read or fails is told and stops nothing: nobody waits for it.

    Parameters
    ----------
    inputs : dict
        What the champion's run id is made of.
    champions : DataFrame
        The champion's zone table of the day.
    """
    label = CHALLENGER
    try:
        version = versions.of_alias(period.store, period.pilot, PRESENCE, CHALLENGER)
        if version is None:
            return None
        label = f"{PRESENCE}@{version.number}"
        return _beside(period, version, inputs, footprint, area, counted, night, champions)
    except Refused as refused:
        return Shadow({"challenger": label, "failed": str(refused)})
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return Shadow({"challenger": label, "failed": type(error).__name__})


def _beside(
    period: Period,
    version: Version,
    inputs: dict[str, Any],
    footprint: Any,
    area: Area,
    counted: Counted,
    night: Night,
    champions: pd.DataFrame,
) -> Shadow:
    name = version.model.estimator
    if name not in ESTIMATORS:
        raise Refused(f"Peil has no estimator {name}: add its row first.")
    rows = {each: row for each, row in ESTIMATORS.items() if each in (*MEMBERS, name)}
    with chosen(version, period.pilot):
        parameters = {each: methods.section(each, period.pilot) for each in SECTIONS}
        identity = {**inputs, "presence": described(version)["sha256"], "estimator": name}
        run_id = provenance.run_id({**identity, "is_shadow": True}, parameters)
        estimation = Estimation(period.charter, area, counted, footprint, night, rows, name)
        table = counted.unobserved_as_missing(estimation.run(name, run_id)[0])
    facts = {
        "challenger": f"{PRESENCE}@{version.number}",
        "estimator": name,
        **apart(champions, table, area.bottom()),
    }
    return Shadow(facts, table)


def apart(champions: pd.DataFrame, challengers: pd.DataFrame, zones: list[str]) -> dict[str, Any]:
    """How far two tables of a day are apart, over zones of the lowest level.

    Returns
    -------
    dict
        ``difference_share`` and ``outside_share``, none where there are no persons.
    """
    key = ["zone_id", "hour_at"]
    first, second = (
        table[table["zone_id"].isin(zones)].set_index(key)[BESIDE].astype("float64").sort_index()
        for table in (champions, challengers)
    )
    value, other = first["n_persons"], second["n_persons"].reindex(first.index)
    is_known = value.notna() & other.notna()
    if not is_known.any() or not value[is_known].sum():
        return {"difference_share": None, "outside_share": None}
    value, other, ends = value[is_known], other[is_known], first[is_known]
    outside = (other < ends["n_persons_lower"]) | (other > ends["n_persons_upper"])
    return {
        "difference_share": round(float((other - value).abs().sum() / value.sum()), 4),
        "outside_share": round(float(outside.mean()), 4),
    }
