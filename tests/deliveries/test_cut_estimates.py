"""Estimates of a day are cut off before its release: the sentence names what makes them again."""

from __future__ import annotations

import pytest

from peil.store.faults.damage import Damaged
from tests.deliveries.test_unobserved_hours import DAY, rows
from tests.unit.conftest import Tiny


@pytest.mark.slow
def test_estimates_cut_off_before_the_release_are_made_again_by_what_is_named(tiny: Tiny) -> None:
    from peil.estimate.estimate import estimate
    from peil.release.release import release
    from peil.stage.stage import stage

    tiny.write_charter(period={"start": str(DAY), "end": str(DAY)})
    tiny.deliver("a.csv", rows(DAY, lambda hour: True))
    tiny.ingest()
    for verb in (stage, estimate):
        verb("tiny", str(DAY))
    file = tiny.store.estimated("tiny", DAY) / "est_presence__by_zone_hour.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged, match=rf"run `peil estimate tiny {DAY}`, which makes it again"):
        release("tiny", str(DAY))
    assert estimate("tiny", str(DAY)).status == "done"
    assert file.read_bytes() == whole
    assert release("tiny", str(DAY)).status != "unchanged"
