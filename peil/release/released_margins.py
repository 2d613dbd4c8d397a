"""What a release tells, in devices: written where it crosses, read before another does.

One folder a delivery under `operator/disclosure`, named by its content: a list (JSON) and a table
(Parquet) a release, the list last; tiles once for all releases of the same zones.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.estimate.champion import released_estimator
from peil.outcome import Refused
from peil.release.lattice import Tiled, zone_by_cell
from peil.store import ledger, released_tables
from peil.store.atomic import canonical, read_json, write_bytes, write_json
from peil.store.faults.written import read_parquet
from peil.store.store import Store
from peil_models.disclosure.blocks import Margins

KEYS = {
    "presence": ["REF_AREA", "TIME_PERIOD"],
    "visitors": ["REF_AREA", "ORIGIN", "TIME_PERIOD", "FREQ"],
    "flows": ["REF_AREA_FROM", "REF_AREA_TO", "TIME_PERIOD", "FREQ"],
}


def key_of(product: str, table: pd.DataFrame) -> list[str]:
    """What names an entry; of a product that is not listed every column of a place or a time."""
    names = {name: None for key in KEYS.values() for name in key}
    return KEYS.get(product) or [name for name in names if name in table]


@dataclass(frozen=True)
class ReleasedMargins:
    """One product of one delivery, as one pilot released it or is about to.

    Attributes
    ----------
    delivery : list of str
        Hashes of the files of events, in order.
    members : dict
        Zone of any level → numbers of the lowest zones that make it up.
    left_out : dict
        Hash of a file of events → how many of its rows were left out, and by which list.
    entries : DataFrame
        The key of `KEYS`, `withheld`, and of presence `devices` (NaN where not told) and
        `half_step`.
    """

    pilot: str
    product: str
    period: str
    threshold: int
    delivery: list[str]
    area: Tiled
    members: dict[str, list[int]]
    entries: pd.DataFrame
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of its files."""
        return f"{self.pilot}.{self.product}.{self.period}"

    def is_without_the_same(self, other: ReleasedMargins) -> bool:
        """Whether the same rows of the files that both rest on were left out of both."""
        shared = set(self.delivery) & set(other.delivery)
        return all(self.left_out.get(file) == other.left_out.get(file) for file in shared)

    def is_of_the_same_files(self, other: ReleasedMargins) -> bool:
        """Whether both rest on the same files of one period; of two periods nothing is said.

        A day and an hour of it rest on other files, and so do two days that share a file.
        """
        return self.period != other.period or set(self.delivery) == set(other.delivery)


def tiled(charter: Charter, area: Area) -> Tiled:
    """The tiles of a pilot that lie in a zone."""
    zone = pd.Categorical(area.tiles["zone_id"], categories=area.bottom()).codes
    inside = zone >= 0
    x, y = (area.tiles[name].to_numpy(dtype=np.float64)[inside] for name in ("x_m", "y_m"))
    codes = np.asarray(zone[inside], dtype=np.int64)
    return Tiled(charter.pilot, area.crs, float(charter.area.tile_m), x, y, codes)


