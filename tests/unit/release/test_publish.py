"""Nothing crosses of which a byte is not as it was signed, and as its gate judged it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.disturbed import bundles
from peil.charter.clock import now
from peil.gates.report import GateReport, candidate_hash, require_one_table
from peil.outcome import Refused, Waiting
from peil.release import bundle, release
from peil.store import ledger, released_tables, verifying
from peil.store.atomic import read_json, write_json
from tests.unit.conftest import Tiny

DAY = date(2026, 3, 2)
TABLE = "rel_flows__by_pair_period"
LINKED: Any = {
    "products": ["presence", "flows"],
    "linkage_days": 2,
    "retention__staged_days": 2,
}
FIGURES = pd.DataFrame(
    {"REF_AREA_FROM": ["A"], "REF_AREA_TO": ["B"], "OBS_VALUE": pd.array([120], dtype="Int64")}
)


@pytest.fixture
def candidate(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed candidate, and a gate that opens for whatever it looks at."""
    tiny.write_charter(**LINKED)

    def opens(*_: Any) -> GateReport:
        judged = candidate_hash(tiny.store.candidate("tiny", "flows", DAY))
        return GateReport("released", "tiny", str(DAY), True, [], judged)

    monkeypatch.setattr("peil.gates.products.require_open", opens)
    # what other pilots released of the same rows is asked in test_disclosure
    monkeypatch.setattr(release, "_check_together", lambda *_: None)
    for name in ("release_of", "keep"):
        monkeypatch.setattr(release.disclosure, name, lambda *_: None)
    return write(tiny)


def write(tiny: Tiny, value: int = 120) -> Path:
    table = FIGURES.assign(OBS_VALUE=pd.array([value], dtype="Int64"))
    bundles.candidate(tiny.store, tiny.charter, "flows", DAY, table)
    return tiny.store.candidate("tiny", "flows", DAY)


def publish() -> Any:
    return release.publish("tiny", str(DAY), "flows")


def refused(tiny: Tiny, sentence: str) -> None:
    """Nothing crosses, nothing is entered, and the sentence says why."""
    with pytest.raises(Refused, match=sentence):
        publish()
    assert not tiny.store.released("tiny", "flows", DAY).exists()
    assert ledger.find(tiny.store, "tiny", "release") is None


def test_a_whole_candidate_crosses_and_the_ledger_names_its_bundle(
    tiny: Tiny, candidate: Path
) -> None:
    assert publish().status == "done"
    folder = tiny.store.released("tiny", "flows", DAY)
    entry = ledger.standing(tiny.store, "tiny", "flows", str(DAY))
    assert entry and entry["facts"]["bundle_sha256"] == verifying.manifest(folder).sha256
    assert verifying.answer(tiny.store.root)[0] == 0
    assert publish().status == "unchanged"


