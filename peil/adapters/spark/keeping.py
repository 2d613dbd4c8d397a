"""A session whose `cache table` keeps the rows of a view and forgets how they were made.

Spark itself keeps the plan of a cached view, with those of all views below it: of twenty views upon
each other that is gigabytes of plans, and minutes before the first row.
"""

from __future__ import annotations

import re
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

_CACHE = re.compile(r"\s*(?:/\*.*?\*/)?\s*cache\s+table\s+(\w+)\.(\w+)\s*", re.DOTALL)
# rows of a table that every executor can hold whole: cells, kinds, hours
FEW = 200_000


class KeepingSession(SparkSession):  # type: ignore[misc]  # where PySpark is not installed
    """The session that dbt finds in this process."""

    def sql(self, sqlQuery: str, *args: Any, **kwargs: Any) -> DataFrame:  # type: ignore[override]
        """Run a statement; `cache table` keeps rows, in memory or spilled encrypted."""
        if names := _CACHE.fullmatch(sqlQuery):
            self._keep(names[1], names[2])
            return super().sql("select 1 as kept")
        return super().sql(sqlQuery, *args, **kwargs)

    def _keep(self, schema: str, name: str) -> None:
        view = self.table(f"{schema}.{name}")
        rows = view.localCheckpoint(eager=True, storageLevel=StorageLevel.MEMORY_AND_DISK)
        if rows.count() <= FEW:
            rows = rows.hint("broadcast")
        rows.createOrReplaceGlobalTempView(name)
