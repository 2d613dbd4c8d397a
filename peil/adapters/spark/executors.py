"""What Spark's executors run: reading and writing sealed Parquet, and the pseudonym.

A function is sent to them with the *place* of a key, and reads the key where it runs: no key is in
a plan, in a setting or on a command line. Executors need Peil's Python and the store, as workers
of parts do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from peil.adapters.pseudonyms import pseudonyms
from peil.adapters.spark.sealed_parquet import Seal, Sealer
from peil.store import keys

Batches = Iterable[pa.RecordBatch]


def file_name(number: int) -> str:
    """Name of the file of a partition; files in the order of names are rows in their order.

    >>> file_name(7)
    'rows-00007.parquet'
    """
    return f"rows-{number:05d}.parquet"


@cache
def _sealer(seal: Seal) -> Sealer:
    return Sealer(seal)


@cache
def _pseudonyms(key_file: Path) -> Callable[[Any], pa.Array]:
    return pseudonyms(keys.read_key(key_file))


def reading(folder: Path, seal: Seal) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Make the function that gives the rows of the files whose numbers it is handed."""

    def read(numbers: Batches) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from _sealer(seal).read(folder / file_name(number))

    return read


def writing(
    folder: Path, seal: Seal, schema: pa.Schema
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """Make the function that writes the rows of a partition into its file, and tells how many."""

    def write(batches: Batches) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        n_rows = _sealer(seal).write(folder / file_name(number), schema, batches)
        yield pa.record_batch({"n_rows": pa.array([n_rows], pa.int64())})

    return write


def pseudonym_of(key_file: Path) -> Callable[[pa.Array], pa.Array]:
    """Make the function of a column of identifiers to one of pseudonyms.

    >>> import tempfile
    >>> key = keys.new_key(Path(tempfile.mkdtemp()) / "keys" / "a.key")
    >>> [len(text) for text in pseudonym_of(key)(pa.array(["204080123456789"])).to_pylist()]
    [32]
    """

    def of_column(identifiers: pa.Array) -> pa.Array:
        return _pseudonyms(key_file)(identifiers)

    return of_column
