"""Run Great Expectations on DuckDB; no other module imports it.

Its default results carry failing row values, and so do its logs and exceptions. Here it sees
measures (counts and shares) for raw and staged, its results are reduced to a verdict and
counts, its logger is closed, and an exception is replaced by its kind. Which tables and measures
there are is not decided in here (`peil.gates.tables`).
"""

from __future__ import annotations

import builtins
import itertools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, ClassVar, Literal
from unittest.mock import patch

from peil.gates.left_out import left_out
from peil.store.faults.garbage import not_among_what_stays

# Before the import: it reports 215 lines when Airflow has set up logging first, and its ERROR
# lines quote the values they failed on. Some of its modules set a level of their own, so the
# way out is closed as well.
_theirs = logging.getLogger("great_expectations")
_theirs.setLevel(logging.CRITICAL + 1)
_theirs.addHandler(logging.NullHandler())
_theirs.propagate = False
os.environ["GX_ANALYTICS_ENABLED"] = "false"

with not_among_what_stays(), left_out("scipy.stats", "altair"):
    from expectations.without_spark import gx

import sqlalchemy as sa  # noqa: E402
from great_expectations.data_context.data_context.context_factory import set_context  # noqa: E402
from great_expectations.data_context.data_context.ephemeral_data_context import (  # noqa: E402
    EphemeralDataContext,
)
from great_expectations.data_context.types.base import (  # noqa: E402
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource  # noqa: E402
from great_expectations.execution_engine.sqlalchemy_execution_engine import (  # noqa: E402
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import Expectation  # noqa: E402
from great_expectations.expectations.metrics.metric_provider import metric_value  # noqa: E402
from great_expectations.expectations.metrics.table_metric_provider import (  # noqa: E402
    TableMetricProvider,
)

from expectations.belief import Belief  # noqa: E402
from peil.gates.report import Finding, JudgeError, observed  # noqa: E402

BOOLEAN_ONLY: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
SUMMARY: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
RESULT_FORMAT = {
    "raw": BOOLEAN_ONLY,
    "staged": BOOLEAN_ONLY,
    "estimated": SUMMARY,
    "released": SUMMARY,
    "outlook": SUMMARY,
}
COUNTS = {
    "element_count": "n_rows",
    "missing_count": "n_empty",
    "unexpected_count": "n_unexpected",
}

_serial = itertools.count()
_lock = Lock()


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps one connection: DuckDB's results die with the connection that made them."""

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """Lend the connection, and leave it open."""
        if not getattr(self, "_connection", None):
            self._connection = self.engine.connect()
        yield self._connection


class DuckDBDatasource(SQLDatasource):
    """A DuckDB database as a source. Defining the class registers `add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> builtins.type[SqlAlchemyExecutionEngine]:
        """Name the engine above."""
        return DuckDBExecutionEngine


class DuckDBColumnTypes(TableMetricProvider):
    """Names a table's columns by asking DuckDB; through SQLAlchemy's catalogue it takes 50 ms."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)
    default_kwarg_values: ClassVar[dict[str, Any]] = {"include_nested": True}  # type: ignore[misc]

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls,  # noqa: N805
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> list[dict[str, Any]]:
        batches: Any = execution_engine.batch_manager
        identity = metric_domain_kwargs.get("batch_id") or batches.active_batch_data_id
        table = batches.batch_data_cache[identity].source_table_name
        described = execution_engine.execute_query(sa.text(f'DESCRIBE "{table}"')).fetchall()
        return [{"name": row[0], "type": row[1]} for row in described]


class UnsavedContext(EphemeralDataContext):
    """A context in memory that does not write itself out as YAML after every change."""

    def _save_project_config(self) -> None:
        """Leave it: nobody reads what a context in memory was."""


@contextmanager
def _configured_once() -> Iterator[None]:
    """Have each expectation make its configuration once, which no validation changes.

    Great Expectations makes it anew for each key of each metric, 140 times an expectation: a third
    of the seconds of a gate.
    """
    configure: Any = Expectation.configuration.fget  # type: ignore[attr-defined]
    by_identity: dict[
        int, tuple[Any, Any]
    ] = {}  # with whose it is, so that no other gets its number

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in by_identity:
            by_identity[id(expectation)] = expectation, configure(expectation)
        return by_identity[id(expectation)][1]

    with patch.object(Expectation, "configuration", property(configuration)):
        yield


@dataclass(frozen=True)
class Verdict:
    """Whether a belief holds, and how many rows it looked at and disliked (never which)."""

    success: bool
    counts: dict[str, int]


@cache
def _context() -> Any:
    """Make the one context of this process: in memory, silent, without Data Docs."""
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores)
    context = UnsavedContext(config)
    set_context(context)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def judge(state: str, beliefs: list[Belief], fill: Callable[[Any], None]) -> Mapping[str, Verdict]:
    """Ask every belief of a database that `fill` builds.

    Parameters
    ----------
    state : {"raw", "staged", "estimated", "released"}
        Decides the result format.
    beliefs : list of Belief
    fill : callable
        Given a DuckDB connection to an empty in-memory database; makes there every table that
        the beliefs name as `measure`. No key and no sealed file ever comes near it.

    Returns
    -------
    mapping of str to Verdict
        By the belief's name.

    Raises
    ------
    JudgeError
        An expectation raised; its message is dropped, since it may quote a value.
    """
    with _lock, _configured_once(), _datasource() as (source, connection):
        fill(connection)
        verdicts: dict[str, Verdict] = {}
        for measure, group in _by_measure(beliefs).items():
            asset = source.add_table_asset(measure, table_name=measure)
            batch = asset.add_batch_definition_whole_table("whole").get_batch()
            suite = gx.ExpectationSuite(name=measure, expectations=[_named(b) for b in group])
            answer = batch.validate(suite, result_format=_result_format(state, group))
            named = {belief.name: belief for belief in group}
            for result in answer.results:
                belief = named.pop(result.expectation_config.meta["belief"])
                verdicts[belief.name] = _verdict(state, belief, result)
            if named:
                raise JudgeError(f"The {state} gate left out {', '.join(named)}.")
        return verdicts


def findings(
    state: str,
    beliefs: list[Belief],
    fill: Callable[[Any], None],
    measures: Mapping[str, Any],
) -> list[Finding]:
    """Ask every belief, and answer each with what was counted.

    Parameters
    ----------
    state, beliefs, fill
        As `judge` takes them; it raises as that does.
    measures : mapping of str to pyarrow.Table
        By name; read after `fill`, which may make them.
    """
    verdicts = judge(state, beliefs, fill)
    return [
        Finding(
            expectation=belief.name,
            table=belief.table,
            why=belief.why,
            do=belief.do,
            severity=belief.severity,
            success=verdict.success,
            observed=observed(measures.get(belief.measure), belief.shows, verdict.counts),
        )
        for belief, verdict in ((belief, verdicts[belief.name]) for belief in beliefs)
    ]


def _named(belief: Belief) -> Any:
    """Copy an expectation with its belief's name on it, by which its result is found again."""
    return belief.expectation.copy(update={"meta": {"belief": belief.name}, "id": None})


def _result_format(state: str, group: list[Belief]) -> dict[str, Any]:
    """Rows are counted only where they are shown: a measure of one row counted them already."""
    whole = RESULT_FORMAT[state]
    is_counted = all(belief.shows for belief in group)
    return BOOLEAN_ONLY if whole is SUMMARY and is_counted else whole


def _by_measure(beliefs: list[Belief]) -> dict[str, list[Belief]]:
    grouped: dict[str, list[Belief]] = {}
    for belief in beliefs:
        grouped.setdefault(belief.measure, []).append(belief)
    return grouped


def _verdict(state: str, belief: Belief, result: Any) -> Verdict:
    if result.exception_info and _raised(result.exception_info):
        raise JudgeError(
            f"The {state} gate could not ask {belief.name} of {belief.table}: "
            f"{type(belief.expectation).__name__} raised; this is a fault of ours."
        )
    # of an empty table some counts are None, and the expectation holds
    counts = {ours: int(result.result.get(its) or 0) for its, ours in COUNTS.items()}
    return Verdict(bool(result.success), counts)


def _raised(info: Mapping[str, Any]) -> bool:
    """Whether an exception stands in the result: flat, or one entry a metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(inner, Mapping) and _raised(inner) for inner in info.values())


@contextmanager
def _datasource() -> Iterator[tuple[Any, Any]]:
    """Lend an in-memory database of its own name, seen by Great Expectations and by us."""
    name = f"peil_gate_{next(_serial)}"
    sources = _context().data_sources
    source = sources.add_duckdb(name, connection_string=f"duckdb:///:memory:{name}")
    connection = source.get_engine().raw_connection()
    try:
        yield source, connection.driver_connection
    finally:
        execution = source.get_execution_engine()
        if getattr(execution, "_connection", None):
            execution._connection.close()
        execution.engine.dispose()
        connection.close()
        source.get_engine().dispose()
        sources.delete(name)
