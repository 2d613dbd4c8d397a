"""Hours in which no row of any cell lies, from the delivery to the page: a status of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_pilot import DAY, HEADER, Tiny

from peil import gates
from peil.outcome import GateClosed
from peil.settings import PROJECT, settings

AUTUMN = date(2026, 10, 25)  # 25 hours: 02 h comes twice
N_DEVICES = 12


def rows(day: date, has_row: Callable[[int], bool]) -> str:
    """Each device once an hour at each half hour of the local clock that has a row, no offset."""
    midnight = datetime.combine(day, datetime.min.time())
    text = HEADER
    for hour in range(24):
        for number in range(N_DEVICES if has_row(hour) else 0):
            at = midnight + timedelta(hours=hour, minutes=30, seconds=number)
            cell = f"c{1 + number % 3}"
            text += f"2040800000001{number:02d},{at:%Y-%m-%d %H:%M:%S},204,08,{cell},1\n"
    return text


@pytest.fixture
def staged(tiny: Tiny, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Tiny:
    """A day ingested and staged, with a limit of so many unobserved hours."""
    from peil.stage.stage import stage

    day, has_row, n_accepted = request.param
    limit = f"\n[pilot.tiny.expectations.staged_unobserved_hours_max_stop]\nvalue = {n_accepted}\n"
    words = 'unit = "hours"\nreason = "a test"\nreference = "docs/quality.md"\n'
    (tmp_path / "methods.toml").write_text(settings().methods.read_text() + limit + words)
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "methods.toml"))
    tiny.write_charter(period={"start": str(DAY), "end": str(AUTUMN)})
    tiny.deliver("a.csv", rows(day, has_row), day)
    tiny.ingest(day)
    stage("tiny", str(day))
    return tiny


def page_of(tiny: Tiny) -> dict[str, Any]:
    """What the built page holds."""
    from peil.pages import build

    page = build.build(tiny.charter, tiny.store)[0]
    assert page is not None
    text = page.read_text()
    start = text.index(">", text.index('id="data"')) + 1
    return dict(json.loads(text[start : text.index("</script>", start)]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("staged", "day", "unobserved"),
    [
        pytest.param((AUTUMN, lambda hour: True, 2), AUTUMN, [2, 2], id="autumn, local time"),
        pytest.param((DAY, lambda h: not 10 <= h < 16, 6), DAY, list(range(10, 16)), id="outage"),
    ],
    indirect=["staged"],
)
def test_it_is_released_as_not_observed(staged: Tiny, day: date, unobserved: list[int]) -> None:
    from peil.estimate.estimate import estimate
    from peil.release.release import publish, release

    report = gates.check("staged", "tiny", day)
    assert report.is_open
    assert "every_hour_has_devices" in [finding.expectation for finding in report.noted]
    estimate("tiny", str(day))
    release("tiny", str(day))
    publish("tiny", str(day))
    folder = staged.store.released("tiny", "presence", day)
    table = pd.read_parquet(folder / "rel_presence__by_zone_hour.parquet")
    missing = table[table["OBS_STATUS"] == "L"]
    of_one = missing[missing["REF_AREA"] == missing["REF_AREA"].min()]
    assert [int(hour[11:13]) for hour in of_one["TIME_PERIOD"]] == unobserved
    assert len(missing) == len(unobserved) * table["REF_AREA"].nunique()
    assert missing[["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]].isna().all(axis=None)
    assert set(missing["CONF_STATUS"]) == {"F"}
    shown = table[table["OBS_STATUS"] == "A"]
    assert len(shown) == len(table) - len(missing) and (shown["OBS_VALUE"] > 0).all()
    metadata = json.loads((folder / "metadata.json").read_text())
    assert (metadata["n_unobserved"], metadata["n_withheld"]) == (len(missing), 0)
    for file, words in (("en", "not observed"), ("nl", "niet waargenomen")):
        assert words in (folder / f"statement.{file}.md").read_text()
    status = page_of(staged)["released"]["conf_status"]
    assert sum(row.count("L") for row in status) == len(missing)
    assert not any("C" in row for row in status)


@pytest.mark.slow
@pytest.mark.parametrize(
    "staged", [pytest.param((AUTUMN, lambda hour: True, 0), id="autumn")], indirect=True
)
def test_unless_accepted_it_closes_the_gate_with_its_cause(staged: Tiny) -> None:
    with pytest.raises(GateClosed) as closed:
        gates.require_open("staged", "tiny", AUTUMN)
    words = str(closed.value)
    assert "n_hours_unobserved 2, first_unobserved_h 2, unobserved_until_h 3" in words
    assert "n_repeated_hours_unobserved 2" in words
    assert "local time without an offset" in words and "methods.toml" in words
    assert str(PROJECT) not in words
