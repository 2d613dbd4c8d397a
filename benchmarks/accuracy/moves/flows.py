"""Stays and flows of one simulated world, beside the naive ways."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves.methods import FIRST, Moves
from benchmarks.accuracy.moves.world import DAY, DAYS, HOUR, NOT_STAYING
from peil_models import scores
from peil_models.mobility import FlowTable, Trips, find_trips, flow_table
from peil_models.stays import MOVE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NAIVE = "municipality of the hour's modal cell"


def stay_scores(moves: Moves) -> dict[str, Any]:
    """Return F1 on time, by method; of the first method also by kind of municipality."""
    truth = moves.world.true_time(moves.device)
    at_all = _relabelled(truth, np.where(truth.label >= 0, 0, truth.label))
    is_stay = moves.segments.is_stay
    by_method: dict[str, Any] = {}
    for name, places in moves.placings.items():
        label = np.where(is_stay, np.maximum(places.zone, NOT_STAYING), NOT_STAYING)
        claimed = moves.claimed(label)
        by_method[name] = {"f1_right_zone": scores.f1_on_time(truth, claimed)}
        if name == FIRST:
            at_any = moves.claimed(np.where(is_stay, 0, NOT_STAYING))
            by_method[name]["f1_at_all"] = scores.f1_on_time(at_all, at_any)
            by_method[name]["by_zone"] = _by_zone(truth, claimed, moves.world.n_zones)
            by_method[name]["f1_moves"] = scores.f1_on_time(
                _relabelled(truth, _flipped(truth.label)),
                moves.claimed(np.where(moves.segments.state == MOVE, 0, NOT_STAYING)),
            )
    device, hour, zone = moves.hourly
    naive = scores.LabelledTime.of(device, hour * HOUR, (hour + 1) * HOUR, zone)
    by_method[NAIVE] = {"f1_right_zone": scores.f1_on_time(truth, naive)}
    always = scores.LabelledTime.of(
        moves.device,
        np.zeros(len(moves.device)),
        np.full(len(moves.device), DAYS * DAY),
        np.zeros(len(moves.device)),
    )
    by_method["always staying"] = {"f1_at_all": scores.f1_on_time(at_all, always)}
    return by_method


def flow_scores(moves: Moves) -> dict[str, Any]:
    """Return CPC of trips between municipalities, mean over days, by method."""
    own, all_trips = moves.world.true_flows(moves.device)
    trips = find_trips(moves.segments, max_unknown_s=moves.staying.max_unknown_s)
    by_method: dict[str, Any] = {}
    tables: dict[str, Floats] = {
        name: _counted(trips, places.zone, moves.world.n_zones)
        for name, places in moves.placings.items()
    }
    days = np.arange(DAYS + 1) * DAY
    shared = flow_table(trips, moves.refined, days, is_shared=True)
    tables[FIRST + ", shared over zones"] = shared.n_trips[:, :-1, :-1]
    device, hour, zone = moves.hourly
    moved = (device[1:] == device[:-1]) & (np.diff(hour) == 1)
    naive = Trips(
        device[1:][moved],
        hour[1:][moved] * HOUR,
        hour[1:][moved] * HOUR,
        np.flatnonzero(moved),
        np.flatnonzero(moved) + 1,
    )
    tables["municipality of consecutive hours' modal cell"] = _counted(
        naive, zone, moves.world.n_zones
    )
    for name, table in tables.items():
        by_method[name] = {
            "cpc": _cpc(own, table, within=False),
            "cpc_with_own_zone": _cpc(own, table, within=True),
            "n_trips_ratio": float(_between(table).sum() / _between(own).sum()),
        }
    weight = moves.weights
    persons = flow_table(trips, moves.refined, days, weight_of_device=weight)
    first = by_method[FIRST]
    first["cpc_persons"] = _cpc(all_trips, persons.n_trips[:, :-1, :-1], within=False)
    ratio = moves.world.register.sum() / len(moves.device)
    scaled = _cpc(all_trips, own * ratio, within=False)
    by_method["true trips of these devices, scaled"] = {"cpc_persons": scaled}
    first["pairs"] = _pairs(all_trips, persons)
    return by_method


def _relabelled(time: scores.LabelledTime, label: Ints) -> scores.LabelledTime:
    return scores.LabelledTime.of(time.device, time.start_s, time.end_s, label)


def _flipped(label: Ints) -> Ints:
    """Return labels in which moves are what is claimed."""
    return np.where(label == NOT_STAYING, 0, np.where(label >= 0, NOT_STAYING, label))


def _by_zone(truth: scores.LabelledTime, claimed: scores.LabelledTime, n_zones: int) -> list[float]:
    """Return F1 of each municipality alone."""
    a, b, length = scores.common_time(truth, claimed)
    true, guess = truth.label[a], claimed.label[b]
    is_scored = true != -2
    right = np.bincount(
        true[is_scored & (true == guess) & (true >= 0)],
        minlength=n_zones,
        weights=length[is_scored & (true == guess) & (true >= 0)],
    )
    total = np.zeros(n_zones)
    for label in (true, guess):
        some = is_scored & (label >= 0)
        np.add.at(total, label[some], length[some])
    return [float(v) for v in 2.0 * right / np.maximum(total, 1.0)]


def _counted(trips: Trips, zone: Ints, n_zones: int) -> Floats:
    """Count trips by day and likeliest zones; those to or from nowhere are left out."""
    day = (trips.departs_s // DAY).astype(np.int64)
    begin, end = zone[trips.from_segment], zone[trips.to_segment]
    inside = (day >= 0) & (day < DAYS) & (begin >= 0) & (end >= 0)
    table = np.zeros((DAYS, n_zones, n_zones))
    np.add.at(table, (day[inside], begin[inside], end[inside]), 1.0)
    return table


def _between(table: Floats) -> Floats:
    return np.asarray(table[:, ~np.eye(table.shape[1], dtype=bool)])


def _cpc(truth: Floats, table: Floats, *, within: bool) -> float:
    pick = (lambda whole: whole) if within else _between
    return float(
        np.mean(
            [
                scores.common_part_of_commuters(a, b)
                for a, b in zip(pick(truth), pick(table), strict=True)
            ]
        )
    )


def _pairs(truth: Floats, table: FlowTable) -> dict[str, list[float]]:
    """Return flows of persons by day and pair, true and estimated, as the intervals need them."""
    n = truth.shape[1]
    parts = {
        "true": truth,
        "persons": table.n_trips[:, :n, :n],
        "squared": table.n_trips_squared[:, :n, :n],
        "devices": table.n_devices[:, :n, :n],
    }
    return {
        name: [round(float(v), 2) for v in _between(np.asarray(part, np.float64)).ravel()]
        for name, part in parts.items()
    }
