"""Planted cases of a study: equal, better, better but for the zones that people visit, worse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil import methods
from peil.commands.studying import tables
from peil.score import paired
from peil.score.studies import results

N_WORLDS, N_ZONES, N_HOURS = 5, 20, 24
N_VISITED = 6
CANDIDATE = "sb@few"


def rows(
    random: np.random.Generator, size: float, visited_size: float | None = None
) -> pd.DataFrame:
    """Estimates that err by so much; a world and a zone err alike, beside what each entry does."""
    frames = []
    for world in range(N_WORLDS):
        zone, hour = (part.ravel() for part in np.indices((N_ZONES, N_HOURS)))
        is_day = (hour >= 7) & (hour <= 20)
        is_visited = zone < N_VISITED
        true = 200.0 + 10 * zone + 300.0 * (is_visited & is_day)
        scale = np.where(is_visited, size if visited_size is None else visited_size, size)
        alike = random.normal(1.0, 0.15) * random.normal(1.0, 0.15, N_ZONES)[zone]
        error = scale * alike * random.normal(size=len(zone))
        frames.append(
            pd.DataFrame(
                {
                    "world": f"demo-{world}",
                    "zone_id": [f"Z{number:02d}" for number in zone],
                    "hour_at": pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(hour, "h"),
                    "value": true * (1.0 + error),
                    "n_true": true,
                    "day": "2026-03-02",
                    "is_off": False,
                    "is_day": is_day,
                    "is_night": hour < 6,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def verdict(seed: int, size: float, visited_size: float | None = None) -> str:
    random = np.random.default_rng(seed)
    choices = methods.section("compare", "demo")
    first, second = rows(random, 0.1), rows(random, size, visited_size)
    compared = results.beside(first, second, CANDIDATE, choices)
    return paired.verdict(compared, CANDIDATE, choices["group_loss_max"])


@pytest.mark.parametrize("n_pairs", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_of_equal_ones_one_in_twenty_at_most_is_called_better(n_pairs: int) -> None:
    verdicts = [verdict(seed, 0.1) for seed in range(n_pairs)]
    assert sum(words == "better" for words in verdicts) <= n_pairs / 20
    assert sum("no difference shown" in words for words in verdicts) > 0.75 * n_pairs


def test_one_that_errs_less_by_a_third_is_called_better() -> None:
    assert sum(verdict(seed, 0.067) == "better" for seed in range(20)) >= 18


def test_one_that_errs_less_by_a_twentieth_of_the_same_errors_is_called_better() -> None:
    choices = methods.section("compare", "demo")
    for seed in range(20):
        first = rows(np.random.default_rng(seed), 0.1)
        less = first["n_true"] + 0.95 * (first["value"] - first["n_true"])
        compared = results.beside(first, first.assign(value=less), CANDIDATE, choices)
        assert paired.verdict(compared, CANDIDATE, 0.02) == "better"
        assert compared[0]["gain"] == pytest.approx(0.05)


def test_one_that_is_worse_where_people_visit_is_called_so() -> None:
    verdicts = [verdict(seed, 0.04, 0.14) for seed in range(20)]
    assert "better" not in verdicts
    assert sum("worse: visited zones" in words for words in verdicts) >= 15
    assert sum(words.startswith("better, but worse: visited zones") for words in verdicts) >= 10


def test_one_that_errs_more_is_called_worse() -> None:
    assert {verdict(seed, 0.2) for seed in range(20)} == {"worse"}


def test_tables_say_both_and_fit_eighty_columns(capsys: Any) -> None:
    from rich.console import Console

    random = np.random.default_rng(1)
    names = ("combined@little_land_use", "combined@as_released")
    choices = methods.section("compare", "demo")
    compared = results.beside(rows(random, 0.1), rows(random, 0.05), names[1], choices)
    figure = {"mean": 0.0512, "half": 0.004}
    record = {
        "study": {
            "title": "Of two",
            "parameters": {
                "as_released": {},
                "little_land_use": {"presence.landuse_floor_share": 1},
            },
        },
        "worlds": ["demo-1", "demo-2"],
        "candidates": {name: {"mean": dict.fromkeys(tables.HEADS, figure)} for name in names},
    }
    Console(width=80).print(tables.scores(record), tables.beside(compared, *names, n_worlds=5))
    printed = capsys.readouterr().out
    assert "…" not in printed and "5.1%" in printed and "visited zones" in printed
    assert tables.changed(record, *names) == ["presence.landuse_floor_share: 1 → 0.01"]
    assert tables.changed(record, names[0], names[0]) == []
