"""Print an inspection on the terminal: names of columns, counts and line numbers.

No value of a row is printed. What is inspected is decided in `peil.inspecting.inspection`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from peil.inspecting.problems import FIRST, Problem
from peil.inspecting.proposal import Proposal

ROLE_WORDS = {"land_use": "land use", "opt_out": "opt-out list", "unknown": "not used"}


def show(console: Console, proposals: list[Proposal]) -> None:
    """Print every proposal: first what a charter can use, then what it cannot, with the reason."""
    for proposal in proposals:
        if proposal.role != "unknown":
            console.print(_sheet(proposal))
    unused = [proposal for proposal in proposals if proposal.role == "unknown"]
    if unused:
        console.print(Text("Not used:", style="bold"))
        for proposal in unused:
            console.print(Text(f"  {proposal.path}: {proposal.why}"), soft_wrap=True)


def _sheet(proposal: Proposal) -> RenderableType:
    rows = "" if proposal.n_rows is None else f", {proposal.n_rows:,} rows"
    files = f"{len(proposal.files):,} file{'s' if len(proposal.files) > 1 else ''}"
    role = ROLE_WORDS.get(proposal.role, proposal.role)
    parts: list[RenderableType] = [
        Text(f"{role.upper()}  {proposal.path}  ({files}{rows})", style="bold"),
        Text(f"  reader: {proposal.reader}, since {proposal.why}"),
    ]
    if proposal.table is not None and proposal.table.container == "csv":
        header = "with a header" if proposal.table.has_header else "without a header"
        name = {"\t": "tab"}.get(proposal.table.separator, proposal.table.separator)
        parts.append(Text(f"  {proposal.table.encoding}, separator {name}, {header}"))
    shown = {
        key: ", ".join(value) if isinstance(value, dict) else value
        for key, value in proposal.settings.items()
    }
    if settings := ", ".join(f"{key}: {value}" for key, value in shown.items()):
        parts.append(Text(f"  {settings}"))
    if proposal.days:
        parts.append(Text(f"  from {proposal.days[0]} to {proposal.days[1]}"))
    if proposal.columns:
        parts.append(_mapping(proposal))
    if proposal.not_landed:
        parts.append(Text("  not landed: " + ", ".join(proposal.not_landed)))
    parts += [Text(f"  {note}", style="dim") for note in proposal.notes]
    parts += [Text(f"  {line}", style="red") for line in problem_lines(proposal.problems)]
    parts += [Text(f"  ask: {question}", style="yellow") for question in proposal.questions]
    return Group(*parts, Text(""))


def _mapping(proposal: Proposal) -> Grid:
    grid = Grid(box=None, padding=(0, 2), show_edge=False)
    for name in ("ours", "theirs", "type", "sure", "why"):
        grid.add_column(name, style="dim" if name == "why" else None)
    for ours, guess in proposal.columns.items():
        kind = proposal.types.get(guess.theirs, "")
        grid.add_row(f"  {ours}", Text(guess.theirs), kind, guess.sure, Text(guess.why))
    return grid


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """One line for each kind of problem: rows in all files, the first lines of the first file.

    >>> problem_lines([Problem("no_location", "a.csv", 2, [3, 9], "no cell"),
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
    for kind, same_kind in sorted(kinds.items()):
        first = same_kind[0]
        n_rows = sum(problem.n_rows for problem in same_kind)
        files = f" in {len(same_kind)} files" if len(same_kind) > 1 else ""
        at = f", lines {', '.join(str(n) for n in first.lines[:FIRST])}" if first.lines else ""
        lines.append(f"{kind}: {n_rows:,} rows{files}, first in {first.file}{at}: {first.remedy}")
    return lines
