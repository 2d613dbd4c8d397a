"""Which days of a linkage window are staged behind an open gate, from manifests and reports only.

Nothing here opens a sealed file: the rows of devices are read by `peil.stage.device_rows`.
"""

from __future__ import annotations

from datetime import date

from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.outcome import Waiting
from peil.store.atomic import read_json
from peil.store.store import Store


def missing(charter: Charter, window: Window, store: Store) -> list[date]:
    """Days of a window that are not staged behind an open gate, in order."""
    return [day for day in window.days() if not _is_believed(store, charter.pilot, day)]


def _is_believed(store: Store, pilot: str, day: date) -> bool:
    report = store.quality(pilot, day) / "staged.json"
    return (
        store.staged_manifest(pilot, day).exists()
        and store.staged_file(pilot, day).exists()
        and report.exists()
        and bool(read_json(report)["is_open"])
    )


def require_staged(charter: Charter, window: Window, store: Store) -> None:
    """Wait for a window until all its days are staged.

    Raises
    ------
    Waiting
        One is not, with how many are missing.
    """
    if left := missing(charter, window, store):
        raise Waiting(
            f"{charter.pilot}: the linkage window {window} waits until {len(left)} of its days are "
            f"staged and believed, {left[0]} first: run `peil stage {charter.pilot} {left[0]}`."
        )
