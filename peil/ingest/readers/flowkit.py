"""FlowKit: call detail records (calls, SMS, mobile data, top-ups) and its table of cells.

A call or a message between two subscribers is two rows, one for each, which share an id: both
are sightings, each of its own subscriber. Only `datetime` and `msisdn` are required.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from peil.charter.schema import Delivery
from peil.ingest.readers import generic, plan
from peil.ingest.readers.reader import Match, Reader, Role, Sample

EVENTS = {
    "subscriber_id": "msisdn",
    "observed_at": "datetime",
    "cell_id": "location_id",
    "event_type": "outgoing",
}
CELLS = {
    "cell_id": "id",
    "antenna_height_m": "height",
    "azimuth_deg": "azimuth",
    "tilt_deg": "electrical_tilt",
    "range_m": "max_range",
    "valid_from": "date_of_first_service",
    "valid_to": "date_of_last_service",
    "longitude": "lon",
    "latitude": "lat",
}
KINDS = {
    "calls": "call",
    "sms": "sms",
    "mds": "mds",
    "topups": "topup",
    "topup": "topup",
    "forwards": "forward",
}
TELLING = [  # of a file whose name says nothing: a column that only this kind has
    ("topup", {"recharge_amount", "airtime_fee", "pre_event_balance", "post_event_balance"}),
    ("mds", {"volume_total", "volume_upload", "volume_download"}),
    ("call", {"duration"}),
    ("sms", {"msisdn_counterpart", "outgoing"}),
]
WGS84 = 4326


def kind_of(file: Path, names: list[str]) -> str | None:
    """The kind of a file of events: by its name or its folder's, else by its columns.

    >>> kind_of(Path("calls_20160101.csv"), ["datetime", "msisdn"])
    'call'
    >>> kind_of(Path("part-1.csv.gz"), ["datetime", "msisdn", "volume_total"])
    'mds'
    """
    for name in (file.name, file.parent.name):
        for word in re.split(r"[^a-z]+", name.lower()):
            if word in KINDS:
                return KINDS[word]
    return next((kind for kind, columns in TELLING if columns & set(names)), None)


def points(places: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Points from WKT, EWKT or hexadecimal WKB.

    Returns
    -------
    tuple
        Points (null where a text is none) and their spatial reference ids (0 where unsaid).
    """
    texts = np.array(places.to_pylist(), dtype=object)
    shapes = np.full(len(texts), None, dtype=object)
    srid = np.zeros(len(texts), dtype=int)
    for number, text in enumerate(texts):
        if text is None:
            continue
        marked = re.fullmatch(r"(?:SRID=(\d{1,6});)?\s*(\w.*)", text, re.I | re.S)
        if not marked:
            continue
        is_hex = re.fullmatch(r"[0-9a-fA-F]+", marked[2]) is not None
        read = shapely.from_wkb if is_hex else shapely.from_wkt
        point = read(marked[2], on_invalid="ignore")
        if not isinstance(point, shapely.Point) or point.is_empty:
            continue
        if np.isfinite([point.x, point.y]).all():
            shapes[number] = point
            srid[number] = int(marked[1] or shapely.get_srid(point))
    return shapes, srid


