"""Tables of trips, made of a window's sums: by the entries that are published, and by hour.

The second is finer than anything that leaves: it is set against a known truth and stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.estimate.linked.plan import FlowPlan
from peil.estimate.linked.tables import ESTIMATOR, TablePeriod, Weighing, moments, of_day
from peil_models.uncertainty import weighted_interval

WIDTH = ("level", "sampling_overdispersion", "model_error_share")


def by_period(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Trips of one day by entry of the plan: `est_flows__by_pair_period`.

    Parameters
    ----------
    weighing : Weighing
    tally : DataFrame
        `Sums.flow_entries` of the window.
    part : TablePeriod
        The day, with the plan.
    """
    plan = _plan(part)
    start = plan.start[tally["period"]]
    rows = tally[np.isin(start, part.positions)].rename(columns={"n_trips": "mass"})
    whole = _weighed(weighing, rows, ["unit", "period"], plan.is_weekend[rows["period"]])
    start = plan.start[whole["period"]]
    return pd.DataFrame(
        {
            "from_area_id": plan.from_code[whole["unit"]],
            "to_area_id": plan.to_code[whole["unit"]],
            "period_at": moments(part.hours, pd.Series(start)),
            "freq": plan.freq[whole["period"]],
            **_figures(weighing, whole),
            "run_id": part.run_id,
        }
    )


def by_hour(weighing: Weighing, tally: pd.DataFrame, part: TablePeriod) -> pd.DataFrame:
    """Trips of one day by pair of lowest zones and hour: `est_flows__by_zone_pair_hour`.

    Parameters as `by_period`, of `Sums.flows`.
    """
    rows = of_day(tally, part.positions)
    is_weekend = _plan(part).is_weekend[rows["hour"]]  # periods begin with the hours
    whole = _weighed(weighing, rows, ["from_zone", "to_zone", "hour"], is_weekend)
    zones = np.array(weighing.origins.zones, dtype=object)
    return pd.DataFrame(
        {
            "from_zone_id": zones[whole["from_zone"]],
            "to_zone_id": zones[whole["to_zone"]],
            "hour_at": moments(part.hours, whole["hour"]),
            **_figures(weighing, whole),
            "run_id": part.run_id,
        }
    )


def _plan(part: TablePeriod) -> FlowPlan:
    if part.plan is None:
        raise ValueError("part has no plan: trips have no entries without one")
    return part.plan


def without_phone(share: float, trips: float) -> float:
    """Trips of a person over those of somebody who carries a phone.

    Weights let devices stand for all persons of the register, those without a phone of their own
    too (children, some of the old), who travel less between zones.

    Parameters
    ----------
    share : float
        Persons without a phone, of all.
    trips : float
        Trips of one of them over those of somebody who carries one.

    Examples
    --------
    >>> round(without_phone(0.1, 0.4), 3)
    0.94
    """
    return 1.0 - share * (1.0 - trips)


def _weighed(
    weighing: Weighing, rows: pd.DataFrame, key: list[str], is_weekend: NDArray[np.bool_]
) -> pd.DataFrame:
    """Devices, trips and trips of persons by key, the last also with squared weights.

    Devices of unknown home are left out.
    """
    choices, unknown = weighing.choices, weighing.origins.unknown
    share, of_trips = choices["linked"]["without_phone_share"], choices["trips"]
    workday = without_phone(share, of_trips["without_phone_workday"])
    weekend = without_phone(share, of_trips["without_phone_weekend"])
    weights = weighing.per_device(weighing.homed())
    origin = rows["origin"].to_numpy()
    if weights is None:
        each = np.full(len(rows), np.nan)
    else:
        # whoever comes from abroad is in no register and carries a phone
        travels = np.where(origin > unknown, 1.0, np.where(is_weekend, weekend, workday))
        each = weights[origin] * travels
    mass = rows["mass"].to_numpy()
    whole: pd.DataFrame = (
        rows.assign(persons=each * mass, squared=each**2 * mass)[origin != unknown]
        .groupby(key, as_index=False, sort=True)
        .agg(
            n_devices=("n_devices", "sum"),
            n_trips=("mass", "sum"),
            persons=("persons", "sum"),
            squared=("squared", "sum"),
        )
    )
    if weights is None:
        whole["persons"] = np.nan
    return whole


def _figures(weighing: Weighing, whole: pd.DataFrame) -> dict[str, Any]:
    value = whole["persons"].to_numpy(dtype=np.float64)
    lower = upper = value
    if not np.isnan(value).all():
        width = {name: weighing.choices["trips"][name] for name in WIDTH}
        lower, upper = weighted_interval(value, whole["squared"], **width)
    return {
        "estimator": ESTIMATOR,
        "n_devices": whole["n_devices"],
        "n_trips": whole["n_trips"].astype(np.float64),
        "n_person_trips": value,
        "n_person_trips_lower": lower,
        "n_person_trips_upper": upper,
    }
