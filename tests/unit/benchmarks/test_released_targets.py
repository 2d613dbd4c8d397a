"""What was asked of released figures is judged by the mean of worlds, or by the worst of them."""

from __future__ import annotations

from typing import Any

from benchmarks.released_targets import covered_by_oracle, table
from peil.score.released_figures import FACTORS


def world(mape: float, **others: Any) -> dict[str, Any]:
    row = {"product": "presence", "part": "municipality", "mape": mape, "bias": -0.004}
    return {"rows": [row], "limit": {"mape": mape / 2, "mape_served": mape - 0.01}, **others}


def rows(record: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Cells behind the figure, by figure and make, of the period now."""
    cells = [line.strip("| ").split(" | ") for line in table(record) if line.startswith("| pres")]
    return {(line[0], line[1]): line[2:] for line in cells if line[3] == "now"}


def test_a_mean_may_be_met_while_the_worst_world_is_not() -> None:
    worlds = {"21": world(0.030), "22": world(0.043)}
    told = rows({"now": {"demo": {"worlds": worlds}}})
    mape = told["presence, municipality, MAPE", "demo"]
    # half the 90 % interval of two is 6.314 standard errors of .0065
    assert mape == ["≤ 3.7%", "now", "2", "3.6% ± 4.1%", "1.8%", "2.6%", "yes"]
    worst = told["presence, municipality, MAPE of the worst world", "demo"]
    assert worst == ["≤ 4.2%", "now", "2", "4.3%", "2.1%", "3.3%", "no"]
    assert told["presence, municipality, bias", "demo"][3:] == ["0.4% ± 0.0%", "", "", "yes"]


def test_the_released_estimator_is_held_to_the_best_of_the_simple_ones() -> None:
    errors = {"combined": 0.051, "voronoi": 0.05, "sb": 0.06, "em": 0.07}
    figure = "presence, municipality, worse than the best of Voronoi, SB and EM"
    for combined, met in ((0.051, "yes"), (0.052, "no")):
        one = world(0.05, estimators=errors | {"combined": combined})
        told = rows({"now": {"seconds": {"worlds": {"1": one}}}})
        assert told[figure, "seconds"][-1] == met


def test_coverage_may_be_too_high_and_too_low() -> None:
    for coverage, met in ((0.84, "no"), (0.85, "yes"), (0.95, "yes"), (0.96, "no")):
        one = world(0.05)
        one["rows"][0]["coverage"] = coverage
        told = rows({"now": {"demo": {"worlds": {"1": one}}}})
        cells = told["presence, municipality, intervals cover", "demo"]
        assert cells[0] == "85.0% to 95.0%" and cells[-1] == met


def test_worlds_of_many_devices_are_asked_for_their_intervals_only() -> None:
    one = world(0.01)
    one["rows"][0]["coverage"] = 0.9
    lines = [
        line for line in table({"many": {"demo": {"worlds": {"1": one}}}}) if "| many |" in line
    ]
    assert [line.split(" | ")[0] for line in lines] == ["| presence, municipality, intervals cover"]
    assert lines[0].endswith("| 1 | 90.0% |  |  | yes |")


def test_worlds_without_timing_advance_are_asked_for_their_errors_only() -> None:
    record = {"untimed": {"demo": {"worlds": {"1": world(0.043)}}}}
    (line,) = [line for line in table(record) if "| untimed |" in line]
    told = "| presence, municipality, MAPE without timing advance | demo | ≤ 4.2% | untimed | 1 "
    assert line == f"{told}| 4.3% | 2.1% | 3.3% | no |"


def covering(part: str, reach: float) -> dict[str, Any]:
    """Intervals that hold no truth until they are so many times as wide, and then every one."""
    at = [float(factor >= reach) for factor in FACTORS]
    return {"product": "presence", "part": part, "coverage": 1.0, "covered_at": at}


def test_an_oracle_gives_a_level_one_factor_and_what_its_entries_share_is_left() -> None:
    reaches = {"21": 0.5, "22": 0.5, "23": 0.5, "24": 0.5, "25": 0.8}
    worlds = [
        {"rows": [covering("country", reach), covering("region", 0.6)], "level": 0.9}
        for reach in reaches.values()
    ]
    # hours of a world err together: four of five worlds, or all five; as near, the narrower
    assert covered_by_oracle(worlds, "presence", "country", "country") == 0.8
    assert covered_by_oracle(worlds, "presence", "region", "country") == 0.0
    assert covered_by_oracle(worlds[4:], "presence", "region", "country") == 1.0
    record = {"now": {"demo": {"worlds": dict(zip(reaches, worlds, strict=True))}}}
    assert rows(record)["presence, country, intervals cover", "demo"][-3] == "80.0%"


def test_a_world_scored_before_has_no_limit_of_its_intervals() -> None:
    before = {"rows": [{"product": "presence", "part": "country", "coverage": 1.0}]}
    worlds = [before, {"rows": [covering("country", 0.5)]}]
    assert covered_by_oracle(worlds, "presence", "country", "country") is None
