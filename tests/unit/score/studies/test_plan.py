"""A study is read from its file, or refused in one sentence; what it tries is counted."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from peil import methods
from peil.outcome import Refused
from peil.score.studies import own, plan, running
from peil.settings import PROJECT, Settings

WHOLE = """
study: mine
title: Mine
worlds: {seeds: [1, 2], makes: [demo, clustered]}
estimators: [sb, em]
parameters:
  as_released: {}
  few: {presence.em_max_iter: 3}
"""
ROW = """
from peil.estimate.estimators import Estimator
from peil_models.presence import PresenceSB

ESTIMATOR = Estimator("%s", lambda given: PresenceSB(prior=given.even), "Mine", "Van mij")
"""


def read(folder: Path, text: str, name: str = "mine") -> plan.Study:
    (folder / f"{name}.study.yml").write_text(text)
    return plan.read(name, Settings(studies=folder))  # type: ignore[call-arg]


def test_every_world_is_tried_with_every_set(tmp_path: Path) -> None:
    study = read(tmp_path, WHOLE)
    assert study.candidates() == ["sb@as_released", "sb@few", "em@as_released", "em@few"]
    units = list(study.units(""))
    assert [f"{unit.world.name} {unit.label}" for unit in units[:3]] == [
        "demo-1 as_released",
        "demo-2 as_released",
        "clustered-1 as_released",
    ]
    assert len({unit.key for unit in units}) == 8 and len(study.every_world()) == 4
    assert units[4].choices == {"presence": {"em_max_iter": 3}}


def test_another_size_choice_or_file_of_ones_own_is_another_unit(tmp_path: Path) -> None:
    first = next(iter(read(tmp_path, WHOLE).units("")))
    larger = next(iter(read(tmp_path, WHOLE.replace("seeds", "devices: 4000, seeds")).units("")))
    assert larger.key != first.key and larger.world.key != first.world.key
    changed = next(iter(read(tmp_path, WHOLE).units("another file")))
    assert changed.key != first.key and changed.world.key == first.world.key


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("seeds: [1, 2]", "seeds: []"), "worlds.seeds: List should have at least 1 item"),
        (("demo, clustered", "demo, moon"), "worlds.makes: no make moon; there are demo, "),
        (("study: mine", "study: yours"), "study: is yours, but the file says mine."),
        (("title: Mine", "titel: Mine"), "title: Field required."),
        (("{seeds", "{days: 6, seeds"), "worlds.days: Input should be less than or equal to 5."),
        (("[sb, em]", "[sb, em"), "is not YAML: correct it"),
        (("[sb, em]", "[sb, sb]"), "estimators: names one twice, which tells nothing more."),
        (("seeds: [1, 2]", "seeds: [1, 1, 1]"), "worlds.seeds: names one twice"),
        (("max_iter: 3", "max_itr: 3"), "few, presence.em_max_itr: methods.toml has no such"),
        (("presence.em", "presense.em"), "few, presense.em_max_iter: methods.toml has no such"),
        (("max_iter: 3", "max_iter: many"), "is of another type than in methods.toml, which has"),
        (("max_iter: 3", "max_iter: true"), "is of another type than in methods.toml, which has"),
        (("max_iter: 3", "max_iter: .nan"), "few, presence.em_max_iter: is no finite number."),
    ],
)
def test_what_is_no_study_is_refused(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    assert change[0] in WHOLE
    with pytest.raises(Refused) as refused:
        read(tmp_path, WHOLE.replace(*change))
    assert words in str(refused.value) and str(tmp_path / "mine.study.yml") in str(refused.value)


def test_a_study_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    read(tmp_path, WHOLE)
    with pytest.raises(Refused, match=r"or name one that is there \(mine\)\.$"):
        plan.read("other", Settings(studies=tmp_path))  # type: ignore[call-arg]


@pytest.mark.parametrize("name", plan.names(Settings()))  # type: ignore[call-arg]
def test_a_study_of_the_project_can_be_read_and_tries_choices_there_are(name: str) -> None:
    study = plan.read(name, Settings())  # type: ignore[call-arg]
    assert set(study.estimators) <= set(own.rows(Settings()))  # type: ignore[call-arg]
    for unit in study.units(""):
        with methods.tried(unit.choices, "demo"):
            for section, values in unit.choices.items():
                assert methods.section(section, "demo").items() >= values.items()
    assert (PROJECT / "studies").is_dir()


def test_a_choice_is_tried_within_the_block_alone() -> None:
    before = methods.section("presence", "demo")
    with methods.tried({"presence": {"em_max_iter": 3}}, "demo"):
        assert methods.section("presence", "demo") == {**before, "em_max_iter": 3}
        assert methods.section("weighting", "demo")
    assert methods.section("presence", "demo") == before
    unknown = methods.tried({"presence": {"em_most": 3}}, "demo")
    with pytest.raises(Refused, match=r"presence\.em_most: no such choice"), unknown:
        pass


def test_an_estimator_of_ones_own_stands_beside_peils(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ROW % "mine")
    settings = Settings(estimators=tmp_path)  # type: ignore[call-arg]
    rows = own.rows(settings)
    assert list(rows)[-1] == "mine" and rows["mine"].en == "Mine" and "combined" in rows
    before = own.source(settings)
    (tmp_path / "mine.py").write_text(ROW % "mine" + "# changed\n")
    assert own.source(settings) not in ("", before)
    assert own.source(Settings()) == ""  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROW % "sb", "there is an estimator sb already; name it otherwise."),
        ("row = 1\n", "holds no `ESTIMATOR = Estimator(...)`: write that row in it."),
        ("import nothing_of_this_name\n", "cannot be run: ModuleNotFoundError: "),
    ],
)
def test_a_file_that_holds_no_row_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(Refused) as refused:
        own.rows(Settings(estimators=tmp_path))  # type: ignore[call-arg]
    assert words in str(refused.value) and str(tmp_path / "mine.py") in str(refused.value)


def test_a_process_that_ends_by_itself_is_told_and_none_is_left() -> None:
    told: list[str] = []
    with (
        pytest.raises(Refused, match="ended by itself, perhaps for want of memory"),
        running._processes(2) as pool,
    ):
        running._each(pool, str, ["one"], "world", lambda *words: told.append(" ".join(words)))
        running._each(pool, os._exit, [3], "world", lambda *words: told.append(" ".join(words)))
    assert told == ["world one starts", "world one done"]
    # where the pool's own thread is the one that waits for a process, it strikes it off after us
    ends = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < ends:
        time.sleep(0.01)
    assert multiprocessing.active_children() == []