def test_the_disclosure_ledger_is_told_the_codes_that_a_csv_rewrites(
    tiny: Tiny, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: dict[str, Any] = {"REF_AREA_FROM": "NA", "REF_AREA_TO": "-1A"}
    bundles.candidate(tiny.store, tiny.charter, "flows", DAY, FIGURES.assign(**codes))
    tables: list[pd.DataFrame] = []
    monkeypatch.setattr(release.disclosure, "release_of", lambda *args: tables.append(args[4]))
    publish()
    assert tables[0][[*codes]].to_dict("records") == [codes]


def test_a_released_bundle_that_is_gone_is_sent_again_or_named(tiny: Tiny, candidate: Path) -> None:
    publish()
    folder = tiny.store.released("tiny", "flows", DAY)
    sent = {file.name: file.read_bytes() for file in folder.iterdir()}
    shutil.rmtree(folder)
    assert publish().facts["note"] == "its bundle was missing and was sent again"
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == sent
    assert verifying.answer(tiny.store.root)[0] == 0
    shutil.rmtree(folder)
    shutil.rmtree(candidate)
    gone = "The ledger says that flows of 2026-03-02 is released, and its bundle is missing"
    for deed in (publish, lambda: release.release("tiny", str(DAY), "flows")):
        with pytest.raises(Refused, match=gone):
            deed()
    assert not folder.exists() and not candidate.exists()


def test_before_two_approvals_not_even_a_folder_of_it_lies_on_the_agencys_side(
    tiny: Tiny, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(*_: Any) -> str:
        raise Waiting("It waits for approval.")

    monkeypatch.setattr(release.approvals, "require", waits)
    with pytest.raises(Waiting, match="waits for approval"):
        publish()
    assert not tiny.store.outbound("tiny", "flows", DAY).parent.exists()


def test_a_ledger_changed_further_back_is_restored_from_the_agencys_copy(
    tiny: Tiny, candidate: Path
) -> None:
    for number in range(2):
        ledger.append(tiny.store, "tiny", "noted", now(tiny.charter), {"number": number})
    own = tiny.store.ledger("tiny")
    whole = own.read_bytes()
    own.write_bytes(whole.replace(b'"noted"', b'"nodet"', 1))
    assert own.read_bytes() != whole
    with pytest.raises(Refused, match=r"then restore the operator's from that copy\.$"):
        publish()
    assert not tiny.store.released("tiny", "flows", DAY).exists()
    shutil.copy2(tiny.store.agency_ledger("tiny"), own)
    publish()
    assert tiny.store.released("tiny", "flows", DAY).exists()
    assert verifying.answer(tiny.store.root)[0] == 0


def test_an_edited_csv_does_not_cross(tiny: Tiny, candidate: Path) -> None:
    file = candidate / f"{TABLE}.csv"
    file.write_bytes(file.read_bytes().replace(b"120", b"999999"))
    refused(tiny, f"does not cross: {TABLE}.csv was changed after it was signed")


def test_an_added_file_does_not_cross(tiny: Tiny, candidate: Path) -> None:
    (candidate / "devices.csv").write_text("204080000000001\n")
    refused(tiny, "does not cross: devices.csv is not in the signed list")


def test_a_parquet_that_is_another_table_does_not_cross_even_when_signed(
    tiny: Tiny, candidate: Path
) -> None:
    csv = (candidate / f"{TABLE}.csv").read_bytes()
    released_tables.write(FIGURES.assign(OBS_VALUE=999_999), candidate, TABLE)
    (candidate / f"{TABLE}.csv").write_bytes(csv)
    bundle.seal(tiny.store, candidate, verifying.manifest(candidate).predicate)
    refused(tiny, "differ in OBS_VALUE")
    with pytest.raises(Refused, match=r"is not judged: .* differ in OBS_VALUE"):
        require_one_table(candidate, TABLE)


def test_a_candidate_of_another_day_or_charter_does_not_cross(tiny: Tiny, candidate: Path) -> None:
    other = date(2026, 3, 3)
    bundles.candidate(tiny.store, tiny.charter, "flows", other, FIGURES)
    shutil.rmtree(candidate)
    shutil.copytree(tiny.store.candidate("tiny", "flows", other), candidate)
    refused(tiny, "The bundle in 2026-03-02 is that of tiny/flows/2026-03-03")
    write(tiny)
    tiny.write_charter(**LINKED, threshold=3)
    refused(tiny, "made with another threshold than the charter's")
    tiny.write_charter(**LINKED)
    names = verifying.manifest(candidate).predicate
    write_json(candidate / "metadata.json", {**names, "tier": "public", "threshold": 2})
    bundle.seal(tiny.store, candidate, {**names, "tier": "public"})
    refused(tiny, "The bundle is of another tier than agency")


def test_an_expired_charter_lets_nothing_cross(tiny: Tiny, candidate: Path) -> None:
    tiny.write_charter(
        **LINKED,
        legal_basis="statute",
        expires="2026-03-31",
    )
    refused(tiny, "expired")


def test_a_gate_that_judged_another_candidate_opens_nothing(
    tiny: Tiny, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = verifying.manifest(candidate).sha256
    report = GateReport("released", "tiny", str(DAY), True, [], before)
    assert report == GateReport.from_json(report.to_json())
    monkeypatch.setattr("peil.gates.products.require_open", lambda *_: report)
    write(tiny, 121)
    refused(tiny, "judged another candidate")
    write(tiny, 120)
    assert publish().status == "done"


def test_a_released_period_is_never_replaced_by_other_figures(tiny: Tiny, candidate: Path) -> None:
    """So that no opt-out after a release can be seen in a difference of one period's figures."""
    publish()
    folder = tiny.store.released("tiny", "flows", DAY)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write(tiny, 119)
    for verb in (release.release, release.publish):
        assert verb("tiny", str(DAY), "flows").status == "unchanged"
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}
    shutil.rmtree(folder)
    with pytest.raises(Refused, match="stands released with other figures: two versions"):
        publish()
    assert not folder.exists()


def test_nothing_goes_on_from_a_release_that_was_changed(tiny: Tiny, candidate: Path) -> None:
    publish()
    file = tiny.store.released("tiny", "flows", DAY) / "metadata.json"
    write_json(file, {**read_json(file), "n_entries": 7})
    for verb in (release.publish, release.release):
        with pytest.raises(Refused, match=r"cannot be vouched for: metadata.json was changed"):
            verb("tiny", str(DAY), "flows")


def test_a_release_that_a_kill_left_without_its_folder_is_entered_with_the_new_bundle(
    tiny: Tiny, candidate: Path
) -> None:
    publish()
    shutil.rmtree(tiny.store.released("tiny", "flows", DAY))
    publish()  # the same bundle: the entry stands
    kinds = [e["kind"] for e in ledger.entries(tiny.store.ledger("tiny"))]
    assert [kind for kind in kinds if kind != "approval"] == ["charter", "release"]
    shutil.rmtree(tiny.store.released("tiny", "flows", DAY))
    (candidate / "statement.en.md").write_text("in other words")
    bundle.seal(tiny.store, candidate, verifying.manifest(candidate).predicate)
    publish()
    assert verifying.answer(tiny.store.root)[0] == 0
