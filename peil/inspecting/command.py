"""The body of `peil inspect`: look, print, and write a charter stub or a map where asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from peil.inspecting import sheet, stub
from peil.inspecting.inspection import inspect
from peil.outcome import Refused
from peil.settings import settings


def run(path: Path, console: Console, **asked: Any) -> None:
    """Inspect a file or folder; what a library says of its rows may quote them, so it is not told.

    Raises
    ------
    Refused
        Nothing there, or an option that cannot be.
    RuntimeError
        A fault of ours.
    """
    try:
        _run(path, console, **asked)
    except Refused:
        raise
    except Exception as fault:
        where = fault.__traceback__
        while where is not None and where.tb_next is not None and "peil" in (
            where.tb_next.tb_frame.f_code.co_filename
        ):  # fmt: skip
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        raise RuntimeError(
            f"{path.name} cannot be inspected: a fault of Peil ({type(fault).__name__} at "
            f"{place}); tell the maintainers."
        ) from None


def _run(
    path: Path,
    console: Console,
    *,
    charter: Path | None = None,
    basis: str | None = None,
    mcc: int | None = None,
    day: str,
    page: Path | None = None,
    attribution: str = "",
) -> None:
    if basis not in (None, "synthetic"):
        raise Refused("--basis knows synthetic only: any other legal basis is a lawyer's to write.")
    try:
        laid_on = date.fromisoformat(day)
    except ValueError:
        raise Refused("--day is no day: write it as 2026-03-02.") from None
    found = inspect(path, mcc, laid_on)
    sheet.show(console, found)
    if page is not None:
        from peil.inspecting.map_page import build

        n_shapes = build(found, page, path.name, attribution)
        console.print(f"Map of {n_shapes}:  {page}", soft_wrap=True)
    if charter is None:
        console.print("A charter that reads this:  add --charter pilots/NAME.yml")
        return
    home = stub.home_of(path if path.is_dir() else path.parent, settings())
    asked = stub.write(charter, found, home, basis, mcc)
    console.print(f"Charter stub:  {charter}", soft_wrap=True)
    if asked:
        console.print(f"To be filled in by people: {', '.join(asked)}", soft_wrap=True)
    if home.setting:
        console.print(f"Its paths need:  {home.setting}", soft_wrap=True)
    console.print(f"Then:  peil charter check {charter}", soft_wrap=True)
