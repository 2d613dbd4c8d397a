"""Which files of a day are landed together, in one transaction, and how many side by side.

What a transaction leaves over, DuckDB packs anew with each one after it: a day in files of some
thousand rows would be written several times.
"""

from __future__ import annotations

from peil.ingest.file_check import FileCheck

PACKED = 122_880  # rows that DuckDB packs together
MOST = 1_000_000  # rows that are landed together
BYTES_A_ROW = 8  # of a delivered Parquet file, rounded down


def groups(looks: list[FileCheck], most: int, n_least: int) -> list[range]:
    """Part files into groups of neighbours that are landed in one transaction each.

    A file of many rows is alone; small ones are together, up to `most` rows, in at least `n_least`
    groups unless these had fewer rows than are packed together.

    >>> looks = [FileCheck("", "text", n_lines, False, (0, 0)) for n_lines in (50_000,) * 8]
    >>> groups(looks, MOST, 2)
    [range(0, 4), range(4, 8)]
    >>> groups(looks, MOST, 4)
    [range(0, 2), range(2, 4), range(4, 6), range(6, 8)]
    >>> len(groups(looks, 1, 4))
    8
    """
    n_rows = _rows(looks)
    most = min(most, max(PACKED, sum(n_rows) // n_least))
    parted, first, n_in_group = [], 0, 0
    for number, n_of_file in enumerate(n_rows):
        if number > first and n_in_group + n_of_file > most:
            parted.append(range(first, number))
            first, n_in_group = number, 0
        n_in_group += n_of_file
    return [*parted, range(first, len(looks))]


def at_a_time(looks: list[FileCheck], threads: int) -> int:
    """How many files are landed side by side, each on a thread of its own.

    A Parquet file that holds more than a thread's share of the day is read by all threads; beside
    it only text is landed, of which a file is read on one thread anyway.

    >>> hours = [FileCheck("", "parquet", 0, False, (3_000_000, 0))] * 24
    >>> day = FileCheck("", "parquet", 0, False, (90_000_000, 0))
    >>> at_a_time(hours, 2), at_a_time([*hours, day], 2), at_a_time(hours[:1], 2)
    (2, 1, 1)
    """
    n_rows, texts = _rows(looks), [look for look in looks if look.kind != "parquet"]
    of_parquet = (n for n, look in zip(n_rows, looks, strict=True) if look.kind == "parquet")
    is_uneven = max(of_parquet, default=0) * threads > sum(n_rows)
    return max(min(threads, len(texts if is_uneven else looks)), 1)


def _rows(looks: list[FileCheck]) -> list[int]:
    return [look.n_lines or look.state[0] // BYTES_A_ROW for look in looks]
