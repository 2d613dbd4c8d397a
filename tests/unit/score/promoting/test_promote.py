"""A version of presence is promoted on a study's evidence and a person's word, or refused."""

from __future__ import annotations

import io
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import skops.io
from rich.console import Console
from typer.testing import CliRunner

from peil import cli, methods, train
from peil.adapters import registered, tracking, versions
from peil.adapters.versions import PRESENCE
from peil.estimate import champion
from peil.estimate.estimators import ESTIMATORS
from peil.outcome import Refused, Waiting
from peil.pages import study_page
from peil.score.promoting import evidence
from peil.score.promoting import promote as promoting
from peil.score.promoting.candidates import meant
from peil.score.promoting.promote import PROMOTED, promote
from peil.score.studies import results
from peil.store import ledger, lock, parties
from peil.store.atomic import write_json
from peil.store.store import Store
from tests.unit.conftest import REAL
from tests.unit.score.promoting import planted

BETTER = {"em@few": 0.7}
ROW = """
from peil.estimate.estimators import Estimator
from peil_models.presence import PresenceSB

ESTIMATOR = Estimator("mine", lambda given: PresenceSB(prior=given.even), "Mine", "Van mij")
"""


def standing(store: Store) -> tuple[list[int], dict[str, int | None]]:
    """What the registry holds: versions, and whose each alias is."""
    aliases = (versions.CHAMPION, versions.EARLIER, versions.CHALLENGER)
    held = {alias: versions.of_alias(store, "tiny", PRESENCE, alias) for alias in aliases}
    numbers = versions.numbers(store, "tiny", PRESENCE)
    return numbers, {alias: version and version.number for alias, version in held.items()}


def promotions(store: Store) -> list[dict[str, Any]]:
    written = ledger.entries(store.ledger("tiny"))
    return [entry["facts"] for entry in written if entry["kind"] == PROMOTED]


def test_a_better_one_takes_the_place_with_its_evidence_and_gives_it_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.write(store, BETTER)
    done = CliRunner().invoke(cli.app, ["promote", "tiny", "em@few", "--on", "planted"])
    assert done.exit_code == 0, done.output
    assert "champion is presence@2" in done.output and "30.0%" in done.output
    assert standing(store) == ([1, 2], {"champion": 2, "earlier": 1, "challenger": None})
    presence = champion.presence_of(store, "tiny")
    assert champion.choices_of(presence) == planted.SETS["few"]
    (facts,) = promotions(store)
    signature = facts.pop("signature")
    assert (facts["version"], facts["in_place_of"], facts["simulated"]) == (2, 1, True)
    assert parties.is_signed_by(parties.simulated(store, "operator").party, facts, signature)

    flow = tracking.client(store)
    version = flow.get_model_version_by_alias("presence__tiny", "champion")
    run = flow.get_run(version.run_id)
    assert {"peil.commit", "peil.lock", "peil.seeds", "peil.pilot", "peil.footprint"} <= set(
        version.tags
    )
    for words in ("Purpose", "tourist zones | +30.0%", "Privacy", "Licence", "Where it fails"):
        assert words in version.description, words
    assert run.data.params["weighting.ratio_pooled_devices"]
    assert run.data.metrics["gain_by_day_lower"] > 0.29 and run.data.metrics["mape_day_half"]
    names = {each.dataset.name for each in run.inputs.dataset_inputs}
    assert names == {f"study planted, demo-{seed}" for seed in range(1, 6)}
    files = {each.path for each in flow.list_artifacts(version.run_id)}
    assert files == {"card.md", "error_by_size.png", "error_by_hour.png"}

    zone = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    errors = study_page.WorldErrors(
        name="demo-1",
        zones=[study_page.StudyZone(name="Z00", geometry=zone)],
        incumbent=[[0.1] * 24],
        candidate=[[0.05] * 24],
    )
    monkeypatch.setattr(study_page, "_world", lambda *_: errors)
    words = ["compare", "tiny", "presence@1", "presence@2", "--on", "planted"]
    page = tmp_path / "page.html"
    shown = CliRunner().invoke(cli.app, [*words, "--html", str(page)], env={"COLUMNS": "80"})
    assert shown.exit_code == 0, shown.output
    assert "presence@2 (em@few) is: better." in shown.output and "level 2" in shown.output
    assert "estimator: combined → em" in shown.output
    table = [line for line in shown.output.splitlines() if line.startswith(("┃", "│", "┡"))]
    assert table and max(map(len, table)) <= 80
    assert "presence@1 (combined@as_released)" in page.read_text()

    train.rollback("tiny", PRESENCE)
    assert standing(store)[1] == {"champion": 1, "earlier": 2, "challenger": None}


