"""Read the known truth of a simulated set. Scoring alone may import this (a contract holds)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from peil.adapters import database, sealing
from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.schema import Charter, Truth
from peil.ingest.readers.essnet import theirs
from peil.ingest.readers.generic import header, literal, quoted
from peil.outcome import Refused
from peil.settings import settings
from peil.store.store import Store

PERSONS = ["t", "Person ID"]  # how the ESSnet simulator's persons.csv begins


@dataclass(frozen=True)
class TruePresence:
    """Truth per bottom zone and hour.

    Attributes
    ----------
    present : DataFrame
        zone_id, hour_at (UTC), n_true.
    quantity : str
        The estimated column that is compared with it: ``n_persons`` or ``n_devices``.
    """

    present: pd.DataFrame
    quantity: str


def folder_of(truth: Truth) -> Path:
    """Where the truth lies, or a refusal that says which variable to set."""
    if truth.root == "truth":
        return (settings().truth_folder / truth.path).resolve()
    outside = settings().outside_data
    if outside is None:
        raise Refused("The truth lies outside: set PEIL_OUTSIDE_DATA to the folder that holds it.")
    return (outside / truth.path).resolve()


@contextmanager
def _reading(place: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that reads the truth, its folder or the folder of its file, and nothing else."""
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        folder = place.parent if place.is_file() else place
        database.require_apart(Store(), [folder])
        sealing.confine(opened, [folder])
        yield opened


def exists(charter: Charter) -> bool:
    """Whether this pilot has a truth that can be read here."""
    truth = charter.inputs.truth
    if truth is None:
        return False
    try:
        return folder_of(truth).exists()
    except Refused:
        return False


def present(charter: Charter, area: Area, day: date) -> TruePresence:
    """Read the truth of one day.

    Raises
    ------
    Refused
        The charter names no truth, or it is not where the charter says.
    """
    truth = charter.inputs.truth
    if truth is None:
        raise Refused(f"The charter of {charter.pilot} names no truth: there is nothing to score.")
    place = folder_of(truth)
    if not place.exists():
        raise Refused(f"No truth at {place.name}: simulate it, or set PEIL_TRUTH.")
    hours = hours_of(day, charter.time_zone)
    if truth.reader == "demo":
        return TruePresence(_demo(place, area, hours), "n_persons")
    if header(place, ",")[:2] == PERSONS:
        quantity = "n_devices" if area.register is None else "n_persons"
        return TruePresence(_squares(charter, area, _persons(place, quantity)), quantity)
    return TruePresence(_squares(charter, area, _devices(place)), "n_devices")


def trips(charter: Charter, day: date, *, by_hour: bool = False) -> pd.DataFrame:
    """True trips of persons that leave on a day: from_zone_id, to_zone_id, n_true.

    With `by_hour` also hour_at, the hour (UTC) in which they leave.
    """
    assert charter.inputs.truth is not None
    file = folder_of(charter.inputs.truth) / "trips.parquet"
    hours = hours_of(day, charter.time_zone)
    moment = "date_trunc('hour', departed_at) AS hour_at, " if by_hour else ""
    with _reading(file) as opened:
        return opened.execute(
            f"SELECT from_zone_id, to_zone_id, {moment}count(*)::DOUBLE AS n_true "
            f"FROM read_parquet({literal(str(file))}) "
            "WHERE from_zone_id IS NOT NULL AND to_zone_id IS NOT NULL "
            "AND departed_at >= ? AND departed_at < ?::TIMESTAMPTZ + INTERVAL 1 HOUR "
            "GROUP BY ALL ORDER BY ALL",
            [hours[0], hours[-1]],
        ).df()


