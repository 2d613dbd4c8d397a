"""The command `peil inspect`: look, print, and write a charter stub or a map where asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from peil.outcome import Refused


def asked(
    answering: Callable[[], AbstractContextManager[None]], console: Console
) -> Callable[..., None]:
    """The command as typer takes it, answering as the other commands do."""

    def inspect(
        file: Annotated[Path, typer.Argument(help="A delivered file, or a folder of a delivery.")],
        charter: Annotated[Path | None, typer.Option(help="Write a charter stub there.")] = None,
        basis: Annotated[str | None, typer.Option(help="synthetic: the stub is complete.")] = None,
        mcc: Annotated[int | None, typer.Option(help="Country code of the network.")] = None,
        day: Annotated[str, typer.Option(help="Day of a simulation's t = 0.")] = "2026-03-02",
        page: Annotated[Path | None, typer.Option("--map", help="Write a map (HTML).")] = None,
        attribution: Annotated[str, typer.Option(help="Who made the files, on the map.")] = "",
    ) -> None:
        """Look at an unknown delivery: propose reader and mapping, count rows, show problems.

        Example: [bold]peil inspect data/deliveries/demo --map map.html[/bold]
        """
        with answering():
            _quietly(
                file,
                console=console,
                charter=charter,
                basis=basis,
                mcc=mcc,
                day=day,
                page=page,
                attribution=attribution,
            )

    return inspect


def _quietly(path: Path, **options: Any) -> None:
    """Inspect, and leave out what a library says of a file: it may quote rows."""
    try:
        _run(path, **options)
    except Refused:
        raise
    except Exception as fault:
        where = fault.__traceback__
        while (
            where is not None
            and where.tb_next is not None
            and "peil" in (where.tb_next.tb_frame.f_code.co_filename)
        ):
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        raise RuntimeError(
            f"{path.name} cannot be inspected: a fault of Peil ({type(fault).__name__} at "
            f"{place}); tell the maintainers."
        ) from None


def _run(
    path: Path,
    *,
    console: Console,
    charter: Path | None = None,
    basis: str | None = None,
    mcc: int | None = None,
    day: str,
    page: Path | None = None,
    attribution: str = "",
) -> None:
    from peil.inspecting import sheet, stub
    from peil.inspecting.inspection import inspect as look
    from peil.settings import settings

    if basis not in (None, "synthetic"):
        raise Refused("--basis knows synthetic only: any other legal basis is a lawyer's to write.")
    try:
        laid_on = date.fromisoformat(day)
    except ValueError:
        raise Refused("--day is no day: write it as 2026-03-02.") from None
    proposals = look(path, mcc, laid_on)
    sheet.show(console, proposals)
    if page is not None:
        from peil.inspecting.map_page import build

        n_shapes = build(proposals, page, path.name, attribution)
        console.print(f"Map of {n_shapes}:  {page}", soft_wrap=True)
    if charter is None:
        console.print("A charter that reads this:  add --charter pilots/NAME.yml")
        return
    home = stub.home_of(path if path.is_dir() else path.parent, settings())
    places = stub.write(charter, proposals, home, basis, mcc)
    console.print(f"Charter stub:  {charter}", soft_wrap=True)
    if places:
        console.print(f"To be filled in by people: {', '.join(places)}", soft_wrap=True)
    if home.setting:
        console.print(f"Its paths need:  {home.setting}", soft_wrap=True)
    console.print(f"Then:  peil charter check {charter}", soft_wrap=True)
