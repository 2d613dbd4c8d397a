"""What Spark is handed and hands back is sealed, and what it is told holds no key.

Java and PySpark are not needed.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import cloudpickle
import pyarrow as pa
import pytest

from peil.adapters import dbt_parsed
from peil.adapters.pseudonyms import pseudonym
from peil.adapters.spark import executors, session
from peil.adapters.spark.sealed_parquet import Seal, Sealer
from peil.outcome import Refused
from peil.settings import Settings
from peil.store import keys

MARKER = "204089876543210"
ROWS = pa.record_batch({"subscriber_id": [MARKER] * 5000, "line": list(range(5000))})


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return Seal(keys.new_key(tmp_path / "keys" / "day.key"), "rows for Spark")


def test_nothing_of_a_sealed_file_can_be_read_without_its_key(tmp_path: Path, seal: Seal) -> None:
    file = tmp_path / "rows.parquet"
    assert Sealer(seal).write(file, ROWS.schema, [ROWS, ROWS]) == 10_000
    content = file.read_bytes()
    for needle in (MARKER, "subscriber_id", "line"):
        assert needle.encode() not in content
    for needle in (keys.read_key(seal.key_file), seal.key()):
        assert needle not in content
    assert sum(batch.num_rows for batch in Sealer(seal).read(file)) == 10_000
    assert [each.name for each in tmp_path.glob("*.parquet")] == [file.name]
    assert [each for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize("use", ["rows for Spark", "rows of Spark"])
def test_another_key_or_a_damaged_file_is_refused(tmp_path: Path, seal: Seal, use: str) -> None:
    file = tmp_path / "rows.parquet"
    Sealer(seal).write(file, ROWS.schema, [ROWS])
    other = seal.key_file if use != seal.use else keys.new_key(tmp_path / "keys" / "other.key")
    with pytest.raises(Refused, match=r"rows\.parquet does not open with its key"):
        list(Sealer(Seal(other, use)).read(file))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(Refused, match="stage the day again"):
        list(Sealer(seal).read(file))


def test_what_is_sent_to_executors_names_a_key_and_holds_none(tmp_path: Path, seal: Seal) -> None:
    sent = [
        executors.reading(tmp_path, seal),
        executors.writing(tmp_path, seal, ROWS.schema),
        executors.pseudonym_of(seal.key_file),
    ]
    key = keys.read_key(seal.key_file)
    for function in sent:
        content = cloudpickle.dumps(function)
        assert seal.key_file.name.encode() in content
        assert not any(each in content for each in (key, seal.key(), key.hex().encode()))
    of_column = pickle.loads(cloudpickle.dumps(sent[2]))
    assert of_column(pa.array([MARKER, None])).to_pylist() == [pseudonym(key, MARKER), None]


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path, seal: Seal) -> None:
    for number in range(3):
        rows = pa.record_batch({"n": [number]})
        Sealer(seal).write(tmp_path / executors.file_name(number), rows.schema, [rows])
    read = executors.reading(tmp_path, seal)
    batches = read([pa.record_batch({"id": [0, 1]}), pa.record_batch({"id": [2]})])
    assert [batch["n"][0].as_py() for batch in batches] == [0, 1, 2]


def test_spark_is_told_to_encrypt_and_to_keep_quiet(tmp_path: Path) -> None:
    conf = session.conf_of(Settings(memory="1500MB"), tmp_path, 3_000_000)
    assert conf["spark.io.encryption.enabled"] == "true"
    assert conf["spark.eventLog.enabled"] == conf["spark.ui.enabled"] == "false"
    assert conf["spark.driver.memory"] == "1500m"
    own = {conf["spark.local.dir"], conf["spark.sql.warehouse.dir"]}
    assert all(Path(place).parent == tmp_path for place in own)
    cluster = session.conf_of(Settings(spark_master="yarn"), tmp_path, 1)
    assert cluster["spark.network.crypto.enabled"] == cluster["spark.authenticate"] == "true"


def test_a_machine_without_java_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: name)  # PySpark is there
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    wanted = "PEIL_ENGINE=spark needs Java 17 or newer .* install it, or set PEIL_ENGINE=duckdb"
    with pytest.raises(Refused, match=wanted), session.session(Settings(), tmp_path / "work", 1):
        pass
    assert not (tmp_path / "work").exists()


def test_both_dialects_have_the_same_macros_of_the_same_arguments() -> None:
    duckdb, spark = (
        {
            macro
            for file in ("dialect.sql", "rows.sql")
            for macro in re.findall(r"macro (\w+\([^)]*\))", (folder / file).read_text())
        }
        for folder in (dbt_parsed.DBT_PROJECT / "dialects" / name for name in ("duckdb", "spark"))
    )
    assert duckdb == spark and len(duckdb) > 20


def test_what_is_landed_is_declared_as_the_contract_has_it() -> None:
    assert dbt_parsed.declared("int_devices_withheld__by_hour") == (
        "hour_at timestamp with time zone not null, n_devices bigint not null, "
        "n_entries bigint not null"
    )
    assert "int_events_classified" in dbt_parsed.tables_of("staged")
    assert "int_subscribers_pseudonymised" in dbt_parsed.tables_of("memory")
