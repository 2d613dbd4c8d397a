"""A proposal: how one kind of file of a delivery can be read, and what would come of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb

from peil.area.countries import mcc_of_imsi, zone_of_mcc
from peil.charter.schema import Delivery
from peil.ingest.readers import READERS
from peil.inspecting import columns, formats, problems
from peil.inspecting.moments import Writing, writing_of, zone_of
from peil.inspecting.problems import Problem
from peil.inspecting.tables import Table
from peil.outcome import Refused

EPOCH_1970 = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER_S = 900
DAYS_LOOKED_AT = 7  # files whose quiet hours are looked for


@dataclass(frozen=True)
class Proposal:
    """How files of one kind can be read, and what reading them so showed.

    Attributes
    ----------
    role : str
        events, cells, zones, register, tiles, land_use, elevation, or unknown.
    path : str
        Their path below the delivery's folder, as the charter writes it.
    settings : dict
        Keys of the charter's delivery or reference file, without path and columns.
    columns : dict
        Canonical name → guess.
    questions : list
        What nobody can see in the files and a person must answer.
    """

    role: str
    reader: str
    why: str
    path: str
    files: list[Path]
    table: Table | None = None
    settings: dict[str, object] = field(default_factory=dict)
    columns: dict[str, columns.Guess] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    not_landed: list[str] = field(default_factory=list)
    n_rows: int | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    days: tuple[date, date] | None = None
    box: tuple[float, float, float, float] | None = None
    mcc: int | None = None
    time_zone: str | None = None

    def delivery(self) -> Delivery:
        """The proposal as the charter's own delivery; the mapping only where it is needed."""
        mapping = {}
        if READERS[self.reader].is_mapped:
            mapping = {ours: guess.theirs for ours, guess in self.columns.items()}
        return Delivery.model_validate(
            {"reader": self.reader, "path": self.path, "columns": mapping, **self.settings}
        )


def propose_events(
    opened: duckdb.DuckDBPyConnection,
    proposal: Proposal,
    known_cells: set[str],
    mcc: int | None,
    day: date,
) -> Proposal:
    """Mapping, time format and zone of files of events, and what would be quarantined.

    Parameters
    ----------
    mcc : int or None
        Country of the network, where the records do not say it.
    day : date
        The day that t = 0 of a simulation is laid on.
    """
    table = proposal.table
    assert table is not None
    reader = READERS[proposal.reader]
    if reader.is_mapped:
        matches = columns.guesses(table, columns.EVENT_NAMES, known_cells)
    else:
        matches = _by_format(reader.columns_of("events", table))
    notes = list(proposal.notes)
    if reader.is_mapped and "mcc" not in matches and "plmn" in matches:
        visited = matches["plmn"].theirs
        if columns.plain(visited) in columns.VISITED:
            del matches["plmn"]
            notes.append(f"{visited}: the visited network does not say whose SIM it is; not mapped")
    home, reason = network_of(table, matches, mcc)
    proposal = replace(
        proposal, columns=matches, mcc=home, notes=[*notes, reason], types=types_of(table)
    )
    if table.container == "csv":
        proposal.settings.update({"separator": table.separator} if table.separator != "," else {})
    if not {"mcc", "plmn"} & set(matches):
        if home is None:
            proposal.questions.append(
                "mcc: the records name no network; the operator's country code"
            )
        else:
            proposal.settings["mcc"] = home
            proposal.questions.append(
                f"mcc: {home} for all records, since no column says the network: foreign SIMs "
                "cannot be told apart and count as residents; ask for the network of each SIM"
            )
    elif reader.is_mapped and "mcc" not in matches:
        proposal.questions.append(
            f"plmn: {matches['plmn'].theirs} is read as the network of the SIM; "
            "is it, or is it the network that served it?"
        )
    if reader.counts_steps:
        proposal = _steps(opened, proposal, day)
    elif "observed_at" in matches:
        proposal = _written(opened, proposal, matches["observed_at"].theirs, home)
    proposal = replace(proposal, not_landed=_not_landed(opened, proposal))
    local = zone_of_mcc(home) or proposal.time_zone or "UTC"  # days of the pilot are local
    read = problems.of_events(opened, proposal.files, proposal.delivery(), local)
    return replace(proposal, n_rows=read.n_rows, problems=read.problems, days=read.days)


