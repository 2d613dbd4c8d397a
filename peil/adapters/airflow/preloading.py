"""Airflow's local executor, with the libraries of verbs and gates imported once, before it forks.

Each task is a process of its own that Airflow forks off a worker. Importing Great Expectations, dbt
and MLflow took most of its seconds, again in every task: between the files of an hour and its
release there are eleven. What is imported before the fork is there in all, in memory that they
share.

Libraries alone, none of `peil`: code that was changed under a started Airflow is the code that its
next task runs, and the one whose hash it signs.
"""

from __future__ import annotations

import warnings
from importlib import import_module

from airflow.executors.local_executor import LocalExecutor

from peil.settings import settings

OF_EITHER = (
    "great_expectations",
    "mlflow.tracking",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "alembic.command",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "sklearn.ensemble",
)
OF_THE_OPERATOR = ("dbt.cli.main", "dbt.adapters.duckdb", "geopandas")


class PreloadedExecutor(LocalExecutor):
    """Runs tasks as `LocalExecutor` does, in processes that need not import for seconds."""

    def start(self) -> None:
        """Import, then fork the workers."""
        own = () if settings().plane == "agency" else OF_THE_OPERATOR
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries' own imports
            for name in (*OF_EITHER, *own):
                import_module(name)
        super().start()
