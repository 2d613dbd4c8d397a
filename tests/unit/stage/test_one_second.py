"""Rows of one device in several cells in one second: the good row stays, the others are told."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from staged_day import START, Day, Row, cell, event

N_DEVICES, N_ROWS = 30, 10


def neighbours() -> tuple[list[Row], list[Row], set[int]]:
    """Records of devices near their mast, a third beside a wrong cell; cells; the wrong lines.

    Masts stand 3 km apart on a line of 60 km, each with two cells; a device moves one mast an hour.
    """
    chance = random.Random(4)
    rows, wrong = [], set()
    for device in range(N_DEVICES):
        mast = chance.randrange(10)
        for number in range(N_ROWS):
            good = event(
                2 + 2 * (N_ROWS * device + number),
                subscriber_id=f"20408{device:010d}",
                observed_at=START + timedelta(minutes=30 * number, seconds=device),
                cell_id=f"m{mast + number // 2}s1",
            )
            rows.append(good)
            if chance.random() < 1 / 3:
                other = f"m{chance.randrange(20)}s{chance.randrange(2)}"
                if other != good["cell_id"]:
                    rows.append(good | {"line": good["line"] + 1, "cell_id": other})
                    wrong.add(good["line"] + 1)
    chance.shuffle(rows)
    cells = [cell(f"m{m}s{s}", x_m=3000.0 * m, y_m=0.0) for m in range(20) for s in range(2)]
    return rows, cells, wrong


def test_of_two_cells_in_one_second_the_wrong_one_goes_and_the_good_one_stays(
    tmp_path: Path,
) -> None:
    rows, cells, wrong = neighbours()
    day = Day(tmp_path, rows, cells, opted_out={1: 3})
    day.stage()
    reasons = {line: reason for (_, line), reason in day.reasons().items()}
    assert len(reasons) == len(rows) and len(wrong) > 60
    assert set(reasons.values()) == {None, "impossible_move"}
    removed = {line for line, reason in reasons.items() if reason}
    # each pair is noticed; a wrong cell on the mast before or after may look as good as the right
    assert len(removed) == len(wrong)
    assert len(removed & wrong) >= 0.9 * len(wrong)
    outcomes = dict(
        day.read(
            "SELECT outcome, sum(n_rows) FROM int_rows_accounted__by_file_reason GROUP BY outcome"
        )
    )
    assert outcomes == {
        "staged": len(rows) - len(wrong),
        "quarantined": len(wrong),
        "opted_out": 3,
    }
