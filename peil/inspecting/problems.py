"""What is wrong with a delivery, read as the proposal says: kinds, counts and line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from peil.adapters import database
from peil.charter.schema import Delivery
from peil.ingest.plan_checks import CODED_AZIMUTH
from peil.ingest.readers import READERS, generic
from peil.ingest.readers.generic import literal
from peil.inspecting.formats import day_of
from peil.outcome import Refused
from peil.store.store import Store

FIRST = 3  # line numbers that are told of each kind
REMEDY = {
    "null_value": "no subscriber or no moment: they are quarantined; ask why they are delivered",
    "cannot_parse": "the record does not fit the mapping: check separator, time format and types",
    "no_location": "no cell: they are quarantined",
    "no_network": "no network: map `mcc`, or `plmn` where both codes are one",
    "identifier_in_wrong_column": "the cell holds a number of a subscriber: correct the mapping",
    "unknown_cell": "the cell is not in the plan beside it: deliver the plan of these days",
    "other_day": "not of the local day that the path names: another time zone, or files by the "
    "day of UTC? have them cut by the local day, or rows are set aside",
    "no_position": "a cell without position serves nothing: complete the plan",
    "out_of_range": "latitude or longitude is none: swapped, or another plane?",
    "coded_azimuth": "an azimuth of -1, the only angle below 0: leave it empty where a cell has no "
    "direction, or the plan is refused",
    "duplicate": "a cell comes more than once for one period: only one version is used",
    "file": "",
}


@dataclass(frozen=True)
class Problem:
    """One kind of trouble in one file: how many rows, and the first of their lines."""

    kind: str
    file: str
    n_rows: int
    lines: list[int]
    remedy: str


@dataclass(frozen=True)
class Read:
    """What came of reading files as proposed."""

    n_rows: int
    problems: list[Problem]
    days: tuple[date, date] | None = None
    shares: dict[str, float] | None = None
    box: tuple[float, float, float, float] | None = None


@contextmanager
def desk(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in bounded memory that reads one folder; its spill goes when it closes."""
    with (
        TemporaryDirectory(prefix="peil-inspect-") as spill,
        # what a person names may be looked at; nothing else is opened up
        database.connection(Store(), Path(spill) / "spill", [folder]) as opened,
    ):
        yield opened


def refusal(file: Path, stop: Refused) -> Problem:
    """A file that cannot be read as proposed: the refusal's own sentence is the remedy."""
    return Problem("file", short(file), 0, [], str(stop))


def short(file: Path) -> str:
    """A file's name; with its folder where many days hold the same names.

    >>> short(Path("/x/day=7/part-0.parquet"))
    'day=7/part-0.parquet'
    """
    return f"{file.parent.name}/{file.name}" if "=" in file.parent.name else file.name


def of_events(
    opened: duckdb.DuckDBPyConnection, files: list[Path], delivery: Delivery, zone: str
) -> Read:
    """Read every file of events and count what would be quarantined.

    Cells are compared with the table `plan` of this connection where it is there.
    """
    has_plan = bool(
        opened.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'plan'").fetchone()
    )
    stray = "cell_id NOT IN (SELECT cell_id FROM plan)" if has_plan else "true"
    n_rows, problems, days = 0, [], []
    for file in files:
        try:
            generic.require_whole(file)
            generic.forget_rejected(opened)
            READERS[delivery.reader].land_events(opened, file, 0, delivery)
            kinds = opened.execute(
                f"""WITH judged AS (
                  SELECT line, observed_at, CASE
                    WHEN defect IS NOT NULL THEN defect
                    WHEN cell_id IS NULL THEN 'no_location'
                    WHEN regexp_full_match(cell_id, '[+]?[0-9]{{14,15}}') AND {stray}
                      THEN 'identifier_in_wrong_column'
                    WHEN mcc IS NULL THEN 'no_network'
                    WHEN {stray if has_plan else "false"} THEN 'unknown_cell'
                    WHEN timezone({literal(zone)}, observed_at)::DATE <> $day
                      THEN 'other_day' END AS kind
                  FROM incoming)
                SELECT kind, count(*), min(line, {FIRST}),
                  min(timezone({literal(zone)}, observed_at))::DATE,
                  max(timezone({literal(zone)}, observed_at))::DATE
                FROM judged GROUP BY kind ORDER BY kind""",
                {"day": day_of(file)},
            ).fetchall()
        except Refused as stop:
            problems.append(refusal(file, stop))
            continue
        except duckdb.Error:
            problems.append(Problem("file", file.name, 0, [], f"{file.name} cannot be read so"))
            continue
        rejected = generic.rejected_lines(opened)
        if rejected:
            problems.append(
                Problem(
                    "cannot_parse",
                    short(file),
                    len(rejected),
                    rejected[:FIRST],
                    "the record is no text of UTF-8, or too long",
                )
            )
        n_rows += len(rejected)
        for kind, n, lines, first, last in kinds:
            n_rows += n
            days += [day for day in (first, last) if day is not None]
            if kind is not None:
                problems.append(Problem(kind, short(file), n, list(lines), REMEDY[kind]))
    return Read(n_rows, problems, (min(days), max(days)) if days else None)


