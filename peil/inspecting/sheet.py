"""What an inspection says on the terminal: names, counts and line numbers, never a value."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from peil.inspecting.problems import FIRST, Problem
from peil.inspecting.proposal import Proposal

ROLE = {"land_use": "land use", "opt_out": "opt-out list", "unknown": "not used"}


def show(console: Console, found: list[Proposal]) -> None:
    """Print every proposal, those that can be used first."""
    for one in found:
        if one.role != "unknown":
            console.print(_sheet(one))
    rest = [one for one in found if one.role == "unknown"]
    if rest:
        console.print(Text("Not used:", style="bold"))
        for one in rest:
            console.print(Text(f"  {one.path}: {one.why}"), soft_wrap=True)


def _sheet(one: Proposal) -> RenderableType:
    rows = "" if one.n_rows is None else f", {one.n_rows:,} rows"
    files = f"{len(one.files):,} file{'s' if len(one.files) > 1 else ''}"
    role = ROLE.get(one.role, one.role)
    parts: list[RenderableType] = [
        Text(f"{role.upper()}  {one.path}  ({files}{rows})", style="bold"),
        Text(f"  reader: {one.reader}, since {one.why}"),
    ]
    if one.table is not None and one.table.container == "csv":
        header = "with a header" if one.table.has_header else "without a header"
        name = {"\t": "tab"}.get(one.table.separator, one.table.separator)
        parts.append(Text(f"  {one.table.encoding}, separator {name}, {header}"))
    shown = {
        key: ", ".join(value) if isinstance(value, dict) else value
        for key, value in one.settings.items()
    }
    if said := ", ".join(f"{key}: {value}" for key, value in shown.items()):
        parts.append(Text(f"  {said}"))
    if one.days:
        parts.append(Text(f"  from {one.days[0]} to {one.days[1]}"))
    if one.columns:
        parts.append(_mapping(one))
    if one.not_landed:
        parts.append(Text("  not landed: " + ", ".join(one.not_landed)))
    parts += [Text(f"  {note}", style="dim") for note in one.notes]
    parts += [Text(f"  {line}", style="red") for line in told(one.problems)]
    parts += [Text(f"  ask: {asked}", style="yellow") for asked in one.asked]
    return Group(*parts, Text(""))


def _mapping(one: Proposal) -> Grid:
    grid = Grid(box=None, padding=(0, 2), show_edge=False)
    for name in ("ours", "theirs", "type", "sure", "why"):
        grid.add_column(name, style="dim" if name == "why" else None)
    for ours, guess in one.columns.items():
        kind = one.types.get(guess.theirs, "")
        grid.add_row(f"  {ours}", Text(guess.theirs), kind, guess.sure, Text(guess.why))
    return grid


def told(problems: Iterable[Problem]) -> list[str]:
    """One line for each kind of problem: rows in all files, the first lines of the first file.

    >>> told([Problem("no_location", "a.csv", 2, [3, 9], "no cell"),
    ...       Problem("no_location", "b.csv", 1, [4], "no cell")])
    ['no_location: 3 rows in 2 files, first in a.csv, lines 3, 9: no cell']
    """
    kinds: dict[str, list[Problem]] = {}
    lines = []
    for problem in problems:
        if problem.kind == "file":
            lines.append(problem.remedy)
        else:
            kinds.setdefault(problem.kind, []).append(problem)
    for kind, found in sorted(kinds.items()):
        first = found[0]
        n_rows = sum(problem.n_rows for problem in found)
        files = f" in {len(found)} files" if len(found) > 1 else ""
        at = f", lines {', '.join(str(n) for n in first.lines[:FIRST])}" if first.lines else ""
        lines.append(f"{kind}: {n_rows:,} rows{files}, first in {first.file}{at}: {first.remedy}")
    return lines
