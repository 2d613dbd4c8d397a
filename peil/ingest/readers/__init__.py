"""The readers of delivery formats: one module and one row of `READERS` a format.

A reader gives SQL that reads one file into the canonical columns, and says how its files are
recognised and inspected. A new operator is a mapping in the charter (`generic`), not a new reader.
"""

from __future__ import annotations

from peil.ingest.readers import essnet, flowkit, generic, mobloc, multimno, opencellid
from peil.ingest.readers.reader import Match, Reader, Sample
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

__all__ = ["CELL_COLUMNS", "EVENT_COLUMNS", "READERS", "Match", "Reader", "Sample", "recognise"]

# where two recognise a file equally well, the first reads it
READERS: dict[str, type[Reader]] = {
    reader.name: reader
    for reader in (
        generic.Generic,
        flowkit.Flowkit,
        multimno.Multimno,
        essnet.Essnet,
        mobloc.Mobloc,
        opencellid.Opencellid,
    )
}


def recognise(sample: Sample) -> tuple[type[Reader], Match] | None:
    """The reader whose format a file is, by the most columns of its own; None when no one's."""
    matches = [(reader, reader.recognises(sample)) for reader in READERS.values()]
    named = [(reader, match) for reader, match in matches if match is not None]
    return max(named, key=lambda pair: pair[1].score) if named else None