def members(area: Area) -> dict[str, list[int]]:
    """Lowest zones of every zone, by number."""
    return {zone: [int(number) for number in numbers] for zone, numbers in area.members()}


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a released table, its keys as text.

    From its Parquet: in a CSV the code `NA` is taken for none, and `-1A` begins with an apostrophe.
    """
    table = released_tables.read(folder, name)
    keys = {column for key in KEYS.values() for column in key}
    return table.astype({column: str for column in keys & set(table)})


def entries(product: str, table: pd.DataFrame, estimated: Path) -> pd.DataFrame:
    """Entries that a table tells or withholds, with the devices behind what it tells.

    An attacker is taken to know how many persons a device of each zone and hour stands for, so
    that a published number of persons is a number of devices up to its rounding. Of products that
    follow devices the entries that are told are listed, without counts.
    """
    key = key_of(product, table)
    keyed = table[[*key, "OBS_STATUS"]].assign(
        TIME_PERIOD=pd.to_datetime(table["TIME_PERIOD"], utc=True)
    )
    if product != PRESENCE:
        listed = keyed.loc[keyed["OBS_STATUS"].eq("A"), key]
        return listed.assign(withheld=False).sort_values(key, ignore_index=True)
    rows = read_parquet(estimated / f"{PRODUCTS[PRESENCE].table('estimated')}.parquet")
    rows = rows[rows["estimator"] == released_estimator(estimated)]
    behind = pd.DataFrame(
        {
            "REF_AREA": rows["zone_id"].astype(str),
            "TIME_PERIOD": pd.to_datetime(rows["hour_at"], utc=True),
            "devices": rows["n_devices"].astype(np.float64),
            "persons": rows["n_persons"].astype(np.float64),
        }
    )
    whole = keyed.merge(behind, on=key, how="left", validate="one_to_one")
    shown = whole["OBS_STATUS"].eq("A")
    per_person = (whole["devices"] / whole["persons"].where(whole["persons"] > 0)).fillna(1.0)
    return pd.DataFrame(
        {
            **{name: whole[name] for name in key},
            "devices": whole["devices"].where(shown),
            "half_step": 0.5 * per_person,
            "withheld": whole["OBS_STATUS"].eq("Q"),
        }
    ).sort_values(key, ignore_index=True)


def keep(store: Store, release: ReleasedMargins) -> Path:
    """Write a release in the folder of its delivery; the same release is the same bytes."""
    area = _parquet(
        pd.DataFrame({"x_m": release.area.x_m, "y_m": release.area.y_m, "zone": release.area.zone})
    )
    area_sha256 = hashlib.sha256(area).hexdigest()
    tiles = store.disclosure / "areas" / f"{area_sha256}.parquet"
    if not tiles.exists():
        write_bytes(tiles, area, 0o600)
    folder = store.disclosure / hashlib.sha256(canonical(release.delivery)).hexdigest()
    table = _parquet(release.entries)
    write_bytes(folder / f"{release.name}.parquet", table, 0o600)
    listed = {
        "pilot": release.pilot,
        "product": release.product,
        "period": release.period,
        "threshold": release.threshold,
        "delivery": release.delivery,
        "plane": release.area.plane,
        "tile_m": release.area.tile_m,
        "tiles_sha256": area_sha256,
        "entries_sha256": hashlib.sha256(table).hexdigest(),
        "members": release.members,
        "left_out": release.left_out,
    }
    return write_json(folder / f"{release.name}.json", listed)


def kept(store: Store, delivery: Sequence[str], product: str) -> list[ReleasedMargins]:
    """Releases of a product that rest on any file of a delivery, in the order of their names.

    Any file: a delivery of which one file was added or taken away is of the same people. What was
    written and never crossed told nobody anything: it is left out.
    """
    releases = []
    for file in sorted(store.disclosure.glob(f"*/*.{product}.*.json"), key=lambda f: f.name):
        listed: dict[str, Any] = read_json(file)
        if not set(listed["delivery"]) & set(delivery) or _never_crossed(store, listed):
            continue
        tiles = store.disclosure / "areas" / f"{listed['tiles_sha256']}.parquet"
        table = file.with_suffix(".parquet")
        if not _is_whole(table, listed["entries_sha256"]) or not tiles.exists():
            continue  # a kill came between the two files: written again from the bundle
        place = read_parquet(tiles)
        area = Tiled(
            listed["pilot"],
            listed["plane"],
            listed["tile_m"],
            *(place[name].to_numpy() for name in ("x_m", "y_m", "zone")),
        )
        names = ("pilot", "product", "period", "threshold", "delivery")
        rest = {name: listed[name] for name in names} | {"left_out": listed.get("left_out", {})}
        releases.append(
            ReleasedMargins(
                **rest, area=area, members=listed["members"], entries=read_parquet(table)
            )
        )
    return releases


def _never_crossed(store: Store, listed: dict[str, Any]) -> bool:
    """Whether a kill or a refusal came before the crossing: no ledger entry ever named the release.

    One that was withdrawn since was public. A ledger that is gone says nothing either way.
    """
    pilot, facts = listed["pilot"], {name: listed[name] for name in ("product", "period")}
    return store.ledger(pilot).exists() and ledger.find(store, pilot, "release", **facts) is None


def periods_kept(store: Store, pilot: str, product: str) -> set[str]:
    """Periods of a pilot whose release is written whole."""
    files = store.disclosure.glob(f"*/{pilot}.{product}.*.json")
    return {
        listed["period"]
        for file in files
        if _is_whole(file.with_suffix(".parquet"), (listed := read_json(file))["entries_sha256"])
        and (store.disclosure / "areas" / f"{listed['tiles_sha256']}.parquet").exists()
    }


def aligned(releases: Sequence[ReleasedMargins]) -> tuple[pd.DatetimeIndex, list[Margins]]:
    """Presence of several releases over the same cells and hours."""
    hours = pd.DatetimeIndex(
        sorted(set().union(*(release.entries["TIME_PERIOD"] for release in releases)))
    )
    parts = zone_by_cell([release.area for release in releases])
    return hours, [
        _margins(release, part, hours) for release, part in zip(releases, parts, strict=True)
    ]


def _margins(release: ReleasedMargins, part: np.ndarray, hours: pd.DatetimeIndex) -> Margins:
    place = pd.Index(list(release.members))
    row = place.get_indexer(pd.Index(release.entries["REF_AREA"]))
    column = hours.get_indexer(pd.DatetimeIndex(release.entries["TIME_PERIOD"]))
    if (row < 0).any() or (column < 0).any():
        raise Refused(
            f"The disclosure ledger has zones or hours of {release.name} that are none of its own, "
            "so that it cannot be compared with other releases: remove its two files from "
            "operator/disclosure, they are written again from its bundle."
        )
    shape = (len(place), len(hours))
    devices, half, withheld = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape, dtype=bool)
    devices[row, column] = release.entries["devices"]
    half[row, column] = release.entries["half_step"]
    withheld[row, column] = release.entries["withheld"]
    sums = [np.array(numbers, dtype=np.int64) for numbers in release.members.values()]
    return Margins(part, sums, devices, half, withheld)


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def _is_whole(file: Path, sha256: str) -> bool:
    return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256
