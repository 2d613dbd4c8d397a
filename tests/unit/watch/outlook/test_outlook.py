"""What is computed of released figures: a planted surge is found, usual days are usual."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from peil import cli
from peil.charter import reading
from peil.gates.report import GateReport
from peil.outcome import GateClosed, Refused, Waiting
from peil.pages.outlook import content
from peil.store.outlook import tables
from peil.watch.outlook import figures, models, scores, sentences
from peil.watch.outlook import outlook as verb
from peil_models.crowding import CrowdingForecaster
from tests.unit.watch.outlook.conftest import SURGE, WEEK, ZONES, Weeks, write_history


def bytes_of(weeks: Weeks) -> dict[str, bytes]:
    folder = weeks.store.outlook("tiny")
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture
def whole(weeks: Weeks) -> Weeks:
    """The whole week is released, one hour of C withheld, and its outlook is placed."""
    for day in range(7):
        weeks.release(day, withheld=("C", 3) if day == 1 else ("", 0))
    verb.outlook("tiny")
    return weeks


def test_a_planted_surge_is_found_in_its_first_hour_and_nothing_else_is_large(whole: Weeks) -> None:
    surges = sentences.largest_first(whole.table(tables.SURGES))
    first = surges.iloc[0]
    zone, begin, length = SURGE
    at = whole.hours()
    assert first["zone_id"] == zone and first["level"] == 3 and first["is_over"]
    # hours that were loud by chance, fewer than six before it, are of the same episode
    assert at[begin - 6] <= first["began_at"] <= at[begin]
    assert at[begin + length] <= first["ended_at"] <= at[begin + length + 1]
    assert 0.8 * first["expected"] < first["excess"] < 1.2 * first["expected"]
    assert first["excess_low"] > 0 and first["times_a_year"] < 0.5
    assert (surges["level"].iloc[1:] < 3).all() and len(surges) <= 3


def test_a_usual_day_is_usual(weeks: Weeks) -> None:
    for day in (0, 1):
        weeks.release(day)
    assert verb.outlook("tiny").facts["registered"] == "outlook@1"
    surges = weeks.table(tables.SURGES)
    assert (surges["level"] < 3).all() and len(surges) <= 1
    lines = sentences.lines("tiny")
    assert surges["is_over"].all() == lines[0].startswith("Everything as usual at 23:00")


def test_the_bands_hold_most_hours_and_reach_a_day_ahead(whole: Weeks) -> None:
    bands = whole.table()
    assert set(bands["zone_id"]) == set(ZONES)
    assert not bands.duplicated(["zone_id", "hour_at"]).any()
    at = whole.hours()
    newest = at[-1]
    ahead = bands[bands["hour_at"] > newest]
    assert len(ahead) == 24 * len(ZONES)
    assert (ahead["issued_at"] == newest + pd.Timedelta(hours=1)).all()
    seen = bands[bands["hour_at"] <= newest]
    assert len(seen) == 7 * 24 * len(ZONES)
    midnights = seen["hour_at"].dt.tz_convert("Europe/Amsterdam").dt.normalize()
    assert (seen["issued_at"] == midnights).all()
    observed = np.concatenate([whole.values[zone] for zone in sorted(ZONES)])
    inside = (seen["q025"] <= observed) & (observed <= seen["q975"])
    assert 0.88 <= inside.mean() <= 0.99


def test_a_withheld_hour_is_missing_and_never_zero(whole: Weeks) -> None:
    surges, bands = whole.table(tables.SURGES), whole.table()
    hidden = whole.hours()[24 + 3]
    assert not ((surges["zone_id"] == "C") & (surges["began_at"] == hidden)).any()
    read = figures.read(whole.tiny.charter, whole.store).frame
    empty = read[read["value"].isna()]
    assert [(row.zone_id, row.hour_at) for row in empty.itertuples()] == [("C", hidden)]
    assert (read["value"].dropna() > 0).all()
    of_zone = bands[(bands["zone_id"] == "C") & (bands["hour_at"] > hidden)]
    assert (of_zone["q025"] > 0).all()


def test_nothing_is_said_of_a_zone_under_the_threshold(weeks: Weeks) -> None:
    weeks.tiny.write_charter(threshold=600)
    for day in range(3):
        weeks.release(day)
    verb.outlook("tiny")
    assert set(weeks.table()["zone_id"]) == {"A", "B"}
    assert (weeks.table()["q500"] >= 600).all()


@pytest.mark.slow
def test_the_same_figures_give_the_same_bytes(whole: Weeks) -> None:
    before = bytes_of(whole)
    assert verb.outlook("tiny").status == "unchanged"
    shutil.rmtree(whole.store.outlook("tiny"))
    assert verb.outlook("tiny").status == "done"  # by the fitted models
    assert bytes_of(whole) == before
    shutil.rmtree(whole.store.outlook("tiny"))
    shutil.rmtree(whole.store.outlook_model("tiny"))
    verb.outlook("tiny")  # fitted again
    assert bytes_of(whole) == before


def test_the_record_says_how_good_it_was_beside_both_bars(whole: Weeks) -> None:
    scores = json.loads((whole.store.outlook("tiny") / "outlook.json").read_text())["scores"]
    assert scores["n_hours"] == 7 * 24 * 3 - 1  # one is withheld
    errors = {name: method["error"] for name, method in scores["methods"].items()}
    assert set(errors) == {"outlook", "climatology", "seasonal_naive"}
    assert errors["outlook"] < errors["seasonal_naive"]
    assert np.diff(scores["calibration"]).min() > 0
    assert 0.6 < scores["methods"]["outlook"]["coverage_80"] < 0.9
    assert scores["zone_months"] == pytest.approx((7 * 24 * 3 - 1) / 720)
    small, _, double = scores["planted"]
    assert small["in_first_hour"] <= double["in_first_hour"] and double["in_first_hour"] > 0.9
    assert 10 <= double["n"] <= 21


def test_an_hour_is_judged_by_what_was_released_until_then(whole: Weeks) -> None:
    early = verb.outlook("tiny", "2026-03-04T20")
    assert early.day == "2026-03-04T20" and early.facts["n_surges_now"] == 1
    surges = whole.table(tables.SURGES)
    now = surges[~surges["is_over"]].iloc[0]
    assert now["zone_id"] == "B" and now["level"] == 3
    assert now["began_at"] <= whole.hours()[SURGE[1]]
    assert whole.table()["issued_at"].max() == whole.hours()[SURGE[1] + 1]
    at_once = bytes_of(whole)
    for day in range(3, 7):  # later days change nothing of it
        shutil.rmtree(whole.store.released("tiny", "presence", WEEK + timedelta(days=day)))
    verb.outlook("tiny", "2026-03-04T20")
    assert bytes_of(whole) == at_once


def test_the_next_hour_forecasts_only_what_is_ahead(
    whole: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb.outlook("tiny", "2026-03-04T19")
    issued: list[pd.Timestamp] = []
    forecast = CrowdingForecaster.forecast

    def counted(self: Any, figures: Any, at: pd.Timestamp, *more: Any, **named: Any) -> Any:
        issued.append(at)
        return forecast(self, figures, at, *more, **named)

    monkeypatch.setattr(CrowdingForecaster, "forecast", counted)
    verb.outlook("tiny", "2026-03-04T20")
    assert [at.isoformat() for at in issued] == ["2026-03-04T21:00:00+01:00"]
    at_once = bytes_of(whole)
    kept = sorted(whole.store.outlook_model("tiny").glob("*/*/*.parquet"))
    folders = {file.parent.name for file in kept if "history" not in file.parts}
    assert {"bands", "calibrations", "after_hours", "planted", "scores"} <= folders
    for file in kept:
        file.write_bytes(b"no table")
    shutil.rmtree(whole.store.outlook("tiny"))
    verb.outlook("tiny", "2026-03-04T20")
    assert bytes_of(whole) == at_once


def test_a_release_that_is_not_as_it_was_signed_is_not_read(whole: Weeks) -> None:
    folder = whole.store.released("tiny", "presence", date(2026, 3, 8))
    file = folder / "rel_presence__by_zone_hour.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    answer = verb.outlook("tiny")
    assert answer.day == "2026-03-07T23"
    record = json.loads((whole.store.outlook("tiny") / "outlook.json").read_text())
    assert record["n_days_broken"] == 1
    assert "1 released folder is not as signed and left out" in sentences.lines("tiny")[0]
    page = content.read(reading.load("tiny"), whole.store)
    assert page is not None and page.n_broken == 1


def test_where_nothing_is_as_it_was_signed_it_says_so(weeks: Weeks) -> None:
    weeks.release(0)
    folder = weeks.store.released("tiny", "presence", date(2026, 3, 2))
    (folder / "rel_presence__by_zone_hour.parquet").write_bytes(b"no table")
    with pytest.raises(Waiting, match=r"none is as it was signed.*peil verify"):
        verb.outlook("tiny")


def test_without_history_or_release_it_says_what_to_do(weeks: Weeks) -> None:
    with pytest.raises(Waiting, match=r"No hour of tiny is released.*peil run tiny"):
        verb.outlook("tiny")
    weeks.release(0)
    weeks.store.history("tiny").unlink()
    with pytest.raises(Refused, match=r"fewer than 14 days of figures before its week.*history"):
        verb.outlook("tiny")
    write_history(weeks.store, weeks=1)
    with pytest.raises(Refused, match="fewer than 14 days"):
        verb.outlook("tiny")
    with pytest.raises(Refused, match=r"write it as 2026-03-02T20"):
        verb.outlook("tiny", "noon")
    with pytest.raises(Refused, match=r"2026-03-05T10 is no released hour of tiny"):
        verb.outlook("tiny", "2026-03-05T10")


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("2026-03-04T19:00,2026-03-04T23:00,Z,match", "line 3, column zone"),
        ("wednesday,2026-03-04T23:00,B,match", "line 3, column from"),
        ("2026-03-04T19:00,2026-03-04T18:00,B,match", "line 3, column to"),
        ("2026-03-04T19:00,2026-03-04T23:00,B,", "line 3, column name"),
    ],
)
def test_a_wrong_event_is_named_by_file_line_and_column(
    weeks: Weeks, line: str, where: str
) -> None:
    weeks.release(0)
    file = weeks.tiny.charter_file.with_name("tiny.events.csv")
    good = "2026-03-05T19:00,2026-03-05T23:00,A,fair"
    file.write_text(f"from,to,zone,name\n{good}\n{line}\n")
    with pytest.raises(Refused) as refusal:
        verb.outlook("tiny")
    assert f"{file}, {where}" in str(refusal.value)
    assert "match" not in str(refusal.value) and "wednesday" not in str(refusal.value)


def test_a_known_event_names_its_surge(weeks: Weeks) -> None:
    for day in range(3):
        weeks.release(day)
    file = weeks.tiny.charter_file.with_name("tiny.events.csv")
    file.write_text("from,to,zone,name\n2026-03-04T19:00,2026-03-04T23:00,B,Cup final\n")
    done = CliRunner().invoke(cli.app, ["outlook", "tiny"])
    assert done.exit_code == 0, done.output
    assert ": far busier than usual (Cup final)" in done.output


def test_the_operator_computes_none(weeks: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_PLANE", "operator")
    with pytest.raises(Refused, match="the agency's to compute"):
        verb.outlook("tiny")


def test_a_closed_gate_leaves_what_stood_there(
    whole: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(whole)
    computed = verb._computed

    def crossed(*parts: Any) -> Any:
        answer = computed(*parts)
        answer.presence.loc[0, "q025"] = answer.presence.loc[0, "q975"] + 1
        return answer

    monkeypatch.setattr(verb, "_computed", crossed)
    with pytest.raises(GateClosed, match="quantiles_ascend_from_zero"):
        verb.outlook("tiny", "2026-03-08T20")
    assert bytes_of(whole) == before
    report = (whole.store.own / "quarantine" / "tiny" / "outlook.gate.json").read_text()
    assert not GateReport.from_json(report).is_open


def test_a_history_that_holds_an_hour_twice_is_refused(weeks: Weeks) -> None:
    weeks.release(0)
    file = weeks.store.history("tiny")
    table = pd.read_parquet(file)
    pd.concat([table.iloc[[5]], table], ignore_index=True).to_parquet(file, index=False)
    with pytest.raises(Refused, match="a zone has an hour twice; keep one of the two"):
        verb.outlook("tiny")


def test_of_a_week_that_is_over_no_model_is_loaded_and_the_bytes_are_the_same(
    whole: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(whole)
    shutil.rmtree(whole.store.outlook("tiny"))

    def loaded(_: Any) -> Any:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(models, "_loaded", loaded)
    assert verb.outlook("tiny").status == "done"
    assert bytes_of(whole) == before


def test_planted_surges_are_counted_on_days_that_are_over_once_a_day(
    whole: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, count = list[pd.Timestamp](), scores._counted

    def counting(week: Any, band: Any, hours: pd.DataFrame) -> pd.DataFrame:
        counted.append(hours["hour_at"].max())
        return count(week, band, hours)

    monkeypatch.setattr(scores, "_counted", counting)
    planted = []
    for hour in ("02T22", "02T23", "03T05", "03T22", "04T09"):
        shutil.rmtree(whole.store.outlook("tiny"), ignore_errors=True)
        verb.outlook("tiny", f"2026-03-{hour}")
        record = json.loads((whole.store.outlook("tiny") / verb.RECORD).read_text())
        planted.append([row["n"] for row in record["scores"]["planted"]])
    days = [whole.hours()[24 * n - 1] for n in (1, 2)]
    # another test may have counted a day already; none counts one that is not over
    assert set(counted) <= set(days) and len(counted) <= 2
    assert planted[0] == [0, 0, 0]
    assert planted[1] == planted[2] == planted[3] and 0 < planted[1][0] <= 3
    assert planted[3][0] < planted[4][0] <= 6
