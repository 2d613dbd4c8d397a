"""Inspect a file or a folder: find what belongs together, propose how to read it, read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from peil.ingest.readers import READERS
from peil.inspecting import formats, problems, references
from peil.inspecting.columns import Guess
from peil.inspecting.problems import Problem
from peil.inspecting.proposal import Proposal, network_of, propose_cells, propose_events
from peil.inspecting.tables import table_of
from peil.outcome import Refused

MOST_FILES = 20_000
NO_DATA = {".md", ".txt", ".crc", ".json.gz", ".html", ".png", ".yml", ".yaml", ".sig"}


def inspect(path: Path, mcc: int | None, day: date) -> list[Proposal]:
    """Proposals for a file, or for each kind of file in a folder: events first.

    Parameters
    ----------
    mcc : int or None
        Country code of the network, for records that do not say it.
    day : date
        The day on which a simulation's t = 0 is laid.

    Raises
    ------
    Refused
        Nothing there, or nothing in it.
    """
    if not path.exists():
        raise Refused(f"{path.name} is not there: give a file or a folder of a delivery.")
    path = path.absolute()  # as a database compares it with the folder that it may read
    folder = path if path.is_dir() else path.parent
    groups = _groups(path, folder)
    if not groups:
        raise Refused(f"{path.name} holds no file: give a file or a folder of a delivery.")
    first_looks = [_first_look(place, files) for place, files in sorted(groups.items())]
    by_role = {
        role: [proposal for proposal in first_looks if proposal.role == role]
        for role in formats.ROLES
    }
    proposals = [proposal for proposal in first_looks if proposal.role == "unknown"]
    with problems.desk(folder) as opened:
        events = _joined(by_role["events"])
        zone = _zone_ahead(events, mcc)
        # the plan that the events are compared with is read last: of their format, or the largest
        readers = {proposal.reader for proposal in events}
        candidates = sorted(
            by_role["cells"],
            key=lambda proposal: (
                proposal.reader in readers,
                sum(file.stat().st_size for file in proposal.files),
            ),
        )
        plans = [propose_cells(opened, proposal, zone) for proposal in candidates]
        known_cells: set[str] = set()
        if plans and plans[-1].n_rows:
            known_cells = {
                str(row[0]) for row in opened.execute("SELECT cell_id FROM plan").fetchall()
            }
        done = [propose_events(opened, proposal, known_cells, mcc, day) for proposal in events]
        proposals += done + plans
    proposals += [
        replace(
            proposal, columns={"column": Guess(proposal.table.names[0], "high", "its only one")}
        )
        for proposal in by_role["opt_out"]
        if proposal.table is not None
    ]
    proposals += references.zones(by_role["zones"]) if by_role["zones"] else []
    proposals += [references.register(proposal) for proposal in by_role["register"]]
    proposals += [references.tiles(proposal) for proposal in by_role["tiles"]]
    proposals += [references.raster(proposal) for proposal in by_role["elevation"]]
    order = {role: number for number, role in enumerate((*formats.ROLES, "unknown"))}
    return sorted(
        proposals,
        key=lambda proposal: (order[proposal.role], -(proposal.n_rows or 0), proposal.path),
    )


def _groups(path: Path, folder: Path) -> dict[str, list[Path]]:
    """Files by their path as a charter writes it: a day's files and every day's are one kind."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))[:MOST_FILES]
    groups: dict[str, list[Path]] = {}
    for file in files:
        parts = file.relative_to(folder).parts
        if not file.is_file() or any(part[0] in "._" for part in parts):
            continue
        if path.is_dir() and file.suffix.lower() in NO_DATA:
            continue
        groups.setdefault(formats.template(file.relative_to(folder).as_posix()), []).append(file)
    return groups


def _first_look(place: str, files: list[Path]) -> Proposal:
    try:
        table = table_of(files[0])
    except Refused as stop:
        return Proposal(
            "unknown", "", str(stop), place, files, problems=[problems.refusal(files[0], stop)]
        )
    if table.why:
        problem = Problem("file", files[0].name, 0, [], f"{files[0].name}: {table.why}")
        return Proposal("unknown", "", table.why, place, files, table, problems=[problem])
    form = formats.format_of(table)
    if form is None:
        return Proposal("unknown", "", formats.why_unknown(table), place, files, table)
    if form.reader in READERS and (names := READERS[form.reader].field_names):
        named = dict(zip(names, table.columns.values(), strict=False))
        table = replace(table, columns=named, kinds=dict.fromkeys(named, "text"))
    return Proposal(form.role, form.reader, form.why, place, files, table)


def _joined(events: list[Proposal]) -> list[Proposal]:
    """Files that are read alike are one delivery: calls and SMS, hours of a day, late files too."""
    groups: dict[tuple[str, str, str, tuple[str, ...]], list[Proposal]] = {}
    for proposal in events:
        folder, _, name = formats.within_day(proposal.path).rpartition("/")
        has_kinds = READERS[proposal.reader].has_kinds
        names = () if has_kinds or proposal.table is None else tuple(proposal.table.names)
        groups.setdefault((proposal.reader, folder, _tail(folder, name), names), []).append(
            proposal
        )
    deliveries = []
    for (_, folder, tail, _), group in groups.items():
        patterns = {formats.within_day(proposal.path) for proposal in group}
        path = patterns.pop()
        if patterns:
            path = f"{folder}/*{tail}" if folder else f"*{tail}"
        files = sorted(file for proposal in group for file in proposal.files)
        deliveries.append(replace(group[0], path=path, files=files))
    return deliveries


def _tail(folder: str, name: str) -> str:
    """The end that names of one delivery share: the day, where the folder does not say it."""
    if "{" in name and "{" not in folder:
        return "_{" + name.partition("{")[2]
    return "".join(Path(name.replace("%", "")).suffixes[-2:])


def _zone_ahead(events: list[Proposal], mcc: int | None) -> str:
    """The time zone of a plan's validity: local time of the network's country, else UTC."""
    from peil.area.countries import zone_of_mcc
    from peil.inspecting.columns import EVENT_NAMES, guesses

    for proposal in events:
        if proposal.table is not None:
            matches = guesses(proposal.table, EVENT_NAMES)
            home, _ = network_of(proposal.table, matches, mcc)
            if zone := zone_of_mcc(home):
                return zone
    return zone_of_mcc(mcc) or "UTC"
