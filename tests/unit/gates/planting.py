"""Ways of planting a fault in a batch: in a table, in some of its rows, in its charter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from peil.settings import settings

Fault = Callable[[Any], None]


def change(state: str, table: str, how: Callable[[pd.DataFrame], pd.DataFrame]) -> Fault:
    def plant(batch: Any) -> None:
        frames = getattr(batch, state)
        frames[table] = how(frames[table].copy())

    return plant


def put(column: str, value: Any, share: float = 1.0, offset: int = 0) -> Any:
    def how(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame.index[offset : offset + max(1, round(share * len(frame)))]
        frame.loc[rows, column] = value
        return frame

    return how


def events(how: Any) -> Fault:
    return change("raw", "events", how)


def plan(how: Any) -> Fault:
    return change("raw", "cells", how)


def accounted(outcome: str, reason: str | None, n_rows: int) -> Fault:
    row = pd.DataFrame(
        [(1, "a.csv", outcome, reason, n_rows)],
        columns=["file_id", "file_name", "outcome", "reason", "n_rows"],
    )
    table = "int_rows_accounted__by_file_reason"
    return change("staged", table, lambda frame: pd.concat([frame, row], ignore_index=True))


def staged_events(how: Any) -> Fault:
    return change("staged", "stg_operator__events", how)


def by_zone(how: Any) -> Fault:
    return change("estimated", "est_presence__by_zone_hour", how)


def by_tile(how: Any) -> Fault:
    return change("estimated", "est_presence__by_tile_hour", how)


def entries(how: Any) -> Fault:
    return change("released", "rel_presence__by_zone_hour", how)


def entry(area: str, **values: Any) -> Any:
    """Change the entry of one area in the second hour, where nothing is withheld."""

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        row = frame.index[frame["REF_AREA"] == area][1]
        for column, value in values.items():
            frame.loc[row, column] = value
        return frame

    return how


def first_hours(n: int) -> Any:
    def how(frame: pd.DataFrame) -> pd.DataFrame:
        moment = frame["observed_at"]
        return frame[moment < moment.min() + pd.Timedelta(hours=n)]

    return how


def scale(column: str, factor: float, estimator: str) -> Any:
    def how(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["estimator"] == estimator, column] *= factor
        return frame

    return how


def of_a_part(fault: Fault) -> Fault:
    """Plant it in a pilot whose charter takes some zones: its hours are held to no register."""

    def plant(batch: Any) -> None:
        charter = settings().pilots / f"{batch.pilot}.yml"
        text = charter.read_text()
        if "only:" not in text:
            charter.write_text(text.replace("area:\n", "area:\n  only: [NL]\n"))
        fault(batch)

    return plant
