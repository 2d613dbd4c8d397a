"""A gate says counts: no identifier in a report, a result, an exception, a log or a file."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd
import pytest

from expectations.belief import Belief, stop
from peil import gates
from peil.gates import great
from peil.settings import PROJECT


def planted(batch: Any) -> Any:
    """Put the marker in every column of raw and staged that can hold a text."""
    raw = batch.raw["events"]
    for column in ("event_type", "cell_id", "mnc", "defect"):
        raw.loc[raw.index[:10], column] = batch.marker
    batch.raw["files"]["file_name"] = batch.marker
    staged = batch.staged["stg_operator__events"]
    staged.loc[staged.index[:10], "cell_id"] = batch.marker
    batch.staged["int_rows_accounted__by_file_reason"]["file_name"] = batch.marker
    return batch


def files_with(folder: Path, marker: str) -> list[str]:
    return [
        str(file)
        for file in folder.rglob("*")
        if file.is_file() and marker.encode() in file.read_bytes()
    ]


@pytest.mark.parametrize("state", ["raw", "staged"])
def test_a_planted_identifier_is_in_no_report_result_or_log(
    batch: Any,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    results: list[str] = []
    verdict = great._verdict

    def spy(state: str, belief: Belief, result: Any) -> great.Verdict:
        results.append(str(result.to_json_dict()))
        return verdict(state, belief, result)

    monkeypatch.setattr(great, "_verdict", spy)
    planted(batch).write(state)

    report = gates.check(state, batch.pilot, batch.day)
    gates.close(gates.GateReport(state, report.pilot, report.day, False, report.results))

    output = capfd.readouterr()
    assert len(results) == len(report.results)
    for text in (report.to_json(), *results, caplog.text, output.out, output.err):
        assert batch.marker not in text
    assert files_with(batch.store.root, batch.marker) == []
    key = bytes(range(32)).hex()
    assert files_with(batch.store.root, key) == []


def test_the_scan_finds_a_marker_that_is_there(batch: Any) -> None:
    (batch.store.operator / "quarantine").mkdir(parents=True)
    (batch.store.operator / "quarantine" / "x.json").write_text(batch.marker)

    assert len(files_with(batch.store.root, batch.marker)) == 1


def test_great_expectations_would_quote_the_value_and_we_do_not(
    batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both formats on a column of identifiers; the default format shows what is at stake."""
    belief = stop(
        name="planted",
        table="t",
        measure="t",
        expectation=gxe.ExpectColumnValuesToBeInSet(column="imsi", value_set=["x"]),
        why="W.",
        do="D.",
    )
    results: list[str] = []
    verdict = great._verdict

    def spy(state: str, belief: Belief, result: Any) -> great.Verdict:
        results.append(str(result.to_json_dict()))
        return verdict(state, belief, result)

    def fill(connection: Any) -> None:
        connection.execute("CREATE TABLE t (imsi VARCHAR)")
        connection.execute("INSERT INTO t VALUES (?)", [batch.marker])

    monkeypatch.setattr(great, "_verdict", spy)
    for state in ("raw", "released"):
        assert not great.judge(state, [belief], fill)["planted"].success
    monkeypatch.setitem(great.RESULT_FORMAT, "raw", {"result_format": "COMPLETE"})
    great.judge("raw", [belief], fill)

    assert [batch.marker in result for result in results] == [False, False, True]


def test_an_expectation_that_raises_is_our_fault_and_quotes_nothing(
    batch: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    belief = stop(
        name="planted",
        table="t",
        measure="t",
        expectation=gxe.ExpectColumnValuesToBeBetween(column="imsi", min_value=1),
        why="W.",
        do="D.",
    )

    def fill(connection: Any) -> None:
        connection.execute("CREATE TABLE given (imsi VARCHAR)")
        connection.execute("INSERT INTO given VALUES (?)", [batch.marker + "x"])
        connection.execute("CREATE VIEW t AS SELECT imsi::BIGINT AS imsi FROM given")

    with pytest.raises(gates.JudgeError, match="could not ask planted of t") as raised:
        great.judge("raw", [belief], fill)

    output = capfd.readouterr()
    everything = "".join(traceback.format_exception(raised.value))
    for text in (everything, caplog.text, output.out, output.err):
        assert batch.marker not in text
    assert raised.value.__context__ is None


def test_a_measure_that_fails_is_our_fault_and_quotes_nothing(
    batch: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """DuckDB's own message quotes the value it could not convert."""
    batch.estimated["unlocated"]["n_devices_unlocated"] = batch.marker + "x"
    batch.write("estimated")

    with pytest.raises(gates.MeasureError, match=r"make conservation \(Conversion") as raised:
        gates.check("estimated", batch.pilot, batch.day)

    output = capfd.readouterr()
    everything = "".join(traceback.format_exception(raised.value))
    for text in (everything, caplog.text, output.out, output.err):
        assert batch.marker not in text
    assert raised.value.__context__ is None


def test_no_logger_of_great_expectations_reaches_ours() -> None:
    """One of its modules sets a level of its own, which ours would not hold back."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.name)

    ear = Ear(level=0)
    logging.getLogger().addHandler(ear)
    try:
        logging.getLogger("great_expectations.data_context.types.base").error("a value")
        logging.getLogger("great_expectations").error("a value")
        logging.getLogger("another").error("a value")
    finally:
        logging.getLogger().removeHandler(ear)

    assert heard == ["another"]


def test_duckdb_does_quote_a_value_that_it_cannot_convert(batch: Any) -> None:
    """The reason for the test above: if this ever fails, that one proves nothing."""
    import duckdb

    given = pd.DataFrame({"imsi": [batch.marker + "x"]})
    with pytest.raises(duckdb.ConversionException, match=batch.marker):
        duckdb.execute("SELECT imsi::TIMESTAMPTZ FROM given").fetchall()
    assert len(given) == 1


@pytest.mark.parametrize("state", ["raw", "staged"])
def test_measures_that_great_expectations_reads_hold_numbers_only(batch: Any, state: str) -> None:
    """By construction: what it is given has no column that could hold an identifier."""
    from peil.charter import reading
    from peil.gates import tables
    from peil.quality import choices

    planted(batch).write(state)
    limit = choices.limits_of(batch.pilot)
    measures = tables.measures(
        batch.store, reading.load(batch.pilot), state, batch.day, limit, batch.store.root
    )
    read = {belief.measure for belief in tables.beliefs(state, limit)}

    types = {str(field.type) for name in read for field in measures[name].schema}

    assert types <= {"int64", "double"}


@pytest.mark.slow
def test_great_expectations_is_silent_after_airflow_was_imported(tmp_path: Path) -> None:
    """Great Expectations writes 215 lines when Airflow has set up logging before it."""
    code = (
        "import logging, sys; import airflow; from airflow import settings;"
        "logging.getLogger().addHandler(h := logging.StreamHandler(sys.stdout));"
        "h.setFormatter(logging.Formatter('%(name)s')); logging.getLogger().setLevel(0);"
        "import peil.gates; assert 'great_expectations' not in sys.modules, 'imported too early';"
        "import os, peil.gates.great as great; great._context();"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false';"
        "print('done')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=PROJECT,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.splitlines()[-1] == "done"
    assert "great_expectations" not in done.stdout + done.stderr
