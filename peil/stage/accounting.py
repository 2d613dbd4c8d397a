"""What became of every delivered row of a day, file by file: from the manifests, counts only."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from peil.charter.schema import Charter, CharterPart
from peil.store.atomic import read_whole
from peil.store.store import Store


class FileAccount(CharterPart):
    """The rows of one delivered file. Unit: rows."""

    day: str
    file: str
    n_delivered: int = Field(ge=0)
    n_staged: int = Field(ge=0)
    n_opted_out: int = Field(ge=0)
    quarantined: dict[str, int] = Field(default_factory=dict, description="reason: rows")

    @property
    def n_missing(self) -> int:
        """Delivered rows that are neither staged, quarantined nor opted out; 0 when exact.

        >>> FileAccount(day="2026-03-02", file="a.csv", n_delivered=10, n_staged=7,
        ...             n_opted_out=1, quarantined={"late": 2}).n_missing
        0
        """
        accounted = self.n_staged + self.n_opted_out + sum(self.quarantined.values())
        return self.n_delivered - accounted


def accounts(charter: Charter, store: Store, day: date) -> list[FileAccount]:
    """Per file: what was delivered, from ingest's count, and what became of it, from dbt's.

    Returns
    -------
    list of FileAccount
        In the order of delivery; empty for a day that is not staged, or whose records are damaged
        (`peil status` names them).
    """
    landed, staged = (
        store.raw_manifest(charter.pilot, day),
        store.staged_manifest(charter.pilot, day),
    )
    records = read_whole(landed), read_whole(staged)
    if not all(records):
        return []
    rows = records[1]["accounting"]
    file_accounts = []
    for file in records[0]["files"]:
        own = [row for row in rows if row["file_name"] == file["name"]]
        file_accounts.append(
            FileAccount(
                day=str(day),
                file=file["name"],
                n_delivered=file["n_rows"],
                n_staged=rows_of(own, "staged"),
                n_opted_out=rows_of(own, "opted_out"),
                quarantined={
                    str(row["reason"]): int(row["n_rows"])
                    for row in own
                    if row["outcome"] == "quarantined"
                },
            )
        )
    return file_accounts


def rows_of(accounting: list[dict[str, str | int]], outcome: str) -> int:
    """Rows of one outcome in a file's accounting."""
    return sum(int(row["n_rows"]) for row in accounting if row["outcome"] == outcome)