def homes(charter: Charter) -> pd.DataFrame:
    """Devices of residents by their holder's zone of home: zone_id, n_true.

    Machines have no holder, and holders from abroad no home here: neither counts.
    """
    assert charter.inputs.truth is not None
    folder = folder_of(charter.inputs.truth)
    devices, homes = (literal(str(folder / f"{name}.parquet")) for name in ("devices", "homes"))
    with _reading(folder) as opened:
        return opened.execute(
            "SELECT zone_id, count(*)::DOUBLE AS n_true "
            f"FROM read_parquet({devices}) JOIN read_parquet({homes}) USING (person_id) "
            "WHERE zone_id IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).df()


def _demo(folder: Path, area: Area, hours: list[datetime]) -> pd.DataFrame:
    """Persons present at hh:30, summed from tiles to zones by SQL."""
    with _reading(folder) as opened:
        opened.register("tiles", area.tiles[["tile_id", "zone_id"]])
        return opened.execute(
            "SELECT zone_id, hour_at, sum(n_persons)::DOUBLE AS n_true "
            f"FROM read_parquet({literal(str(folder / 'persons_present.parquet'))}) "
            "JOIN tiles USING (tile_id) WHERE zone_id IS NOT NULL AND hour_at BETWEEN ? AND ? "
            "GROUP BY ALL ORDER BY zone_id, hour_at",
            [hours[0], hours[-1]],
        ).df()


def _devices(file: Path) -> str:
    """Rows of devices with their true position, from the simulator's events."""
    device = quoted(theirs(file)["subscriber_id"])
    return (
        f"SELECT {device} AS someone, t, x, y, 1 AS n "
        f"FROM read_csv({literal(str(file))}, header=true)"
    )


def _persons(file: Path, quantity: str) -> str:
    """Rows of persons, or of the phones they carry: of every operator, two at most.

    Its lines are ragged: a phone is a field more.
    """
    columns = (
        "{'t': 'DOUBLE', 'person': 'VARCHAR', 'x': 'DOUBLE', 'y': 'DOUBLE', "
        "'tile': 'VARCHAR', 'phone_1': 'VARCHAR', 'phone_2': 'VARCHAR'}"
    )
    n = (
        "1"
        if quantity == "n_persons"
        else ("(phone_1 IS NOT NULL)::INTEGER + (phone_2 IS NOT NULL)::INTEGER")
    )
    return (
        f"SELECT person AS someone, t, x, y, {n} AS n FROM read_csv({literal(str(file))}, "
        "auto_detect=false, header=false, skip=1, delim=',', null_padding=true, "
        f"columns={columns})"
    )


def _squares(charter: Charter, area: Area, rows: str) -> pd.DataFrame:
    """Everybody's true position nearest the half hour of each hour, counted per square."""
    delivery, grid = charter.inputs.events, charter.area.grid
    if delivery.epoch is None or grid is None:
        raise Refused("Truth of the ESSnet simulator needs `epoch` and `grid` in the charter.")
    epoch, truth = delivery.epoch.astimezone(ZoneInfo("UTC")), charter.inputs.truth
    assert truth is not None
    with _reading(folder_of(truth)) as opened:
        positions = opened.execute(
            f"""WITH seen AS (
                SELECT someone, x, y, n, $epoch::TIMESTAMPTZ
                    + to_milliseconds(round(t * $step * 1000)::BIGINT) AS seen_at
                FROM ({rows})
            ), near AS (
                SELECT x, y, n, date_trunc('hour', seen_at) AS hour_at
                FROM seen
                QUALIFY row_number() OVER (PARTITION BY someone, date_trunc('hour', seen_at)
                    ORDER BY abs(epoch(seen_at) - epoch(date_trunc('hour', seen_at)) - 1800),
                        seen_at, x, y) = 1
            )
            SELECT hour_at, floor((x - $x0) / $size)::INTEGER AS east,
                floor((y - $y0) / $size)::INTEGER AS north, sum(n)::DOUBLE AS n_true
            FROM near GROUP BY ALL ORDER BY ALL""",
            {
                "epoch": epoch,
                "step": delivery.seconds_per_t,
                "x0": grid.x_min_m,
                "y0": grid.y_min_m,
                "size": grid.zone_m,
            },
        ).df()
    columns = zip(positions["east"], positions["north"], strict=True)
    positions["zone_id"] = [f"E{east:02d}N{north:02d}" for east, north in columns]
    hours = sorted(positions["hour_at"].unique())
    whole = pd.MultiIndex.from_product([area.bottom(), hours], names=["zone_id", "hour_at"])
    present = positions.set_index(["zone_id", "hour_at"])["n_true"].reindex(whole, fill_value=0.0)
    return present.reset_index()
