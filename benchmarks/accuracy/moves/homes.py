"""Homes and work of one simulated world, beside the simple rules."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves.methods import Moves
from benchmarks.accuracy.moves.world import DAY, HOUR, PILOT
from peil import methods
from peil_models.location import posterior
from peil_models.residence import (
    AnchorPlace,
    CellRule,
    PermanenceScores,
    UsualEnvironment,
    bridged_stays,
    home_cells,
    permanence_scores,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SQUARE_M = 500.0
PLACE = "all stays at the place"


def home_scores(moves: Moves) -> dict[str, Any]:
    """Score the share of devices right, by method; errors of distance of the first."""
    world, events = moves.world, moves.events
    tile_of_person = world.persons["home_tile"].to_numpy(np.int64)
    truth = tile_of_person[world.person_of(moves.device)]
    first = _right(moves, moves.homes.device, moves.homes.tile, moves.homes.zone, truth)
    by_method: dict[str, Any] = {PLACE: first}
    nights = methods.section("home_rules", PILOT)
    night = world.calendar.between(nights["night_start_hour"], nights["night_end_hour"])
    weight = world.calendar.seconds(moves.segments.start_s, moves.segments.end_s, night)
    weight = np.where(moves.segments.is_stay, weight, 0.0)
    by_night = moves.staying.homes.place(moves.segments, moves.places, moves.row, weight)
    by_method["stays of nights at the place"] = _right(
        moves, by_night.device, by_night.tile, by_night.zone, truth
    )
    by_method["permanence score, municipalities"] = _permanence(moves, truth)
    by_method["permanence score, published bridging of cells"] = _bridged(moves, truth)
    hour = (events.at_s // HOUR).astype(np.int64)
    day = (events.at_s // DAY).astype(np.int64)
    for kind, footprint, prior in (
        ("", world.footprint, world.residents),
        (", Voronoi", world.voronoi, (world.zone_of_tile >= 0).astype(np.float64)),
    ):
        located = posterior(footprint, prior)
        likeliest = np.array([_mode(located, cell) for cell in range(located.shape[0])])
        zone = moves.zone_of_cell(footprint, prior)
        for rule in get_args(CellRule):
            device, cell, _ = home_cells(events.device, events.cell, day, night[hour], rule)
            name = f"cell: {rule.replace('_', ' ')}{kind}"
            by_method[name] = _right(moves, device, likeliest[cell], zone[cell], truth)
    error = _distance(moves, moves.homes.device, moves.homes.tile, truth)
    by_method[PLACE]["error_quantiles_m"] = (
        np.quantile(error, np.linspace(0.0, 1.0, 101)).round(1).tolist()
    )
    kind = world.country.municipality[truth]
    by_method[PLACE]["by_zone"] = [
        float(np.mean(moves.homes.zone_of_device(len(world.devices))[moves.device][kind == z] == z))
        for z in range(world.n_zones)
    ]
    return by_method


def _permanence(moves: Moves, truth: Ints) -> dict[str, float]:
    """Score the home municipality by permanence scores and the published labels."""
    is_stay = moves.segments.is_stay
    stays = moves.segments.take(is_stay)
    permanence = permanence_scores(
        stays.device, stays.start_s, stays.end_s, moves.places.zone[is_stay], moves.world.calendar
    )
    return _labelled(moves, permanence, truth)


def _labelled(moves: Moves, permanence: PermanenceScores, truth: Ints) -> dict[str, float]:
    is_home = UsualEnvironment(**methods.section("usual", PILOT)).label(permanence).is_home
    device, first = np.unique(permanence.device[is_home], return_index=True)
    zone = permanence.place[is_home][first]
    return _right(moves, device, np.full(len(device), -1), zone, truth)


def _bridged(moves: Moves, truth: Ints) -> dict[str, float]:
    """Score the home municipality as published: events bridged, the cell's municipality, labels."""
    world, events = moves.world, moves.events
    zone = moves.zone_of_cell(world.footprint, world.prior)
    x, y = (world.cells[name].to_numpy()[events.cell] for name in ("x_m", "y_m"))
    night = world.calendar.between(23, 9)[(events.at_s // HOUR).astype(np.int64)]
    device, start, end, cell = bridged_stays(
        events.device, events.at_s, events.cell, x, y, night, **methods.section("bridging", PILOT)
    )
    permanence = permanence_scores(device, start, end, zone[cell], world.calendar)
    return _labelled(moves, permanence, truth)


def _right(moves: Moves, device: Ints, tile: Ints, zone: Ints, truth: Ints) -> dict[str, float]:
    """Return shares of *all* devices: one without a home found is wrong."""
    world = moves.world
    at = np.searchsorted(moves.device, device)
    right = zone == world.zone_of_tile[truth[at]]
    shares = {
        "right_zone": float(right.sum() / len(moves.device)),
        "found": float(len(device) / len(moves.device)),
    }
    if (tile >= 0).any():
        x, y = (world.tiles[c].to_numpy() for c in ("x_m", "y_m"))
        off = np.maximum(np.abs(x[tile] - x[truth[at]]), np.abs(y[tile] - y[truth[at]]))
        far = np.hypot(x[tile] - x[truth[at]], y[tile] - y[truth[at]])
        n = len(moves.device)
        shares["within_500_m_square"] = float(((off <= SQUARE_M) & (tile >= 0)).sum() / n)
        shares["within_500_m"] = float(((far <= SQUARE_M) & (tile >= 0)).sum() / n)
    return shares


def _distance(moves: Moves, device: Ints, tile: Ints, truth: Ints) -> Floats:
    x, y = (moves.world.tiles[c].to_numpy() for c in ("x_m", "y_m"))
    true = truth[np.searchsorted(moves.device, device)]
    return np.asarray(np.hypot(x[tile] - x[true], y[tile] - y[true]))


def work_scores(moves: Moves) -> dict[str, float]:
    """Score the work place of the devices of those who work or learn away from home."""
    world = moves.world
    calendar = world.calendar
    chosen = methods.section("work", PILOT)
    hours = calendar.between(chosen["start_hour"], chosen["end_hour"]) & (calendar.day_type == 0)
    weight = calendar.seconds(moves.segments.start_s, moves.segments.end_s, hours)
    weight = np.where(moves.segments.is_stay & ~moves.homes.is_there, weight, 0.0)
    choices = methods.section("residence", PILOT)
    choices |= {name: chosen[name] for name in ("min_weight_s", "min_share")}
    model = AnchorPlace(**choices).fit(
        moves.staying.rings.connection_probability_,
        world.prior,
        zone_of_tile=world.zone_of_tile,
        tile_x_m=world.tiles["x_m"],
        tile_y_m=world.tiles["y_m"],
    )
    work = model.place(moves.segments, moves.places, moves.row, weight)
    person = world.person_of(moves.device)
    true_tile = world.persons["work_tile"].to_numpy(np.int64)[person]
    regular = world.persons["kind"].isin(["office", "child", "pupil"]).to_numpy()[person]
    has_work = (true_tile >= 0) & regular
    tile, zone = np.full(len(world.devices), -1), np.full(len(world.devices), -1)
    tile[work.device], zone[work.device] = work.tile, work.zone
    workers = moves.device[has_work]
    truth = true_tile[has_work]
    x, y = (world.tiles[c].to_numpy() for c in ("x_m", "y_m"))
    off = np.maximum(np.abs(x[tile[workers]] - x[truth]), np.abs(y[tile[workers]] - y[truth]))
    none = moves.device[true_tile < 0]
    home = world.persons["home_tile"].to_numpy(np.int64)[person][has_work]
    is_far = np.hypot(x[truth] - x[home], y[truth] - y[home]) > 1000.0
    right = zone[workers] == world.zone_of_tile[truth]
    return {
        "found": float(np.mean(tile[workers] >= 0)),
        "right_zone": float(np.mean(right)),
        "right_zone_if_far": float(np.mean(right[is_far])),
        "within_500_m_square": float(np.mean((off <= SQUARE_M) & (tile[workers] >= 0))),
        "found_of_those_without": float(np.mean(tile[none] >= 0)),
    }


def _mode(located: Any, cell: int) -> int:
    low, high = located.indptr[cell], located.indptr[cell + 1]
    return int(located.indices[low + located.data[low:high].argmax()]) if high > low else -1
