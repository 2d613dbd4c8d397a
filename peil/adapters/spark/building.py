"""Build a day's tables in a session of Spark, from sealed Parquet to sealed Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from peil.adapters.dbt_outcome import kind_of
from peil.adapters.spark import executors
from peil.adapters.spark.sealed_parquet import Seal
from peil.adapters.spark.session import session
from peil.adapters.transform import build_in_spark
from peil.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

VIEWS = "global_temp"  # the schema of the target in profiles.yml


@dataclass(frozen=True)
class RawTable:
    """A table of the raw state in sealed Parquet: its folder, how many files, their schema."""

    folder: Path
    n_files: int
    schema: pa.Schema
    n_rows: int


@dataclass(frozen=True)
class SparkDay:
    """What Spark is given of a day. It is given no key: where keys lie, and what they are for.

    Attributes
    ----------
    raw : mapping of str to RawTable
        Tables of the raw state, sealed by `raw_seal`.
    raw_seal, outcome_seal : Seal
    pseudonym_key : Path
        File of the key of the day's pseudonyms.
    cleaning : mapping of str to float
        Section ``[cleaning]`` of `methods.toml`.
    """

    raw: Mapping[str, RawTable]
    raw_seal: Seal
    outcome_seal: Seal
    pseudonym_key: Path
    cleaning: Mapping[str, float]


def built(
    day: SparkDay,
    tables: Sequence[str],
    ordered: str,
    passing: Sequence[str],
    settings: Settings,
    work: Path,
) -> dict[str, int]:
    """Make tables of a day, ask of those that pass with the run, and write the others sealed.

    Parameters
    ----------
    tables : sequence of str
        What is written, a folder of `work / "outcome"` each, in files in the order of their names.
    ordered : str
        The table of them that is in the order of the day already.
    passing : sequence of str
        What is made on the way and never written.
    work : Path
        Scratch folder; all that Spark writes lies in it.

    Returns
    -------
    dict of str to int
        Rows of each written table.

    Raises
    ------
    Refused
        Spark cannot be started; a table is not well-formed.
    RuntimeError
        A table cannot be made.
    """
    n_rows = day.raw["events"].n_rows
    with session(settings, work / "spark", n_rows) as spark:
        try:
            _give(spark, day)
            build_in_spark([*tables, *passing], list(passing), work / "dbt_spark")
            return {
                table: _written(spark, table, table == ordered, day, work / "outcome" / table)
                for table in tables
            }
        except Exception as error:
            if not _is_of_spark(error):
                raise
            kind = kind_of(str(error))
        raise RuntimeError(f"Spark could not make the tables of the day: {kind}.")


def _is_of_spark(error: Exception) -> bool:
    """Whether it is one whose words may quote a row."""
    return type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}


def _give(spark: SparkSession, day: SparkDay) -> None:
    """Lay the raw tables, the choices of methods.toml and the pseudonym before dbt."""
    from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]
    from pyspark.sql.pandas.types import from_arrow_schema

    for name, table in day.raw.items():
        read = executors.reading(table.folder, day.raw_seal)
        numbers = spark.range(0, table.n_files, 1, table.n_files)
        rows = numbers.mapInArrow(read, from_arrow_schema(table.schema))
        rows.createOrReplaceGlobalTempView(name)
    _row(spark, "cleaning", {name: float(value) for name, value in day.cleaning.items()})
    _row(spark, "part", {"part_no": 0, "n_parts": 1})
    of_column = arrow_udf(executors.pseudonym_of(day.pseudonym_key), "string")
    spark.udf.register("pseudonym_of", of_column)


def _row(spark: SparkSession, name: str, row: dict[str, Any]) -> None:
    spark.createDataFrame([row]).createOrReplaceGlobalTempView(name)


def _written(spark: SparkSession, table: str, is_ordered: bool, day: SparkDay, folder: Path) -> int:
    """Write a table sealed; its partitions are in the order of its rows. How many rows it has."""
    from pyspark.sql.pandas.types import to_arrow_schema

    folder.mkdir(parents=True)
    rows: DataFrame = spark.table(f"{VIEWS}.{table}")
    if not is_ordered:
        rows = rows.orderBy(*rows.columns[:2])
    schema = to_arrow_schema(rows.schema, timezone="UTC")
    write = executors.writing(folder, day.outcome_seal, schema)
    return sum(row.n_rows for row in rows.mapInArrow(write, "n_rows bigint").collect())