class Flowkit(Reader):
    """Calls, messages, data sessions and top-ups, and cells.

    Counterparts, durations, volumes, money and devices are not landed.
    """

    name = "flowkit"
    files = "FlowKit calls, SMS, mobile data, top-ups; FlowKit's table of cells"
    settings = (
        "the subscriber is `msisdn` unless `columns: {subscriber_id: imsi}`; the kind comes from "
        "the file's name or columns"
    )
    has_kinds = True
    position = "degrees"
    has_validity = True

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        names = set(sample.names)
        if {"datetime", "msisdn"} <= names:
            return Match("events", 2, "the columns datetime and msisdn of FlowKit")
        if "id" in names and {"geom_point", "date_of_first_service", "site_id"} & names:
            return Match("cells", 2, "the columns of FlowKit's table of cells")
        return None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        usual = EVENTS if role == "events" else CELLS
        named = {ours: theirs for ours, theirs in usual.items() if theirs in sample.names}
        return named | ({"latitude": "geom_point"} if "geom_point" in sample.names else {})

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        theirs, names = plan.mapped(
            connection,
            file,
            delivery,
            EVENTS,
            ("subscriber_id", "observed_at"),
            "file of FlowKit events",
        )
        read = delivery.model_copy(update={"columns": theirs})
        dropped = generic.Generic.land_events(connection, file, file_id, read)
        connection.execute("DROP VIEW IF EXISTS records")
        connection.execute("ALTER VIEW incoming RENAME TO records")
        kind = kind_of(file, names)
        event_type = (
            "event_type"
            if "event_type" in delivery.columns
            else (
                "NULL::VARCHAR"
                if kind is None
                else f"CASE WHEN defect IS NOT NULL THEN NULL "
                f"WHEN lower(event_type) IN ('t', 'true', '1') THEN '{kind}_outgoing' "
                f"WHEN lower(event_type) IN ('f', 'false', '0') THEN '{kind}_incoming' "
                f"ELSE '{kind}' END"
            )
        )
        connection.execute(
            f"CREATE TEMP VIEW incoming AS SELECT * REPLACE ({event_type} AS event_type) "
            "FROM records"
        )
        return dropped

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        theirs, names = plan.mapped(
            connection, file, delivery, CELLS, ("cell_id",), "table of FlowKit cells"
        )
        has_geometry = "geom_point" in names
        if not has_geometry and not {"longitude", "latitude"} <= set(theirs):
            plan.mapped(
                connection,
                file,
                delivery,
                {**CELLS, "point": "geom_point"},
                ("point",),
                "table of FlowKit cells",
            )
        relation, _, line, ragged = generic.source(connection, file, delivery)
        plan.whole(connection, file, relation, line, ragged)
        fields = {"cell_id": plan.words(theirs["cell_id"])}
        for ours, name in theirs.items():
            if ours in ("valid_from", "valid_to"):
                fields[ours] = plan.moment(name, delivery, is_last_day=ours == "valid_to")
            elif ours != "cell_id":
                fields[ours] = plan.number(name, delivery)
        plan.require_read(connection, file, fields)
        if has_geometry:
            _place(connection, file)
            fields = {k: v for k, v in fields.items() if k not in ("longitude", "latitude")}
        version = "TRY_CAST(version AS BIGINT)" if "version" in names else "0"
        joined = f"{plan.TEXT} LEFT JOIN placed USING (_line)" if has_geometry else plan.TEXT
        placed = ", longitude, latitude, x_m, y_m, crs" if has_geometry else ""
        period = fields["valid_from"].value if "valid_from" in fields else "NULL"
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {plan.listed(fields)}{placed} FROM {joined}
            QUALIFY row_number() OVER (
              PARTITION BY {fields["cell_id"].value}, {period}
              ORDER BY {version} DESC NULLS LAST, _line DESC) = 1"""
        )
        return sorted(set(names) - set(theirs.values()) - {"geom_point", "version"})


def _place(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Make the temporary table `placed`: where each record's point lies, on globe or plane."""
    described = connection.sql(f"SELECT geom_point FROM {plan.TEXT} LIMIT 0").types[0]
    text = "hex(geom_point)" if str(described) == "BLOB" else plan.text("geom_point")
    table = connection.sql(
        f"SELECT _line, {text} AS place FROM {plan.TEXT} ORDER BY _line"
    ).to_arrow_table()
    places = table["place"].combine_chunks()
    shapes, srid = points(places)
    there = np.array(places.is_valid())
    is_point = np.array([point is not None for point in shapes], dtype=bool)
    if (there & ~is_point).any():
        first = int(table["_line"][int(np.argmax(there & ~is_point))].as_py())
        raise plan.refuse(file, first, "geom_point", "is no point as WKT, EWKT or hexadecimal WKB")
    x = [point.x if point is not None else None for point in shapes]
    y = [point.y if point is not None else None for point in shapes]
    globe = np.isin(srid, (0, WGS84))
    columns = {
        "_line": table["_line"],
        "longitude": pa.array([v if g else None for v, g in zip(x, globe, strict=True)], "f8"),
        "latitude": pa.array([v if g else None for v, g in zip(y, globe, strict=True)], "f8"),
        "x_m": pa.array([None if g else v for v, g in zip(x, globe, strict=True)], "f8"),
        "y_m": pa.array([None if g else v for v, g in zip(y, globe, strict=True)], "f8"),
        "crs": pa.array(
            [None if g else f"EPSG:{n}" for n, g in zip(srid, globe, strict=True)], pa.string()
        ),
    }
    connection.register("placed_read", pa.table(columns))
    connection.execute("CREATE OR REPLACE TEMP TABLE placed AS SELECT * FROM placed_read")
    connection.unregister("placed_read")
