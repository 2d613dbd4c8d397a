"""The sample of the ESSnet simulator, and small worlds of our own drawn beside it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from peil_models.location import Histories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DETACH = 1


@dataclass(frozen=True)
class Sample:
    """What an estimator may see, and the truth that only scores see.

    Attributes
    ----------
    signal : ndarray of shape (n_cells, n_tiles)
        Unit: dBm.
    masts : ndarray of shape (n_cells, 2)
    histories : Histories
    shape, tile_m : grid, tiles from the south-west row by row
    x_m, y_m : ndarray of shape (n_events,)
        True positions.
    holder : ndarray of shape (n_devices,)
        Number of the true holder of each device.
    midpoint, steepness : ndarray of shape (n_cells, 1)
        Of each antenna, where the sample names them.
    region : ndarray of shape (n_tiles,)
        Region of each tile, from 0.
    """

    signal: Floats
    masts: Floats
    histories: Histories
    shape: tuple[int, int]
    tile_m: float
    x_m: Floats
    y_m: Floats
    holder: Ints
    midpoint: Floats
    steepness: Floats
    region: Ints

    @property
    def tiles(self) -> Floats:
        """Centres of the tiles, (n_tiles, 2)."""
        centre_y = (np.arange(self.shape[0]) + 0.5) * self.tile_m
        centre_x = (np.arange(self.shape[1]) + 0.5) * self.tile_m
        return np.stack(np.meshgrid(centre_x, centre_y), axis=-1).reshape(-1, 2)


def read_sample(folder: Path) -> Sample:
    """Read the sample; a detachment is no event, an antenna's number is its place in the plan."""
    events = pd.read_csv(folder / "AntennaInfo_MNO_MNO1.csv", skipinitialspace=True)
    events.columns = pd.Index(["t", "cell", "code", "device", "x", "y", "tile"])
    events = events[events["code"] != DETACH].sort_values(["device", "t", "cell"])
    signal = pd.read_csv(folder / "SignalMeasure_MNO1.csv").set_index("Antenna ID").sort_index()
    plan = ElementTree.parse(folder / "antennas.xml").getroot().findall("antenna")
    field = {
        name: np.array([float(antenna.findtext(name) or "nan") for antenna in plan])
        for name in ("x", "y", "Smid", "SSteep")
    }
    regions = pd.read_csv(folder / "aggregation_regions.csv").set_index("tile").sort_index()
    x, y = events["x"].to_numpy(), events["y"].to_numpy()
    histories = Histories.of(
        events["device"].to_numpy(), events["t"].to_numpy(), events["cell"].to_numpy() - 1
    )
    return Sample(
        signal=signal.to_numpy(dtype=np.float64),
        masts=np.stack([field["x"], field["y"]], axis=1),
        histories=histories,
        shape=(40, 40),
        tile_m=250.0,
        x_m=x,
        y_m=y,
        holder=holders(histories, x, y),
        midpoint=field["Smid"][:, None],
        steepness=field["SSteep"][:, None],
        region=regions["region"].to_numpy() - 1,
    )


def holders(histories: Histories, x_m: Floats, y_m: Floats) -> Ints:
    """Return the holder of each device: those always at the same place have the same one."""
    journeys: list[tuple[int, dict[int, tuple[float, float]]]] = []
    out = np.arange(histories.n_devices)
    for device in range(histories.n_devices):
        own = slice(histories.offsets[device], histories.offsets[device + 1])
        places = zip(x_m[own].tolist(), y_m[own].tolist(), strict=True)
        at = dict(zip(histories.at_s[own].tolist(), places, strict=True))
        # The same journey, even where one of the two has an event less.
        for other, journey in journeys:
            both = at.keys() & journey.keys()
            if both and all(at[moment] == journey[moment] for moment in both):
                out[device] = other
                break
        else:
            journeys.append((device, at))
    return out


SIDE_TILES, TILE_M, STEP_S = 40, 250.0, 10
SPEEDS = (1.5, 5.0, 14.0)
SHADOW_DB, HYSTERESIS_DB = 4.0, 3.0


def draw_world(seed: int, n_devices: int = 50, n_steps: int = 60, n_masts: int = 70) -> Sample:
    """Draw devices that walk, cycle and drive straight ways with pauses, and hold on to cells.

    The serving cell is the strongest by 3 dB or more, else the one before; signal fades by 4 dB,
    alike over a few tiles. Estimators are told the mean signal.
    """
    random = np.random.default_rng(seed)
    side = SIDE_TILES * TILE_M
    masts = random.uniform(0, side, (n_masts, 2))
    power = random.uniform(38, 41, n_masts)
    shadow = SHADOW_DB * _fields(random, n_masts)
    place = random.uniform(0, side, (n_devices, 2))
    speed = random.choice(SPEEDS, n_devices)
    way, rests = random.uniform(0, 2 * np.pi, n_devices), random.random(n_devices) < 0.4
    cell = np.full(n_devices, -1)
    places, cells = [], []
    for _ in range(n_steps):
        setting_out = rests & (random.random(n_devices) < 0.08)
        turns = setting_out | (random.random(n_devices) < 0.04)
        way = np.where(turns, random.uniform(0, 2 * np.pi, n_devices), way)
        rests = np.where(rests, ~setting_out, random.random(n_devices) < 0.05)
        step = (STEP_S * speed * ~rests)[:, None] * np.stack([np.cos(way), np.sin(way)], axis=1)
        is_out = ((place + step < 0) | (place + step >= side)).any(axis=1)
        way = np.where(is_out, random.uniform(0, 2 * np.pi, n_devices), way)
        place = np.where(is_out[:, None], place, place + step)
        column, row = (place // TILE_M).astype(int).T
        heard = power[:, None] - 39 * np.log10(_distance(masts, place)) + shadow[:, row, column]
        best = heard.argmax(axis=0)
        now = heard[cell, np.arange(n_devices)]
        cell = np.where((cell >= 0) & (now >= heard.max(axis=0) - HYSTERESIS_DB), cell, best)
        places.append(place)
        cells.append(cell)
    path = np.array(places).transpose(1, 0, 2).reshape(-1, 2)
    histories = Histories.of(
        np.repeat(np.arange(n_devices), n_steps),
        np.tile(np.arange(n_steps) * STEP_S, n_devices),
        np.array(cells).T.ravel(),
    )
    nothing, n_tiles = np.full((n_masts, 1), np.nan), SIDE_TILES**2
    world = Sample(
        np.zeros((n_masts, n_tiles)),
        masts,
        histories,
        (SIDE_TILES, SIDE_TILES),
        TILE_M,
        path[:, 0],
        path[:, 1],
        np.arange(n_devices),
        nothing,
        nothing,
        np.zeros(n_tiles, dtype=np.int64),
    )
    world.signal[:] = power[:, None] - 39 * np.log10(_distance(masts, world.tiles))
    return world


def _distance(masts: Floats, places: Floats) -> Floats:
    return np.asarray(np.linalg.norm(masts[:, None] - places, axis=2).clip(20.0))


def _fields(random: np.random.Generator, n: int) -> Floats:
    """Return random fields with unit variance, correlated over about three tiles."""
    noise = random.standard_normal((n, SIDE_TILES, SIDE_TILES))
    smooth = np.stack([gaussian_filter(layer, 1.5, mode="wrap") for layer in noise])
    return np.asarray(smooth / smooth.std())