def propose_cells(
    opened: duckdb.DuckDBPyConnection, proposal: Proposal, time_zone: str
) -> Proposal:
    """Mapping, plane and completeness of files of cells; they are left in the table `plan`."""
    table, reader = proposal.table, READERS[proposal.reader]
    matches: dict[str, columns.Guess] = {}
    if table is not None and table.columns:
        if reader.is_mapped:
            matches = columns.guesses(table, columns.CELL_NAMES)
        else:
            matches = _by_format(reader.columns_of("cells", table))
        if table.container == "csv" and table.separator != ",":
            proposal.settings["separator"] = table.separator
        if columns.has_decimal_comma(table, [guess.theirs for guess in matches.values()]):
            proposal.settings["decimal"] = ","
        if {"x_m", "y_m"} <= set(matches) and reader.position != "local":
            code, why = formats.plane_of(
                *(table.columns[matches[n].theirs] for n in ("x_m", "y_m"))
            )
            proposal.settings.update({"crs": code} if code else {})
            proposal.questions.append(f"crs: {code or 'unknown'} {why}")
        proposal = replace(proposal, columns=matches, types=types_of(table))
        used = {guess.theirs for guess in matches.values()}
        unused = sorted(set(table.names) - used) if reader.drops_of_cells else []
        proposal = replace(proposal, not_landed=unused)
    if reader.has_validity or "valid_from" in matches:
        proposal.settings["time_zone"] = time_zone
    read = problems.of_cells(opened, proposal.files, proposal.delivery())
    notes = list(proposal.notes)
    for name, share in sorted((read.shares or {}).items()):
        if share < 1 and name not in ("crs", "valid_to", "latitude", "longitude", "x_m", "y_m"):
            notes.append(f"{name}: {share:.0%} of the cells have it; methods.toml fills the rest")
    return replace(proposal, n_rows=read.n_rows, problems=read.problems, notes=notes, box=read.box)


def _by_format(usual: dict[str, str]) -> dict[str, columns.Guess]:
    """Columns that the format itself names, which are no guess."""
    return {
        ours: columns.Guess(theirs, "high", "the format says so") for ours, theirs in usual.items()
    }


def types_of(table: Table) -> dict[str, str]:
    """Each delivered column's type: as the file says it, or as its values look."""
    looks = {name: columns.looks_like(values[:500]) for name, values in table.columns.items()}
    types = {}
    for name, look in looks.items():
        kind = table.kinds.get(name, "")
        is_said = look == "" or look in kind or (look == "moment" and "number" in kind)
        types[name] = kind if is_said else f"{kind} · {look}".strip(" ·")
    return types


def network_of(
    table: Table, matches: dict[str, columns.Guess], given: int | None
) -> tuple[int | None, str]:
    """The country code of the network that records are of, and why it is thought."""
    if "mcc" in matches:
        values = [v for v in table.columns[matches["mcc"].theirs] if v and v.isdecimal()]
        if values:
            most = max(sorted(set(values)), key=values.count)
            return int(most), f"most records are of the network of mcc {most}"
    if "plmn" in matches:
        codes = [v[:3] for v in table.columns[matches["plmn"].theirs] if v and v.isdecimal()]
        if codes:
            most = max(sorted(set(codes)), key=codes.count)
            return int(most), f"most records are of networks of mcc {most}"
    if given is not None:
        return given, f"mcc {given} as given"
    if "subscriber_id" in matches:
        home = mcc_of_imsi(table.columns[matches["subscriber_id"].theirs])
        if (
            home is not None
            and columns.looks_like(table.columns[matches["subscriber_id"].theirs][:500]) == "IMSI"
        ):
            return home, f"most subscribers' numbers begin with mcc {home}"
    return None, "nothing says which network the records are of"


