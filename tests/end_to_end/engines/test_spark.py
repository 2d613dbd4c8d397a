"""A day staged by Spark is the day that DuckDB stages, and Spark leaves no identifier in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from benchmarks.measuring import traffic
from benchmarks.stage import deliver
from peil.adapters import database
from peil.adapters.spark import building, session
from peil.ingest.ingest import ingest
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.stage.stage import stage
from peil.store import keys
from peil.store.atomic import read_json
from peil.store.store import Store
from tests.stores import new_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(session.missing()), reason=f"no {session.missing()}"),
    pytest.mark.timeout(1200),
]
ORDERED = "int_events_classified"
N_EVENTS = 120_000
# so that what is spilled and sent would be in the open if it were not encrypted
OPEN = {
    "spark.shuffle.compress": "false",
    "spark.shuffle.spill.compress": "false",
    "spark.rdd.compress": "false",
    "spark.memory.fraction": "0.2",
}


@dataclass
class Landed:
    """A day behind an open gate, in a store of its own."""

    pilot: str
    day: date
    environment: dict[str, str]

    def staged(self, engine: str) -> tuple[dict[str, object], object]:
        """Stage it anew: rows of every table and view, what makes them; and what is told of it."""
        store = Store()
        file, manifest = (
            store.staged_file(self.pilot, self.day),
            store.staged_manifest(self.pilot, self.day),
        )
        file.unlink(missing_ok=True)
        manifest.unlink(missing_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PEIL_ENGINE", engine)
            assert stage(self.pilot, str(self.day)).status == "done"
            assert stage(self.pilot, str(self.day)).status == "unchanged"
        with database.connection(store, store.work(self.pilot, self.day, "test")) as opened:
            database.attach_staged(opened, store, self.pilot, self.day)
            made = opened.execute(
                "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = 'staged' "
                "UNION ALL SELECT view_name, sql FROM duckdb_views() WHERE database_name = 'staged'"
            ).fetchall()
            content: dict[str, object] = {}
            for name, sql in made:
                rows = opened.execute(f"FROM staged.main.{name}").fetchall()
                content[name] = sql, sorted(rows, key=repr)
            # rows that are set aside have no place in the order of the day: a join moves them
            content["in order"] = opened.execute(
                f"FROM staged.main.{ORDERED} WHERE reason IS NULL"
            ).fetchall()
        record = read_json(manifest)
        told = {name: record[name] for name in ("content_sha256", "accounting", "facts")}
        return content, told


@dataclass
class Scan:
    """Looks for needles in every file that Spark has while it runs."""

    needles: list[bytes]
    hits: list[str] = field(default_factory=list)
    n_bytes: dict[str, int] = field(default_factory=dict)

    def __call__(self, work: Path) -> None:
        for folder, _, names in os.walk(work):
            for name in names:
                try:
                    content = (Path(folder) / name).read_bytes()
                except OSError:  # it is running
                    continue
                kind = name.partition("_")[0]
                self.n_bytes[kind] = max(self.n_bytes.get(kind, 0), len(content))
                self.hits += [name for needle in self.needles if needle in content]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Landed], Scan]:
    """Have what a run writes scanned whenever one of its tables is written."""

    def watch(landed: Landed) -> Scan:
        store = Store()
        with database.connection(store, store.work(landed.pilot, landed.day, "test")) as opened:
            database.attach_raw(opened, store, landed.pilot, landed.day)
            some = opened.execute(
                "SELECT DISTINCT subscriber_id FROM raw.main.events "
                "WHERE length(subscriber_id) > 9 ORDER BY 1 LIMIT 400"
            ).fetchall()
        secret = [
            keys.read_key(store.key(landed.pilot, landed.day, kind)) for kind in ("raw", "staged")
        ]
        scan = Scan([text.encode() for (text,) in some] + secret)
        conf_of, written = session.conf_of, building._written

        def told(settings: Settings, work: Path, n_rows: int) -> dict[str, str]:
            return conf_of(settings, work, n_rows) | OPEN

        def looked_at(spark: object, table: str, *rest: object) -> int:
            n_rows = written(spark, table, *rest)  # type: ignore[arg-type]
            folder = rest[-1]
            assert isinstance(folder, Path)
            if table.startswith("int_events"):
                scan(folder.parent.parent)
            return n_rows

        monkeypatch.setattr(session, "conf_of", told)
        monkeypatch.setattr(building, "_written", looked_at)
        return scan

    return watch


@pytest.fixture
def demo(small_deliveries: Settings, tmp_path: Path) -> Iterator[Landed]:
    from peil.gates import check

    settings = new_store(small_deliveries, tmp_path / "data")
    environment = {
        "PEIL_DATA": str(settings.data),
        "PEIL_DELIVERIES": str(settings.deliveries_folder),
        "PEIL_KEEP_DELIVERIES": "true",
        "PEIL_PILOTS": str(PROJECT / "pilots"),
    }
    yield from _landed("demo", date(2026, 3, 2), environment, check)


@pytest.fixture
def traffic_day(tmp_path: Path) -> Iterator[Landed]:
    """A day of made-up traffic: devices with tens to thousands of records, late and broken rows."""
    from peil.gates import check

    environment = deliver(tmp_path, N_EVENTS, lambda _: None) | {"PEIL_MEMORY": "700MB"}
    yield from _landed("bench", date.fromisoformat(traffic.DAY), environment, check)


def _landed(
    pilot: str, day: date, environment: dict[str, str], check: Callable[..., object]
) -> Iterator[Landed]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        ingest(pilot, str(day))
        check("raw", pilot, str(day))
        yield Landed(pilot, day, environment)


@pytest.mark.parametrize("which", ["demo", "traffic_day"])
def test_spark_stages_what_duckdb_stages_and_leaves_no_identifier(
    which: str, request: pytest.FixtureRequest, watched: Callable[[Landed], Scan]
) -> None:
    landed: Landed = request.getfixturevalue(which)
    by_duckdb, told = landed.staged("duckdb")
    scan = watched(landed)
    by_spark, told_by_spark = landed.staged("spark")
    assert by_spark.keys() == by_duckdb.keys()
    for name, content in by_duckdb.items():
        assert by_spark[name] == content, name
    assert told_by_spark == told
    # rows went through Spark's own files, and lay in them as nobody can read them
    assert len(scan.needles) == 402
    assert scan.n_bytes["shuffle"] > 10_000
    assert scan.n_bytes["rows-00000.parquet"] > 10_000
    assert scan.hits == []
    work = Store().work(landed.pilot, landed.day, "stage")
    assert not (work / "sealed").exists()


def test_a_day_in_parts_is_not_for_spark(demo: Landed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_PARTS", "2")
    monkeypatch.setenv("PEIL_ENGINE", "spark")
    with pytest.raises(Refused, match="unset PEIL_PARTS, or set PEIL_ENGINE=duckdb"):
        stage(demo.pilot, str(demo.day))
