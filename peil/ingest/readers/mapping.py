"""A mapping of the charter put to one file: which column is which, and which network it names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from peil.area.separators import seen_instead
from peil.charter.schema import Delivery
from peil.ingest.readers.opening import is_parquet, literal
from peil.ingest.readers.refusal import FileRefused, shown, shown_column
from peil.store.raw_tables import EVENT_COLUMNS

IS_PLMN = "plmn BETWEEN 10000 AND 999999"


def matched(file: Path, names: list[str], delivery: Delivery) -> Delivery:
    """The delivery with the mapped columns as this file spells them: case does not matter.

    Raises
    ------
    FileRefused
        A mapped column is not there.
    """
    spelled = {name.casefold(): name for name in names} | {name: name for name in names}
    columns = {}
    for ours, theirs in delivery.columns.items():
        delivered_name = spelled.get(theirs) or spelled.get(theirs.casefold())
        if delivered_name is None:
            where = "" if is_parquet(file) else ", line 1"
            split = "" if is_parquet(file) else seen_instead(names)
            raise FileRefused(
                "wrong_columns",
                f"{shown(file)}{where} lacks the column {theirs}{split}: "
                "correct the mapping `columns` in the charter, or have the file delivered again.",
            )
        columns[ours] = delivered_name
    return delivery.model_copy(update={"columns": columns})


def dropped(names: list[str], delivery: Delivery) -> list[str]:
    """Names of the columns that are not landed, as they may be shown."""
    needed = set(delivery.columns.values())
    unmapped = [shown_column(n, at) for at, n in enumerate(names, start=1) if n not in needed]
    return sorted(unmapped)


def landed(read: Collection[str], delivery: Delivery) -> str:
    """The landed columns of a SELECT over what was read of each field.

    Without a column of the country code, the network of the record (`plmn`: country code and
    network code written as one) gives both codes. As a number it keeps the zeros that a network
    code begins with, since no country code begins with one. What the charter says of every record
    fills what is then still empty.

    >>> import duckdb
    >>> sums = Delivery(reader="generic", path="a", columns={"plmn": "PLMN"})
    >>> codes = landed({"plmn"}, sums)
    >>> duckdb.sql(f"SELECT mcc, mnc FROM (SELECT {codes} FROM (VALUES "
    ...            "(20408), (310410), (204008), (999)) t(plmn))").fetchall()
    [(204, '08'), (310, '410'), (204, '008'), (None, None)]
    """
    values = {
        name: f"{name if name in read else 'NULL'}::{kind}"
        for name, kind in EVENT_COLUMNS.items()
        if name not in {"file_id", "line", "defect"}
    }
    if "plmn" in read and "mcc" not in read:
        country = f"CASE WHEN {IS_PLMN} THEN substr(plmn::VARCHAR, 1, 3)::INTEGER END"
        network = f"CASE WHEN {IS_PLMN} THEN substr(plmn::VARCHAR, 4) END"
        values["mcc"] = country
        values["mnc"] = f"coalesce({values['mnc']}, {network})"
    given = {"mcc": delivery.mcc, "mnc": delivery.mnc and literal(delivery.mnc)}
    values |= {
        name: f"coalesce({values[name]}, {constant})"
        for name, constant in given.items()
        if constant
    }
    return ", ".join(f"{value} AS {name}" for name, value in values.items())
