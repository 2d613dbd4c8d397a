"""Tables of the terminal fit 80 columns: no head is cut, and a day set aside is red and told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from peil.commands import comparison
from peil.commands.status_table import tell_status
from peil.store.atomic import write_json

DAY = "2026-03-03"


def printed(width: int = 80, **words: Any) -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, width=width, **words), output


@pytest.fixture
def closed(tiny: Any) -> Any:
    """A pilot of presence, flows and visitors; the staged gate of one of its days is closed."""
    tiny.write_charter(
        products=["presence", "flows", "visitors"],
        linkage_days=7,
        retention__staged_days=7,
        inputs__events__due="06:00",
    )
    folder = tiny.store.quality("tiny", tiny.charter.days()[1])
    for state, is_open in (("raw", True), ("staged", False)):
        write_json(folder / f"{state}.json", {"is_open": is_open})
    alert = {"what": "Half the rows are missing.", "what_to_do": "Ask for them."}
    write_json(tiny.store.quarantine("tiny") / f"{DAY}.closed.json", alert)
    return tiny


def test_a_day_set_aside_is_told_with_its_reason_and_remedy(closed: Any) -> None:
    console, output = printed()
    tell_status("tiny", console)
    lines = output.getvalue().splitlines()
    assert f"✗ {DAY} is set aside: Half the rows are missing. Ask for them." in lines
    table = [line for line in lines if line.startswith(("┃", "│"))]
    assert max(map(len, lines[: lines.index(table[-1])])) <= 80
    heads = ("day", "state", "gates", "ledger", "products", "why it waits")
    assert [head.strip() for head in table[0].strip("┃").split("┃")] == list(heads)
    assert "…" not in "".join(table)


def test_only_the_day_set_aside_is_red(closed: Any) -> None:
    console, output = printed(force_terminal=True, color_system="standard")
    tell_status("tiny", console)
    red = [line for line in output.getvalue().splitlines() if "\x1b[1;31m" in line]
    assert red and all("2026-03-02" not in line for line in red)
    assert any(DAY in line for line in red)


def test_estimators_and_footprints_fit_with_every_head_whole(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = dict.fromkeys(comparison.SCORES, -0.123456)
    figures = (12.345, -101.234, 0.123, 123456.789)
    parameters = dict(zip(comparison.PARAMETERS, figures, strict=True))
    run = {"estimator": "landuse", "footprint": "version 12", **scores}
    record = {
        "runs": [{**run, "day": DAY, "run_id": "a"}, {**run, "day": "2026-03-04", "run_id": "b"}],
        "versions": [{"version": 2, "is_champion": True, "footprint": "calibrated", **parameters}],
    }
    monkeypatch.setattr(comparison.version_rows, "compare", lambda *_: record)
    console, output = printed()
    for table in comparison.tables("tiny"):
        console.print(table)
    text = output.getvalue()
    assert max(map(len, text.splitlines())) <= 80 and "…" not in text
    for word in ("coverage", "champion", "calibrated", "version 12", "123456.789", "-0.123"):
        assert word in text, word


def test_a_day_estimated_again_counts_once_by_the_run_that_stands(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"estimator": "em", "footprint": "version 2", "day": DAY}
    scored = {"a": 0.1, "b": 0.2, "c": 0.3}
    runs = [{**run, "run_id": run_id, "mape_day": each} for run_id, each in scored.items()]
    record: dict[str, Any] = {"runs": runs, "versions": []}
    monkeypatch.setattr(comparison.version_rows, "compare", lambda *_: record)

    def row() -> list[str]:
        (table,) = comparison.tables("tiny")
        return [str(next(iter(column.cells))) for column in table.columns]

    days, mape_day = 2, 3 + comparison.SCORES.index("mape_day")
    assert (row()[days], row()[mape_day]) == ("1", "0.300")  # the newest
    folder = tiny.store.estimated("tiny", tiny.charter.days()[1])
    write_json(folder / "estimated.json", {"run_ids": {"em": "b"}})
    assert (row()[days], row()[mape_day]) == ("1", "0.200")


def test_every_group_beside_the_released_estimator_fits(tiny: Any) -> None:
    row = {"gain": -0.123, "lower": -0.456, "upper": 0.1, "n_zones": 342, "n_days": 28}
    compared = [
        {"estimator": name, "group": group, **row}
        for name in ("landuse", "voronoi")
        for group in comparison.paired.GROUPS
    ]
    console, output = printed()
    console.print(comparison.beside(compared, 0.02))
    text = output.getvalue()
    assert max(map(len, text.splitlines())) <= 80 and "…" not in text
    for word in (
        "-12%",
        "-46..+10",
        "visited",
        "no difference",
        "342 and",
        "landuse",
        "[compare] in",
    ):
        assert word in text, word


def test_without_a_trained_footprint_no_empty_table_is_shown(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record: dict[str, Any] = {"runs": [], "versions": []}
    monkeypatch.setattr(comparison.version_rows, "compare", lambda *_: record)
    assert [str(table.title).split(":")[0] for table in comparison.tables("tiny")] == [
        "Estimators of tiny"
    ]
