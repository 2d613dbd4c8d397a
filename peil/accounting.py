"""What became of every delivered row of a day, file by file: from the manifests, counts only."""

from __future__ import annotations

from datetime import date

from peil import stage
from peil.atomic import read_json
from peil.charter import Charter
from peil.operator_page import FileAccount
from peil.store import Store


def accounts(charter: Charter, store: Store, day: date) -> list[FileAccount]:
    """Per file: what was delivered, from ingest's count, and what became of it, from dbt's.

    Returns
    -------
    list of FileAccount
        In the order of delivery; empty for a day that is not staged.
    """
    landed, staged = (
        store.raw_manifest(charter.pilot, day),
        store.staged_manifest(charter.pilot, day),
    )
    if not (landed.exists() and staged.exists()):
        return []
    kept = read_json(staged)["accounting"]
    made = []
    for file in read_json(landed)["files"]:
        own = [row for row in kept if row["file_name"] == file["name"]]
        made.append(
            FileAccount(
                day=str(day),
                file=file["name"],
                n_delivered=file["n_rows"],
                n_staged=stage.rows_of(own, "staged"),
                n_opted_out=stage.rows_of(own, "opted_out"),
                quarantined={
                    str(row["reason"]): int(row["n_rows"])
                    for row in own
                    if row["outcome"] == "quarantined"
                },
            )
        )
    return made
