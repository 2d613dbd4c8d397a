"""The agency's own counted hours of before: judged, hashed and ordered once, as long as they stay.

An hour's outlook looks back some months, and a year of many zones takes longer to read than the
hour to compute. So what was found in the file is kept beside the models, with its last months in
order, named after the file's hash; the whole of it is read again where models are fitted.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from filelock import FileLock
from numpy.typing import NDArray
from pyarrow import parquet

from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.atomic import (
    aside_of,
    fresh_folder,
    read_whole,
    replace_folder,
    sha256,
    write_bytes,
    write_json,
)
from peil.store.store import Store
from peil_models.crowding.forecasting import LOOKED_BACK
from peil_models.crowding.history import zone_positions

COLUMNS = ("zone_id", "hour_at", "n_persons")
LOOKED_AT = LOOKED_BACK + pd.Timedelta(days=14)  # by the week of the first hour that follows
KEPT = "history.json"


@dataclass(frozen=True)
class Past:
    """What is known of the counted hours without reading all of them.

    Attributes
    ----------
    zones : tuple of str
    first_at, first_valued_at, ends_at : Timestamp or None
        Its first hour, the first that has a figure, and the end of its last; None of none.
    hours : ndarray of int64, digests : list of bytes
        Its hours in order (ns, UTC), and the hash of each one's rows.
    near : DataFrame
        As `HourlyFigures.frame`, of its last months: from `near_from` on.
    near_from : Timestamp or None
    whole : callable
        Returns all of it, as `near`.
    """

    zones: tuple[str, ...]
    first_at: pd.Timestamp | None
    first_valued_at: pd.Timestamp | None
    ends_at: pd.Timestamp | None
    hours: NDArray[np.int64]
    digests: list[bytes]
    near: pd.DataFrame
    near_from: pd.Timestamp | None
    whole: Callable[[], pd.DataFrame]

    def is_near(self, moment: pd.Timestamp) -> bool:
        """Whether a forecast at a moment looks at nothing before `near`."""
        if self.near_from is None or self.first_at is None:
            return True
        return self.near_from <= max(moment - LOOKED_BACK, self.first_at)

    def until(self, moment: pd.Timestamp) -> Past:
        """Itself where it ends by then; otherwise what it says of the hours before, read anew."""
        if self.ends_at is None or self.ends_at <= moment:
            return self
        whole = self.whole()
        rows = whole[whole["hour_at"] < moment].reset_index(drop=True)
        return _known(rows, lambda: rows)


def read(charter: Charter, store: Store) -> Past:
    """Read what was kept of the counted hours, or read them and keep it.

    Raises
    ------
    Refused
        The file is no history of hours.
    """
    file, zone = store.history(charter.pilot), ZoneInfo(charter.time_zone)
    if not file.is_file():
        return _known(_empty(zone), lambda: _empty(zone))
    name = f"{sha256(file)[:16]}-{sha256(Path(__file__))[:8]}"
    beside = store.outlook_model(charter.pilot)
    folder, whole = beside / "history" / name, partial(_parsed, file, zone)
    beside.mkdir(parents=True, exist_ok=True)
    with FileLock(beside / "history.lock"):  # a replay reads it too, under a lock of its own
        try:
            return _kept(folder, zone, whole)
        except (OSError, KeyError, pa.ArrowInvalid):  # not there, or not whole
            _keep(_known(whole(), whole), folder)
        return _kept(folder, zone, whole)


def nanoseconds(moments: Any) -> NDArray[np.int64]:
    """Moments with a zone as nanoseconds since 1970."""
    return np.asarray(pd.DatetimeIndex(moments).tz_convert("UTC").as_unit("ns").asi8)


def in_order(*frames: pd.DataFrame) -> pd.DataFrame:
    """Frames under each other, by zone and hour; zones as categories, so that each is read once."""
    parts = [zone_positions(frame["zone_id"]) for frame in frames]
    zones = pd.Index(sorted({zone for _, of_part in parts for zone in of_part}), dtype=object)
    codes = [zones.get_indexer(pd.Index(of_part))[at] for at, of_part in parts]
    zone = np.concatenate(codes).astype(np.int64)
    rows = pd.concat([frame.drop(columns="zone_id") for frame in frames], ignore_index=True)
    place = (zone << 32) + nanoseconds(rows["hour_at"]) // 10**9
    order = np.argsort(place, kind="stable")  # at once where the frames are in order
    rows = rows.take(order).reset_index(drop=True)
    rows.insert(0, "zone_id", pd.Series(pd.Categorical.from_codes(zone[order], zones)))
    return rows


def hashed_hours(frame: pd.DataFrame) -> tuple[NDArray[np.int64], list[bytes]]:
    """The hours of a frame that is in order, and the hash of each one's rows.

    >>> at = pd.date_range("2026-03-02", periods=2, freq="h", tz="Europe/Amsterdam")
    >>> hours, digests = hashed_hours(pd.DataFrame({"zone_id": "A", "hour_at": at, "value": 7.0}))
    >>> (hours[1] - hours[0]) // 10**9, len(digests), digests[0] == digests[1]
    (np.int64(3600), 2, False)
    """
    at = nanoseconds(frame["hour_at"])
    order = np.argsort(at, kind="stable")
    positions, zones = zone_positions(frame["zone_id"])
    named = pd.Categorical.from_codes(positions, pd.Index(zones))  # a name is hashed once
    plain = frame.assign(hour_at=at, zone_id=named)
    rows = pd.util.hash_pandas_object(plain, index=False).to_numpy()[order]
    hours, first = np.unique(at[order], return_index=True)
    names = str(list(frame)).encode()
    return hours, [
        hashlib.sha256(names + part.tobytes()).digest() for part in np.split(rows, first[1:])
    ]


def _empty(zone: ZoneInfo) -> pd.DataFrame:
    at = pd.DatetimeIndex([], tz=zone).as_unit("s")
    return pd.DataFrame({"zone_id": [], "hour_at": at, "value": [], "sd": []})


def _known(frame: pd.DataFrame, whole: Callable[[], pd.DataFrame]) -> Past:
    if frame.empty:
        return Past((), None, None, None, np.empty(0, np.int64), [], frame, None, whole)
    at, valued = frame["hour_at"], frame.loc[frame["value"].notna(), "hour_at"]
    first_at, ends_at = at.min(), at.max() + pd.Timedelta(hours=1)
    near_from = max(ends_at - LOOKED_AT, first_at)
    near = frame[at >= near_from].reset_index(drop=True)
    first_valued_at = valued.min() if len(valued) else None
    zones = zone_positions(frame["zone_id"])[1]
    hours, digests = hashed_hours(frame)
    return Past(zones, first_at, first_valued_at, ends_at, hours, digests, near, near_from, whole)


MOMENTS = ("first_at", "first_valued_at", "ends_at", "near_from")


def _keep(past: Past, folder: Path) -> None:
    aside = fresh_folder(aside_of(folder))
    near = past.near.assign(hour_at=nanoseconds(past.near["hour_at"]))
    hours = pd.DataFrame({"hour": past.hours, "digest": past.digests})
    for name, table in (("near", near), ("hours", hours)):
        content = io.BytesIO()
        table.to_parquet(content, index=False)
        write_bytes(aside / f"{name}.parquet", content.getvalue())
    moments = {name: getattr(past, name) for name in MOMENTS}
    facts = {name: None if at is None else at.isoformat() for name, at in moments.items()}
    write_json(aside / KEPT, {"zones": past.zones, **facts})
    replace_folder(aside, folder)


def _kept(folder: Path, zone: ZoneInfo, whole: Callable[[], pd.DataFrame]) -> Past:
    facts = read_whole(folder / KEPT)
    moments = {
        name: None if facts[name] is None else _local(pd.Timestamp(facts[name]), zone)
        for name in MOMENTS
    }
    hours = pd.read_parquet(folder / "hours.parquet")
    near = parquet.read_table(folder / "near.parquet", read_dictionary=["zone_id"]).to_pandas()
    at = pd.DatetimeIndex(near["hour_at"].to_numpy(np.int64), tz="UTC").tz_convert(zone)
    return Past(
        tuple(facts["zones"]),
        hours=hours["hour"].to_numpy(),
        digests=list(hours["digest"]),
        near=near.assign(hour_at=at.as_unit("s")),
        whole=whole,
        **moments,
    )


def _local(moment: pd.Timestamp, zone: ZoneInfo) -> pd.Timestamp:
    return moment.tz_convert(zone).as_unit("s")


def _parsed(file: Path, zone: ZoneInfo) -> pd.DataFrame:
    """All of it, by zone and hour."""
    try:
        table = parquet.read_table(file, read_dictionary=["zone_id"]).to_pandas()
    except (pa.ArrowInvalid, OSError):
        raise Refused(f"{file} is no Parquet file: have it written again.") from None
    if missing := [name for name in COLUMNS if name not in table]:
        raise Refused(f"{file} lacks the column {missing[0]}: it needs {', '.join(COLUMNS)}.")
    at = table["hour_at"]
    if getattr(at.dtype, "tz", None) is None:
        raise Refused(f"{file}, column hour_at: must be moments with a time zone.")
    value = pd.to_numeric(table["n_persons"], errors="coerce").to_numpy(float, na_value=np.nan)
    if np.nanmin(value, initial=0.0) < 0:
        raise Refused(f"{file}, column n_persons: holds a negative figure; correct it.")
    positions, zones = zone_positions(table["zone_id"])
    frame = pd.DataFrame(
        {
            "zone_id": pd.Categorical.from_codes(positions, pd.Index(zones, dtype=object)),
            "hour_at": at.dt.tz_convert(zone).dt.as_unit("s"),
            "value": value,
            "sd": table["sd"].to_numpy(float) if "sd" in table else np.full(len(table), np.nan),
        }
    )
    frame = in_order(frame)
    codes, hours = frame["zone_id"].cat.codes.to_numpy(), nanoseconds(frame["hour_at"])
    if ((np.diff(hours) == 0) & (np.diff(codes) == 0)).any():
        raise Refused(f"{file}: a zone has an hour twice; keep one of the two.")
    return frame
