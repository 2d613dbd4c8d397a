"""The simulator of the ESSnet Big Data project: events in CSV, antennas in XML or CSV.

The columns x, y and tile of the events are the truth: they are never landed, only scoring
reads them (`peil.score.truth`).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import duckdb
import pyarrow as pa

from peil.charter.schema import Delivery
from peil.ingest.readers import plan
from peil.ingest.readers.generic import after_epoch, header, literal, quoted, source
from peil.ingest.readers.reader import Match, Reader, Role, Sample
from peil.outcome import Refused

# two versions of the simulator write two headers
NAMES = {
    "cell_id": ("Antenna ID", "AntennaId"),
    "event_code": ("Event Code", "EventCode"),
    "subscriber_id": ("Device ID", "PhoneId"),
}
TIMING, NETWORK = "TA", "NetworkType"  # only where the simulation was told to write them
MOST_TIMING = 1282  # steps of 78 m of 4G, which are ours; those of 3G are of 554 m
ANTENNAS = {  # of antennas.csv: some versions have an id and a position only
    "cell_id": ("Antenna ID", "AntennaId", "Antenna Id", "id"),
    "x_m": ("x", "X"),
    "y_m": ("y", "Y"),
    "power_w": ("power", "Power"),
    "path_loss_exponent": ("attenuationfactor", "AttenuationFactor"),
    "midpoint_dbm": ("Smid", "SMid"),
    "steepness": ("SSteep",),
}
CURVE = {"midpoint_dbm": "Smid", "steepness": "SSteep"}  # of antennas.xml, where it has them
CODES = {"0": "attach", "1": "detach", "2": "attached", "3": "refused"}


def theirs(file: Path) -> dict[str, str]:
    """Delivered name of each needed column, for the simulator's version that wrote this file."""
    names = header(file, ",")
    columns = {"t": "t"}
    for ours, candidates in NAMES.items():
        match = [name for name in candidates if name in names]
        if not match:
            raise Refused(
                f"{file.name}, line 1 lacks the column {candidates[0]}: "
                "it is not an event file of the ESSnet simulator."
            )
        columns[ours] = match[0]
    return columns


