"""The benchmark of staging measures what it says, and fails where it measured nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks.measuring import traffic, yardstick
from benchmarks.measuring.process import CommandFailed, Cost, measured, spilled_mib
from benchmarks.recording import FOLDER, NothingMeasured, record_file
from benchmarks.stage import _figures, sizes_of, stage
from benchmarks.staging import engines, in_parts, packed, planned, scripts, starting
from benchmarks.staging.page import report
from peil.outcome import Refused
from peil.store.atomic import read_json, write_json

N_EVENTS = 50_000


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traffic")
    traffic.write(folder, N_EVENTS, lambda text: None)
    return folder


def asked(delivery: Path, query: str) -> tuple[object, ...]:
    with duckdb.connect(":memory:") as opened:
        row = opened.execute(query.format(f"'{delivery}/events/*/*.parquet'")).fetchone()
    assert row is not None
    return row


def test_a_day_of_traffic_has_the_events_asked_for_within_the_day(delivery: Path) -> None:
    row = asked(
        delivery,
        "SELECT count(*), min(epoch(observed_at)) >= epoch(TIMESTAMPTZ '2026-03-01 23:00:00+00'), "
        "max(epoch(observed_at)) < epoch(TIMESTAMPTZ '2026-03-02 23:00:00+00') FROM {}",
    )
    assert row == (N_EVENTS, True, True)


def test_traffic_is_skewed_as_operators_deliver_it(delivery: Path) -> None:
    busiest, usual = asked(
        delivery,
        "SELECT max(n), median(n) FROM "
        "(SELECT count(*) AS n FROM {} WHERE subscriber_id IS NOT NULL GROUP BY subscriber_id)",
    )
    assert isinstance(busiest, int) and isinstance(usual, float)
    assert busiest > 10 * usual
    share = "SELECT avg((cell_id = 'elsewhere')::INT), avg((subscriber_id IS NULL)::INT) FROM {}"
    unknown, nameless = asked(delivery, share)
    assert isinstance(unknown, float) and 0 < unknown < 0.01
    assert isinstance(nameless, float) and 0 < nameless < 0.01


def test_the_same_size_is_the_same_traffic(delivery: Path, tmp_path: Path) -> None:
    traffic.write(tmp_path, N_EVENTS, lambda text: None)
    content = "SELECT sum(hash(COLUMNS(*))) FROM {}"
    assert asked(delivery, content) == asked(tmp_path, content)


@pytest.mark.parametrize("wrong", ["0", "ten", "10M,", "-5M", "1G"])
def test_a_size_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(Refused, match="--events"):
        sizes_of(wrong)


def test_a_command_is_measured_and_its_failure_told(tmp_path: Path) -> None:
    busy = "import sys, time; x = bytearray(200 << 20)\nwhile time.process_time() < .4: pass"
    cost = measured([sys.executable, "-c", busy], {}, tmp_path)
    assert cost.cpu_s > 0.3 and cost.peak_gib > 0.19
    with pytest.raises(CommandFailed, match="ended with 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"], {}, tmp_path)
    refused = [sys.executable, "-c", "raise SystemExit(2)"]
    assert measured(refused, {}, tmp_path, 2).wall_s > 0
    with pytest.raises(CommandFailed, match="ended with 0"):
        measured([sys.executable, "-c", ""], {}, tmp_path, 2)


def test_spill_is_seen_while_it_lies_there(tmp_path: Path) -> None:
    spilling = (
        "import sys, time, pathlib; f = pathlib.Path(sys.argv[1]) / 'work' / 'spill' / 'x'; "
        "f.parent.mkdir(parents=True); f.write_bytes(bytes(5 << 20)); time.sleep(1); f.unlink()"
    )
    assert measured([sys.executable, "-c", spilling, str(tmp_path)], {}, tmp_path).spill_mib == 5


def test_folders_that_vanish_while_one_looks_do_not_end_the_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/spill", "b/spill", "c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x").write_bytes(bytes(1 << 20))
    scandir = os.scandir

    def vanishing(place: str) -> object:
        if str(place).endswith("c"):
            raise FileNotFoundError(place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert spilled_mib(tmp_path) == 2.0


def test_rows_that_are_not_accounted_for_fail_the_benchmark(tmp_path: Path) -> None:
    facts = {"facts": {"n_staged": 90, "n_quarantined": 9, "n_opted_out": 0}}
    cost = Cost(1.0, 1.0, 1.0, 0.0, "")
    with pytest.raises(NothingMeasured, match="100 events were made, but 99 accounted for"):
        _figures(100, {"ingest": cost, "stage": cost}, {}, facts, tmp_path, tmp_path)


def test_a_benchmark_of_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "benchmarks.stage._overhead", lambda tell: (Cost(1, 1, 1, 0, ""), {"status": [1]})
    )
    with pytest.raises(NothingMeasured, match="No size"):
        stage([], lambda text: None, tmp_path)
    with pytest.raises(Refused, match="leave out --on"):
        stage([9], lambda text: None, tmp_path, ["csv"])
    with pytest.raises(Refused, match="no part rows, only start, chains"):
        stage([9], lambda text: None, tmp_path, ["rows"])
    assert not list(tmp_path.iterdir())


def test_a_part_replaces_its_sizes_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = read_json(record_file(FOLDER, "stage"))
    write_json(record_file(tmp_path, "stage"), before)
    again, others = before["packed"][-1], before["packed"][:-1]
    row = {key: again[key] for key in again if key != "date"} | {"cores_of_ingest": 1.99}
    monkeypatch.setattr(packed, "measure", lambda n, *_: {**row, "n_events": n})
    monkeypatch.setattr(packed, "sizes", lambda _: [again["n_events"]])
    stage([9], lambda text: None, tmp_path, ["csv"])
    now = read_json(record_file(tmp_path, "stage"))
    assert now["packed"] == [*others, {**row, "date": now["date"]}]
    assert " × | 1.99 |" in (tmp_path / "stage.md").read_text()
    left = set(before) - {"packed", "date", "machine"}
    assert all(now[name] == before[name] for name in left)


def test_a_very_large_day_stands_beside_the_bare_pass_alone(tmp_path: Path) -> None:
    facts = {"facts": {"n_staged": 400_000_000, "n_quarantined": 0, "n_opted_out": 0}}
    sealed = tmp_path / "sealed" / "bench"
    sealed.mkdir(parents=True)
    for kind in ("raw", "staged"):
        (sealed / f"{traffic.DAY}.{kind}.duckdb").touch()
    steps = {"bare": Cost(9.0, 10.0, 1.0, 0.0, ""), "ingest": Cost(9.0, 10.0, 1.0, 0.0, "")}
    steps["stage"] = Cost(9.0, 20.0, 1.0, 0.0, "")
    row = _figures(400_000_000, steps, {"n_rows": 9}, facts, tmp_path, tmp_path)
    record = read_json(record_file(FOLDER, "stage"))
    page = report({**record, "sizes": [{**row, "date": "2026-12-01"}]})
    assert "| 400,000,000 | 3.00 × |  | 22,222,222 | 0, 0, 0 |  |" in page


def test_a_day_in_parts_stands_beside_the_day_at_once() -> None:
    part, rest = Cost(20.0, 22.0, 1.5, 0.0, ""), Cost(10.0, 11.0, 1.2, 0.0, "")
    row = in_parts.figures(10_000_000, Cost(99.0, 90.0, 1.8, 0.0, ""), [part] * 4, 45.0, rest)
    assert (row["times_faster"], row["times_the_cpu"]) == (1.8, 1.1)
    record = read_json(record_file(FOLDER, "stage"))
    page = report({**record, "in_parts": [{**row, "date": "2026-11-29"}]})
    assert "| 10,000,000 | 99.0 | 45.0 | 10.0 | 1.80 × | 1.10 × | 1.80, 1.50, 1.20 |" in page
    assert "## In parts" not in report({**record, "in_parts": []})


def test_spark_stands_beside_duckdb() -> None:
    costs = {"duckdb": Cost(9.0, 10.0, 1.0, 0.0, ""), "spark": Cost(90.0, 110.0, 2.0, 0.0, "")}
    row = engines.figures(10_000_000, costs)
    record = read_json(record_file(FOLDER, "stage"))
    page = report({**record, "by_engine": [{**row, "date": "2026-11-29"}]})
    assert "| 10,000,000 | spark | 90.0 | 110.0 | 11.00 | 2.00 |" in page
    assert "Spark takes 11.0 times the CPU and 10.0 times the time" in page
    assert "## By Spark" not in report({**record, "by_engine": []})


def test_ratios_are_shown_with_the_spread_of_their_runs() -> None:
    record = read_json(record_file(FOLDER, "stage"))
    record["sizes"][0]["ratios_to_bare"] = [4.2, 4.0, 4.9]
    record["sizes"][0]["cpu_s_of_runs"] = [{"bare": 12.0}, {"bare": 13.5}, {"bare": 13.0}]
    record["packed"][0]["ingests_to_read"] = [5.5, 5.0, 5.1]
    page = report(record)
    assert "| 10,000,000 | 4.20 (4.00 to 4.90) × |" in page
    assert " | 13.0 (12.0 to 13.5) | " in page
    assert "| 400,000 | 5.10 (5.00 to 5.50) × |" in page


def test_commands_with_nothing_to_do_stand_beside_what_was_asked() -> None:
    idle = {"status": [0.5, 0.4, 0.6], "refused": [0.7], "verbs": [9.0], "run": [3.0]}
    chains = [{"n_events": 10_000, "n_days": 3, "cpu_s": [93.0, 186.0, 93.0]}]
    page = "\n".join(starting.page({"idle_cpu_s": idle, "chains": chains}))
    assert "| `peil status` of a pilot | 0.50 (0.40 to 0.60) | 0.6 |" in page
    assert "| 10,000 | 93 (93 to 186) | 930 | 10.0 (5.0 to 10.0) |" in page
    assert starting.page({}) == []


def test_commands_are_measured_run_by_run_and_a_refusal_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ends: dict[str, int] = {}

    def ran(words: list[str], environment: dict[str, str], spill: Path, exit_code: int = 0) -> Cost:
        ends[" ".join(words[3:])] = exit_code
        return Cost(1.0, 2.0, 1.0, 0.0, "")

    monkeypatch.setattr(starting, "measured", ran)
    idle = starting.idle({}, tmp_path)
    assert idle["verbs"] == [8.0] * starting.RUNS and idle["status"] == [2.0] * starting.RUNS
    assert [words for words, code in ends.items() if code] == ["ingest bench 2000-03-02"]
    assert starting.chain(99, 2, lambda text: None)["cpu_s"] == [2.0, 2.0]
    assert "simulate --devices 99 --days 3" in ends


def test_what_spark_leaves_counts_and_what_dbt_keeps_does_not(tmp_path: Path) -> None:
    for name in ("dbt/abc/partial_parse.msgpack", "bench/stage/dbt_spark/run.sql"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(2**21))
    assert engines.left_mib(tmp_path) == 0.0
    (tmp_path / "bench/stage/spark").mkdir()
    (tmp_path / "bench/stage/spark/rows.parquet").write_bytes(bytes(2**20))
    assert engines.left_mib(tmp_path) == 1.0


def test_parts_that_count_otherwise_are_no_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ran(words: list[str], environment: dict[str, str], spill: Path) -> Cost:
        sealed = Path(environment["PEIL_DATA"]) / "operator" / "sealed" / "bench"
        sealed.mkdir(parents=True, exist_ok=True)
        content = {"content_sha256": environment.get("PEIL_PARTS", "1")}
        write_json(sealed / f"{traffic.DAY}.staged.json", content)
        return Cost(1.0, 1.0, 1.0, 0.0, "")

    monkeypatch.setattr(in_parts, "measured", ran)
    with pytest.raises(NothingMeasured, match="other counts"):
        in_parts.measure(9, lambda work, *_: {"PEIL_DATA": str(work / "data")}, lambda text: None)


def test_a_nations_day_is_projected_from_the_largest_measured_one() -> None:
    record = read_json(record_file(FOLDER, "stage"))
    before = planned.table(record)
    largest = max(record["sizes"], key=lambda size: size["n_events"])
    for verb in ("ingest", "stage"):
        largest["steps"][verb]["wall_s"] = 1440.0 * largest["n_events"] / 10**8
    record["sizes"][0]["steps"]["stage"]["wall_s"] = 10**6  # of a smaller day: not looked at
    (row,) = (
        line for line in planned.table(record) if line.startswith("| 10,000,000,000 | Parquet, at ")
    )
    assert row.split(" | ")[2:4] == [f"{largest['n_events']:,}", "80"] and row not in before
    assert not any("parts" in line for line in planned.table({**record, "in_parts": []}))


@pytest.mark.slow
def test_a_script_of_twenty_lines_counts_what_is_counted(tmp_path: Path) -> None:
    """So that what it takes may stand beside ours: but for what only cleaning knows."""
    traffic.write(tmp_path, 30_000, lambda text: None, ending="csv.gz")
    n_entries = scripts.with_duckdb(tmp_path, tmp_path, least=3)
    at = "epoch(observed_at)::BIGINT"
    (expected,) = duckdb.execute(f"""
        WITH near AS (
            SELECT DISTINCT ON (subscriber_id, {at} // 3600) cell_id, {at} // 3600 AS hour
            FROM '{tmp_path}/events/*/*.csv.gz'
            WHERE subscriber_id IS NOT NULL AND cell_id <> 'elsewhere'
            ORDER BY subscriber_id, {at} // 3600, abs({at} % 3600 - 1800), {at}, cell_id
        )
        SELECT count(*) FROM (SELECT 1 FROM near GROUP BY cell_id, hour HAVING count(*) >= 3)
    """).fetchone() or (0,)
    assert n_entries == expected > 0
    assert yardstick.read(tmp_path, tmp_path)["n_rows"] == 30_000


def test_the_bare_yardstick_writes_every_row(delivery: Path, tmp_path: Path) -> None:
    assert yardstick.bare(delivery, tmp_path)["n_rows"] == N_EVENTS


@pytest.mark.slow
def test_the_benchmark_runs_the_verbs_and_writes_its_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packed, "sizes", lambda _: [300_000])
    monkeypatch.setattr(packed, "SMALL", 300_000)
    for module, n_runs in (("stage", 2), ("staging.packed", 1), ("staging.starting", 1)):
        monkeypatch.setattr(f"benchmarks.{module}.RUNS", n_runs)
    for other in (in_parts, engines):  # test_parts.py and test_spark.py compare their rows
        monkeypatch.setattr(other, "sizes", lambda _: [])
    outcome = stage([300_000], lambda text: None, tmp_path)
    assert outcome.facts["n_events"] == 300_000 and float(outcome.facts["ratio_to_bare"]) > 1
    table = (tmp_path / "stage.md").read_text()
    assert table.count("| 300,000 |") >= 11 and "bare yardstick" in table
    assert "a script with DuckDB" in table
    (size,) = read_json(record_file(tmp_path, "stage"))["sizes"]
    assert len(size["ratios_to_bare"]) == len(size["cpu_s_of_runs"]) == 2
    assert size["ratio_to_bare"] == size["ratios_to_bare"][0]
    assert "| `peil ingest` that is refused | " in table
