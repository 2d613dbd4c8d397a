"""A bucket of devices is cut into smaller ones of whole devices."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from peil.stage.device_rows import Bucket


def bucket(lengths: list[int]) -> Bucket:
    device = np.repeat(np.arange(len(lengths)), lengths)
    number = np.arange(len(device))
    return Bucket(
        device,
        number * 1.0,
        number.astype(np.int32),
        (number * 2).astype(np.int32),
        np.arange(len(lengths), dtype=np.int32) + 100,
    )


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=40), n_rows=st.integers(1, 100))
def test_every_device_is_whole_in_one_part_of_the_size_asked_for(
    lengths: list[int], n_rows: int
) -> None:
    whole, seen = bucket(lengths), 0
    parts = list(whole.cut(n_rows))
    for part in parts:
        n_devices = len(part.country)
        assert (
            part.device.tolist()
            == np.repeat(np.arange(n_devices), lengths[seen : seen + n_devices]).tolist()
        )
        assert len(part.device) <= n_rows or n_devices == 1
        assert (part.country == np.arange(seen, seen + n_devices) + 100).all()
        seen += n_devices
    assert seen == len(lengths)
    for name in ("at_s", "cell", "timing"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert (joined == getattr(whole, name)).all()
    # no part could have taken the next one's first device
    firsts = np.cumsum([0, *(len(part.country) for part in parts)])
    for part, after in zip(parts[:-1], firsts[1:], strict=False):
        assert len(part.device) + lengths[after] > n_rows