@pytest.mark.parametrize(
    ("words", "written", "sentence"),
    [
        (
            "em@few",
            {"factors": {"em@few": 1.3}},
            r"^tiny keeps presence@1 \(combined@as_released\): em@few is worse than presence@1",
        ),
        (
            "em@few",
            {"factors": BETTER, "at_tourists": {"em@few": 1.2}},
            r"em@few is better than .* on average, but worse by more than 2% in .*tourist zones",
        ),
        (
            "em@all_even",
            {"factors": {"em@all_even": 0.7}},
            r"em@all_even has presence.landuse_floor_share at a parameter's bound \(1.0\)",
        ),
        (
            "em@few",
            {"factors": BETTER, "coverage": 0.7},
            "em@few has intervals that hold the truth in 70% .* 85% to 95% are allowed",
        ),
        (
            "em@other_threshold",
            {"factors": {"em@other_threshold": 0.7}},
            "^disclosure.zone_threshold decides more than estimates",
        ),
        ("combined@as_released", {"factors": {}}, "combined@as_released is what is released"),
        ("em@none", {"factors": {}}, "^em@none is neither a version, as presence@2, nor"),
        ("presence@9", {"factors": {}}, "^tiny has no presence@9: there are presence@1"),
    ],
)
def test_one_that_the_evidence_speaks_against_is_refused(
    store: Store, words: str, written: dict[str, Any], sentence: str
) -> None:
    planted.write(store, **written)
    before = standing(store)[1]
    with pytest.raises(Refused, match=sentence):
        promote("tiny", words, planted.STUDY)
    assert standing(store)[1] == before and promotions(store) == []


def test_one_that_beats_the_defaults_but_not_the_incumbent_is_refused(store: Store) -> None:
    planted.write(store, {"combined@few": 0.6, "em@few": 0.8})
    promote("tiny", "combined@few", planted.STUDY)
    sentence = r"em@few beats the defaults \(combined@as_released\), but is worse than presence@2"
    with pytest.raises(Refused, match=sentence):
        promote("tiny", "em@few", planted.STUDY)
    assert standing(store)[1]["champion"] == 2


def test_a_footprint_that_counts_do_not_tell_is_no_ground_for_a_promotion(store: Store) -> None:
    record = planted.write(store, BETTER)
    facts = {"champion": "version 2 (calibrated)", "midpoint_dbm_se": 1.0, "steepness_se": 0.1}
    write_json(store.trained("tiny"), {"facts": facts})
    tried = evidence.Tried("em@few", "em", planted.SETS["few"])
    incumbent = evidence.Tried("combined@as_released", "combined", {})
    against = evidence.judge(store, "tiny", record, incumbent, tried).against
    assert "whose path_loss_exponent the counts of tiny do not tell" in against
    facts |= {"path_loss_exponent_se": 0.2, "note": "steepness at the edge of what is allowed"}
    write_json(store.trained("tiny"), {"facts": facts})
    against = evidence.judge(store, "tiny", record, incumbent, tried).against
    assert "a footprint at a parameter's bound (steepness at the edge" in against


def test_a_study_of_other_code_says_nothing(store: Store) -> None:
    record = planted.write(store, BETTER)
    record["units"] = {name: "0" * 32 for name in record["units"]}
    write_json(store.root / "studies" / planted.STUDY / "scores.json", record)
    with pytest.raises(Refused, match=r"was made by other code, .* run `peil study run planted`"):
        promote("tiny", "em@few", planted.STUDY)


def test_the_card_of_what_stands_is_that_of_what_spoke_for_it(store: Store) -> None:
    planted.write(store, {"em@few": 1.3})
    for words in ("em@few", "presence@2"):
        with pytest.raises(Refused, match=r"em@few\)? is worse than"):
            promote("tiny", words, planted.STUDY)
    assert standing(store)[0] == [1, 2]  # weighed alike, registered once
    shutil.rmtree(store.root / "studies")
    planted.write(store, BETTER)
    promote("tiny", "presence@2", planted.STUDY)
    assert standing(store) == ([1, 2, 3], {"champion": 3, "earlier": 1, "challenger": None})
    version = tracking.client(store).get_model_version("presence__tiny", "3")
    assert version.tags["peil.against"] == "nothing"
    assert "**Against it.** Nothing that is asked of a promotion." in version.description


