"""Inspect a file or a folder: find what belongs together, propose how to read it, read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from peil.inspecting import formats, problems, proposal, references
from peil.inspecting.problems import Problem
from peil.inspecting.proposal import Proposal
from peil.inspecting.tables import table_of
from peil.outcome import Refused
from peil.readers import opencellid

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
    folder = path if path.is_dir() else path.parent
    groups = _groups(path, folder)
    if not groups:
        raise Refused(f"{path.name} holds no file: give a file or a folder of a delivery.")
    made = [_first_look(place, files) for place, files in sorted(groups.items())]
    by_role = {role: [one for one in made if one.role == role] for role in formats.ROLES}
    found = [one for one in made if one.role == "unknown"]
    with problems.desk() as opened:
        events = _joined(by_role["events"])
        zone = _zone_ahead(events, mcc)
        # the plan that the events are compared with is read last: of their format, or the largest
        readers = {one.reader for one in events}
        candidates = sorted(by_role["cells"], key=lambda one: (
            one.reader in readers, sum(file.stat().st_size for file in one.files)))  # fmt: skip
        plans = [proposal.cells(opened, one, zone) for one in candidates]
        known: set[str] = set()
        if plans and plans[-1].n_rows:
            known = {str(row[0]) for row in opened.execute("SELECT cell_id FROM plan").fetchall()}
        done = [proposal.events(opened, one, known, mcc, day) for one in events]
        found += done + plans
    found += references.zones(by_role["zones"]) if by_role["zones"] else []
    found += [references.register(one) for one in by_role["register"]]
    found += [references.tiles(one) for one in by_role["tiles"]]
    found += [references.raster(one) for one in by_role["elevation"]]
    order = {role: number for number, role in enumerate((*formats.ROLES, "unknown"))}
    return sorted(found, key=lambda one: (order[one.role], -(one.n_rows or 0), one.path))


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
        return Proposal("unknown", "", str(stop), place, files,
                        problems=[problems.refusal(files[0], stop)])  # fmt: skip
    if table.why:
        told = Problem("file", files[0].name, 0, [], f"{files[0].name}: {table.why}")
        return Proposal("unknown", "", table.why, place, files, table, problems=[told])
    known = formats.known(table)
    if known is None:
        return Proposal("unknown", "", "no format that is known here", place, files, table)
    if known.reader == "opencellid":
        named = dict(zip(opencellid.NAMES, table.columns.values(), strict=False))
        table = replace(table, columns=named, kinds=dict.fromkeys(named, "text"))
    return Proposal(known.role, known.reader, known.why, place, files, table)


def _joined(events: list[Proposal]) -> list[Proposal]:
    """Calls, SMS and data of one folder are one delivery: FlowKit tells them by their names."""
    mergeable: dict[tuple[str, str], list[Proposal]] = {}
    for one in events:
        tail = "{" + one.path.partition("{")[2] if "{" in one.path else Path(one.path).suffix
        folder = one.path.rpartition("/")[0]
        mergeable.setdefault((one.reader, f"{folder}|{tail}"), []).append(one)
    found = []
    for (reader, _), group in mergeable.items():
        first = group[0]
        if reader != "flowkit" or len(group) == 1:
            found += group
            continue
        folder, _, name = first.path.rpartition("/")
        rest = "*_{" + name.partition("{")[2] if "{" in name else "*" + "".join(
            Path(name).suffixes)  # fmt: skip
        files = sorted(file for one in group for file in one.files)
        found.append(replace(first, path=f"{folder}/{rest}" if folder else rest, files=files))
    return found


def _zone_ahead(events: list[Proposal], mcc: int | None) -> str:
    """The time zone of a plan's validity: local time of the network's country, else UTC."""
    from peil.inspecting.columns import EVENT_NAMES, guesses
    from peil.inspecting.countries import zone_of_mcc

    for one in events:
        if one.table is not None:
            found = guesses(one.table, EVENT_NAMES)
            home, _ = proposal.network(one.table, found, mcc)
            if zone := zone_of_mcc(home):
                return zone
    return zone_of_mcc(mcc) or "UTC"