class Essnet(Reader):
    """Events and antennas of the ESSnet simulator.

    Time is a number of steps: the charter gives its epoch and the seconds of one step.
    """

    name = "essnet"
    files = "ESSnet simulator"
    settings = "give `epoch` and `seconds_per_t`; antennas as XML or CSV"
    counts_steps = True
    position = "local"
    has_truth = True

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        """Events by their header, antennas by their root element or the file's name."""
        names = set(sample.names)
        if sample.container == "xml":
            start = sample.file.read_text(encoding="utf-8", errors="ignore")[:500]
            is_plan = "<antennas>" in start
            return Match("cells", 1, "antennas of the ESSnet simulator") if is_plan else None
        if "t" in names and all(set(usual) & names for usual in NAMES.values()):
            return Match("events", 1 + len(NAMES), "the columns of the ESSnet simulator's events")
        if "antennas" in sample.file.name.lower() and {"x", "y"} <= names:
            return Match("cells", 3, "a table of antennas by its name and columns")
        return None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        if role == "cells":
            return {}
        names = sample.names
        usual = {ours: next(n for n in theirs if n in names) for ours, theirs in NAMES.items()}
        timing = {"timing_advance": TIMING} if {TIMING, NETWORK} <= set(names) else {}
        return {"observed_at": "t", **timing} | {
            ours.replace("event_code", "event_type"): name for ours, name in usual.items()
        }

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        if delivery.epoch is None or delivery.epoch.tzinfo is None:
            raise Refused("inputs.events.epoch: give the moment of t = 0 with its time zone.")
        name = {ours: quoted(their) for ours, their in theirs(file).items()}
        relation, names, line, ragged = source(connection, file, delivery)
        text = {ours: f"nullif(trim({column}), '')" for ours, column in name.items()}
        codes = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in CODES.items())
        at = after_epoch(text["t"], delivery)
        has_timing = {TIMING, NETWORK} <= set(names)
        timing = f"nullif(trim({quoted(TIMING)}), '')" if has_timing else "NULL"
        steps = f"TRY_CAST({timing} AS BIGINT)"  # 2^32 - 1 where the network is neither
        is_ours = f"trim({quoted(NETWORK)}) = '4G'" if has_timing else "FALSE"
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {file_id}::INTEGER AS file_id, {line} AS line,
              {text["subscriber_id"]} AS subscriber_id, {at} AS observed_at,
              {delivery.mcc or "NULL"}::INTEGER AS mcc,
              {literal(delivery.mnc) if delivery.mnc else "NULL"}::VARCHAR AS mnc,
              NULL::INTEGER AS plmn, {text["cell_id"]} AS cell_id,
              CASE {text["event_code"]} {codes} END AS event_type,
              CASE WHEN {is_ours} AND {steps} BETWEEN 0 AND {MOST_TIMING} THEN {steps} END
                ::INTEGER AS timing_advance,
              CASE WHEN {ragged} OR ({text["t"]} IS NOT NULL AND {at} IS NULL)
                     OR ({timing} IS NOT NULL AND {steps} IS NULL)
                   THEN 'cannot_parse'
                   WHEN {text["subscriber_id"]} IS NULL OR {text["t"]} IS NULL
                   THEN 'null_value' END AS defect
            FROM {relation}"""
        )
        needed = set(theirs(file).values()) | ({TIMING, NETWORK} if has_timing else set())
        return sorted(set(names) - needed)

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        if file.suffix != ".xml":
            return _antennas_csv(connection, file, delivery)
        try:
            antennas = ElementTree.parse(file).getroot().findall("antenna")
        except ElementTree.ParseError as error:
            line, column = error.position
            raise Refused(
                f"{file.name}, line {line}, column {column}: not XML; have it delivered again."
            ) from None
        rows = []
        for number, antenna in enumerate(antennas, start=1):  # the id is the 1-based order
            values = {part.tag: (part.text or "").strip() for part in antenna}
            try:
                rows.append(
                    {
                        "cell_id": str(number),
                        "x_m": float(values["x"]),
                        "y_m": float(values["y"]),
                        "crs": "local",
                        "is_directional": values.get("type") == "directional",
                        "power_w": float(values["power"]),
                        "path_loss_exponent": float(values["attenuationfactor"]),
                        **{
                            ours: float(values[theirs]) if values.get(theirs) else None
                            for ours, theirs in CURVE.items()
                        },
                    }
                )
            except (KeyError, ValueError):
                raise Refused(
                    f"{file.name}, antenna {number}: x, y, power and attenuationfactor must be "
                    "numbers, and Smid and SSteep where it has them; have it delivered again."
                ) from None
        if not rows:
            raise Refused(f"{file.name} holds no antenna: have it delivered again.")
        table = pa.Table.from_pylist(rows)
        for name in CURVE:  # where no antenna has one it is still a number
            table = table.set_column(
                table.column_names.index(name), name, table[name].cast(pa.float64())
            )
        connection.register("antennas_read", table)
        connection.execute("CREATE OR REPLACE TEMP TABLE antennas AS SELECT * FROM antennas_read")
        connection.unregister("antennas_read")
        connection.execute("CREATE OR REPLACE TEMP VIEW incoming AS SELECT * FROM antennas")
        return ["maxconnections", "Smin", "Qmin"]


def _antennas_csv(
    connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
) -> list[str]:
    """Antennas as a table; without a column of ids the id is the 1-based order, as in XML."""
    names = header(file, delivery.separator)
    columns = {
        ours: next(name for name in candidates if name in names)
        for ours, candidates in ANTENNAS.items()
        if set(candidates) & set(names)
    }
    for ours in ("x_m", "y_m"):
        if ours not in columns:
            raise Refused(
                f"{file.name}, line 1 lacks the column {ANTENNAS[ours][0]}: it is no table of "
                "antennas of the ESSnet simulator."
            )
    relation, _, line, ragged = source(connection, file, delivery)
    plan.whole(connection, file, relation, line, ragged)
    fields = {
        ours: plan.number(name, delivery) for ours, name in columns.items() if ours != "cell_id"
    }
    if "cell_id" in columns:
        fields["cell_id"] = plan.words(columns["cell_id"])
    else:
        fields["cell_id"] = plan.PlanField("record", "NULL", "(_line - 1)::VARCHAR")
    aimed = ""
    if "type" in names:
        aimed = f", {plan.text('type')} = 'directional' AS is_directional"
    plan.require_read(connection, file, fields)
    # a simulation that writes antennas at every t names each more than once
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {plan.listed(fields)}, 'local' AS crs"
        f"{aimed} FROM {plan.TEXT} QUALIFY row_number() OVER (PARTITION BY "
        f"{fields['cell_id'].value} ORDER BY _line) = 1"
    )
    return sorted(set(names) - set(columns.values()) - {"type"})