def _written(
    opened: duckdb.DuckDBPyConnection, proposal: Proposal, column: str, mcc: int | None
) -> Proposal:
    table = proposal.table
    assert table is not None
    if table.kinds.get(column) == "moment":
        zone = "UTC"
        return replace(
            proposal, time_zone=zone, notes=[*proposal.notes, "moments as the file types them"]
        )
    writing: Writing | None = writing_of(table.columns[column], formats.day_of(proposal.files[0]))
    if writing is None:
        proposal.questions.append(
            f"time_format: the column {column} is no moment that is known here"
        )
        return proposal
    if writing.time_format:
        proposal.settings["time_format"] = writing.time_format
    if writing.accept_iso_t:
        proposal.settings["accept_iso_t"] = True
    hours = None if writing.has_offset else _hours(opened, proposal)
    zone_guess = zone_of(writing, column, mcc, hours)
    if writing.seconds_per_t is not None:
        proposal.settings["epoch"] = EPOCH_1970
        proposal.settings["seconds_per_t"] = writing.seconds_per_t
    elif not writing.has_offset:
        proposal.settings["time_zone"] = zone_guess.name
    reasons = [
        f"time format: {writing.why}; {writing.share:.0%} of the sample's values are read so",
        f"time zone: {zone_guess.name}, certainty {zone_guess.sure}: {zone_guess.why}",
    ]
    if not writing.is_sure:
        proposal.questions.append(f"time_format: {writing.why}")
    if zone_guess.sure != "high":
        proposal.questions.append(f"time_zone: {zone_guess.name} is a guess ({zone_guess.why})")
    return replace(proposal, time_zone=zone_guess.name, notes=[*proposal.notes, *reasons])


def _hours(opened: duckdb.DuckDBPyConnection, proposal: Proposal) -> dict[int, int]:
    """Records by hour of the day as written, of the first files."""
    n_rows: Counter[int] = Counter()
    for file in proposal.files[:DAYS_LOOKED_AT]:
        try:
            READERS[proposal.reader].land_events(opened, file, 0, proposal.delivery())
            rows = opened.execute(
                "SELECT hour(observed_at), count(*) FROM incoming WHERE observed_at IS NOT NULL "
                "GROUP BY ALL"
            ).fetchall()
        except (Refused, duckdb.Error):  # told where the problems are
            continue
        n_rows.update({int(hour): int(n) for hour, n in rows})
    return dict(n_rows)


def _steps(opened: duckdb.DuckDBPyConnection, proposal: Proposal, day: date) -> Proposal:
    """Lay the steps of a simulation on a day: a short one ends on a half hour, which counts."""
    start = datetime.combine(day, time(), UTC)
    proposal.settings.update({"epoch": start, "seconds_per_t": 1, "mnc": "01"})
    last = start
    for file in proposal.files:
        READERS[proposal.reader].land_events(opened, file, 0, proposal.delivery())
        row = opened.execute("SELECT max(observed_at) FROM incoming").fetchone()
        last = max(last, row[0]) if row and row[0] is not None else last
    length = -(-int((last - start).total_seconds()) // QUARTER_S) * QUARTER_S
    if length <= 2 * QUARTER_S:
        start += timedelta(hours=12, minutes=30) - timedelta(seconds=length)
    proposal.settings["epoch"] = start
    proposal.questions.append(
        "epoch, seconds_per_t: t is a number; a step of a second on a day is assumed"
    )
    return replace(proposal, time_zone="UTC")


def _not_landed(opened: duckdb.DuckDBPyConnection, proposal: Proposal) -> list[str]:
    try:
        return READERS[proposal.reader].land_events(
            opened, proposal.files[0], 0, proposal.delivery()
        )
    except (Refused, duckdb.Error):
        used = {guess.theirs for guess in proposal.columns.values()}
        return sorted(set(proposal.table.names if proposal.table else []) - used)