def of_cells(opened: duckdb.DuckDBPyConnection, files: list[Path], delivery: Delivery) -> Read:
    """Read cell plans into the table `plan`; count cells without position and named twice."""
    problems = []
    opened.execute("DROP TABLE IF EXISTS plan")
    for file in files:
        try:
            generic.require_whole(file)
            READERS[delivery.reader].land_cells(opened, file, delivery)
            opened.execute(
                "CREATE TABLE IF NOT EXISTS plan AS SELECT *, ''::VARCHAR AS file FROM incoming "
                "LIMIT 0"
            )
            opened.execute(
                f"INSERT INTO plan BY NAME SELECT *, {literal(short(file))} AS file FROM incoming"
            )
        except Refused as stop:
            problems.append(refusal(file, stop))
        except duckdb.Error:
            problems.append(Problem("file", file.name, 0, [], f"{file.name} cannot be read so"))
    if not opened.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'plan'").fetchone():
        return Read(0, problems)
    names = [name for name in opened.table("plan").columns if name != "file"]
    globe, plane = {"latitude", "longitude"} <= set(names), {"x_m", "y_m"} <= set(names)
    placed = " OR ".join(
        condition
        for condition, is_there in (
            ("(latitude IS NOT NULL AND longitude IS NOT NULL)", globe),
            ("(x_m IS NOT NULL AND y_m IS NOT NULL)", plane),
        )
        if is_there
    )
    off = "abs(latitude) > 90 OR abs(longitude) > 180" if globe else "false"
    has_flag = "is_directional" in names
    coded = CODED_AZIMUTH.format(table="plan") if "azimuth_deg" in names else "false"
    coded = coded if has_flag else coded.replace("is_directional", "NULL::BOOLEAN")
    period = "valid_from" if "valid_from" in names else "NULL"
    for kind, query in (
        ("no_position", f"SELECT file, count(*) FROM plan WHERE ({placed or 'false'}) IS NOT TRUE"),
        ("out_of_range", f"SELECT file, count(*) FROM plan WHERE {off}"),
        ("coded_azimuth", f"SELECT file, count(*) FROM plan WHERE {coded}"),
        (
            "duplicate",
            "SELECT file, sum(n - 1) FROM (SELECT file, count(*) AS n FROM plan "
            f"GROUP BY file, cell_id, {period} HAVING count(*) > 1) WHERE true",
        ),
    ):
        for name, n in opened.execute(f"{query} GROUP BY file ORDER BY file").fetchall():
            problems.append(Problem(kind, name, int(n), [], REMEDY[kind]))
    counted = ", ".join(f"count({generic.quoted(name)})" for name in names)
    counts = opened.execute(f"SELECT count(*), {counted} FROM plan").fetchone() or (0,)
    n_rows = int(counts[0])
    shares = {name: int(n) / max(n_rows, 1) for name, n in zip(names, counts[1:], strict=True)}
    x, y = ("longitude", "latitude") if globe and shares.get("latitude") else ("x_m", "y_m")
    box = opened.execute(
        f"SELECT min({x}), min({y}), max({x}), max({y}) FROM plan "
        f"WHERE isfinite({x}) AND isfinite({y})"
    ).fetchone()
    whole = tuple(float(edge) for edge in box) if box and None not in box else None
    return Read(n_rows, problems, shares=shares, box=whole)  # type: ignore[arg-type]
