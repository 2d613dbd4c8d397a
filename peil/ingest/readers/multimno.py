"""The bronze Parquet tables of the European reference pipeline (multimno)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers.generic import literal, moment, place
from peil.ingest.readers.opening import NO_FOLDERS
from peil.ingest.readers.reader import Match, Reader, Role, Sample
from peil.ingest.readers.refusal import FileRefused, shown

EVENTS = ["user_id", "timestamp", "mcc", "mnc", "plmn", "cell_id"]
CELLS = ["cell_id", "latitude", "longitude", "valid_date_start", "valid_date_end"]


def _relation(
    connection: duckdb.DuckDBPyConnection, file: Path, needed: list[str]
) -> tuple[str, list[str]]:
    relation = f"read_parquet({place(file)}, file_row_number=true, {NO_FOLDERS})"
    names = [c for c in connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns]
    missing = sorted(set(needed) - set(names))
    if missing:
        raise FileRefused(
            "wrong_columns",
            f"{shown(file)} lacks the column {missing[0]}: it is no bronze table of this kind; "
            "check `path` in the charter.",
        )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW delivered AS SELECT * FROM {relation}")
    return relation, [name for name in names if name != "file_row_number"]


class Multimno(Reader):
    """Bronze events and network: time stamps are text, the identifier is landed as hexadecimal."""

    name = "multimno"
    files = "bronze Parquet of the European reference pipeline"
    position = "degrees"
    has_validity = True
    drops_of_cells = False

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        if sample.container != "parquet":
            return None
        names = set(sample.names)
        if set(EVENTS) <= names:
            return Match("events", len(EVENTS), "the columns of the bronze events of multimno")
        if set(CELLS) <= names:
            return Match("cells", len(CELLS), "the columns of the bronze network of multimno")
        return None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        ours = ["subscriber_id", "observed_at", "mcc", "mnc", "plmn", "cell_id"]
        return dict(zip(ours, EVENTS, strict=True)) if role == "events" else {}

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        relation, names = _relation(connection, file, EVENTS)
        text = "nullif(trim(timestamp), '')"
        at = moment(text, delivery)
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {file_id}::INTEGER AS file_id, file_row_number + 1 AS line,
              lower(hex(user_id)) AS subscriber_id, {at} AS observed_at,
              mcc::INTEGER AS mcc, nullif(trim(mnc), '') AS mnc, plmn::INTEGER AS plmn,
              nullif(trim(cell_id), '') AS cell_id, NULL::VARCHAR AS event_type,
              NULL::INTEGER AS timing_advance,
              CASE WHEN user_id IS NULL OR {text} IS NULL THEN 'null_value'
                   WHEN {at} IS NULL THEN 'cannot_parse' END AS defect
            FROM {relation}"""
        )
        return sorted(set(names) - set(EVENTS))

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        relation, _ = _relation(connection, file, CELLS)
        zone = literal(delivery.time_zone)
        start, end = (
            f"TRY_CAST({name} AS TIMESTAMP)" for name in ("valid_date_start", "valid_date_end")
        )
        # validity is told in days: an end at midnight is the last valid day, and we store the
        # moment after it
        last = f"CASE WHEN {end} = date_trunc('day', {end}) THEN {end} + to_days(1) ELSE {end} END"
        # their azimuth and beams of an omnidirectional cell mean nothing: directionality decides
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT cell_id, latitude::DOUBLE AS latitude, longitude::DOUBLE AS longitude,
              altitude::DOUBLE AS altitude_m, antenna_height::DOUBLE AS antenna_height_m,
              directionality = 1 AS is_directional,
              CASE WHEN directionality = 1 THEN azimuth_angle::DOUBLE END AS azimuth_deg,
              elevation_angle::DOUBLE AS tilt_deg,
              horizontal_beam_width::DOUBLE AS beam_horizontal_deg,
              vertical_beam_width::DOUBLE AS beam_vertical_deg,
              power::DOUBLE AS power_w, range::DOUBLE AS range_m,
              frequency::DOUBLE AS frequency_mhz, technology,
              replace(cell_type, 'cell', '') AS cell_type,
              timezone({zone}, {start}) AS valid_from, timezone({zone}, {last}) AS valid_to
            FROM {relation}"""
        )
        return []