def test_a_pilot_with_choices_of_its_own_needs_a_study_that_tries_them(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "methods.toml"
    choice = 'value = 0.5\nunit = "1"\nreason = "a test"\nreference = "none"\n'
    usual = methods.text()
    own.write_text(f"{usual}\n[pilot.tiny.presence.landuse_floor_share]\n{choice}")
    monkeypatch.setenv("PEIL_METHODS", str(own))
    planted.write(store, BETTER)
    with pytest.raises(Refused, match=r"^em@few was tried with another presence.landuse_floor_sh"):
        promote("tiny", "em@few", planted.STUDY)
    with pytest.raises(Refused, match=r"does not try version 1 \(combined, presence.landuse_floor"):
        meant(store, "tiny", "presence@1", results.record_of(store, planted.STUDY))
    shutil.rmtree(store.root / "studies")
    half = {"presence.landuse_floor_share": 0.5}
    sets = {"half": half, "half_few": {**half, **planted.SETS["few"]}}
    monkeypatch.setattr(planted, "SETS", sets)
    planted.write(store, {"em@half_few": 0.7})
    promote("tiny", "em@half_few", planted.STUDY)
    assert champion.choices_of(champion.presence_of(store, "tiny")) == {"presence.em_max_iter": 3}


def test_two_promotions_at_once_leave_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    planted.write(store, BETTER)
    monkeypatch.setenv("PEIL_LOCK_WAIT_S", "0")
    before = standing(store)
    with (
        lock.held(store, "tiny", "promotion", "promote"),
        pytest.raises(Waiting, match=r"^tiny promotion is held by promote, process \d+, since"),
    ):
        promote("tiny", "em@few", planted.STUDY)
    assert standing(store) == before and promotions(store) == []


def test_a_registry_that_does_not_answer_is_told_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.write(store, BETTER)
    before = standing(store)
    with monkeypatch.context() as patch:
        patch.setenv("PEIL_MLFLOW_URI", "http://somebody:secret@127.0.0.1:9")
        done = CliRunner().invoke(cli.app, ["promote", "tiny", "em@few", "--on", "planted"])
    assert done.exit_code == 2 and "secret" not in done.output
    assert done.output.startswith("MLflow's registry at 127.0.0.1:9 cannot be reached")
    assert standing(store) == before and promotions(store) == []


def test_a_poisoned_version_is_not_promoted(store: Store) -> None:
    planted.write(store, BETTER)
    number = champion.register_presence(store, "tiny", ESTIMATORS["em"], planted.SETS["few"])
    before, files = standing(store), sorted(store.mlflow_artifacts.rglob(registered.FILE))
    (file,) = [f for f in files if skops.io.load(f, trusted=registered.TRUSTED).estimator == "em"]
    whole = file.read_bytes()
    file.chmod(0o600)
    skops.io.dump(shutil.which, file)
    with pytest.raises(Refused, match=r"^Version 2 of presence__tiny holds types that are not"):
        promote("tiny", f"presence@{number}", planted.STUDY)
    assert promotions(store) == []
    file.write_bytes(whole)
    assert standing(store) == before
    promote("tiny", f"presence@{number}", planted.STUDY)
    assert standing(store)[1]["champion"] == number


def test_of_a_real_pilot_a_named_person_approves(tiny: Any, store: Store) -> None:
    tiny.write_charter(**REAL)
    planted.write(store, BETTER)
    with pytest.raises(Waiting, match=r"^presence@2 may take the place .* by the operator; `peil"):
        promote("tiny", "em@few", planted.STUDY)
    assert standing(store)[1] == {"champion": 1, "earlier": None, "challenger": 2}
    signers = tiny.sign()
    with pytest.raises(Refused, match="A promotion is approved by the operator"):
        promote("tiny", "presence@2", planted.STUDY, signers["data_protection_officer"])
    promote("tiny", "presence@2", planted.STUDY, signers["operator"])
    assert standing(store)[1] == {"champion": 2, "earlier": 1, "challenger": None}
    (facts,) = promotions(store)
    assert (facts["name"], facts["simulated"]) == (signers["operator"].party.name, False)


def test_who_is_asked_in_airflow_approves_under_an_enrolled_account(
    tiny: Any, store: Store, tmp_path: Path
) -> None:
    tiny.write_charter(**REAL)
    planted.write(store, BETTER)
    valid = (date(2026, 1, 1), date(2099, 1, 1))
    for role, account in (("operator", "anna"), ("agency", "carla")):
        parties.enroll(store, role, account.title(), tmp_path / account, valid, account)
    shown = promoting.show("tiny", "em@few", planted.STUDY)
    assert shown.version == "presence@2"
    assert shown.lines[0].startswith("presence@2 (em@few) in place of presence@1")
    assert any(line.startswith("tourist zones: +30.0%") for line in shown.lines)
    assert standing(store)[1] == {"champion": 1, "earlier": None, "challenger": 2}
    with pytest.raises(Refused, match=r"^carla is no account of the operator: enrol"):
        promote("tiny", shown.version, planted.STUDY, account="carla")
    assert promotions(store) == []
    promote("tiny", shown.version, planted.STUDY, account="anna")
    (facts,) = promotions(store)
    assert (facts["name"], facts["account"], facts["simulated"]) == ("Anna", "anna", False)
    assert "signature" not in facts and standing(store)[1]["champion"] == 2


def test_an_estimator_of_ones_own_is_registered_and_not_released(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil.score.studies import own

    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text(ROW)
    monkeypatch.setenv("PEIL_ESTIMATORS", str(tmp_path / "own"))
    planted.write(store, {"mine@few": 0.5}, source=own.source(Store().settings))
    with pytest.raises(Refused, match="mine@few is an estimator of your own, and what leaves"):
        promote("tiny", "mine@few", planted.STUDY)
    assert standing(store) == ([1, 2], {"champion": 1, "earlier": None, "challenger": None})
    output = io.StringIO()
    console = Console(file=output, width=80)
    from peil.commands import comparison

    for table in comparison.tables("tiny"):
        console.print(table)
    assert "mine" in output.getvalue() and "champion" in output.getvalue()
