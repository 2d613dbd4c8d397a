"""An hour is released by itself, once; a day is its released hours, each entry the same bytes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.disturbed import bundles
from peil import status
from peil.alerts import inbox
from peil.charter import public_register
from peil.charter.hour import unit_of
from peil.outcome import Refused
from peil.release import disclosure
from peil.release.crossing import sending
from peil.stage import accounting
from peil.store import ledger, verifying
from tests.unit.hours.conftest import DEVICES, Hours, rows_of


class KilledError(Exception):
    """The process ended here."""


def _killed(*_: Any) -> None:
    raise KilledError


EIGHT, NINE, TEN, NOON = (f"2026-03-02T{hour}" for hour in ("08", "09", "10", "12"))
DAY = "2026-03-02"


@pytest.mark.slow
def test_hours_are_released_by_themselves_and_a_day_is_its_released_hours(hours: Hours) -> None:
    tiny = hours.tiny
    # in the wrong order; of rows that come an hour late it is said how many, and none counts
    late = "".join(rows_of("2026-03-02 09:59:00").splitlines(keepends=True)[:2])
    hours.deliver(TEN, rows_of("2026-03-02 10:30:00") + late)
    hours.take(TEN)
    (account,) = accounting.accounts(tiny.charter, tiny.store, unit_of(TEN))
    assert account.quarantined == {"late": 2} and account.n_missing == 0
    assert hours.values(TEN)[0] == DEVICES
    before = hours.released()
    assert {name.split("/")[0] for name in before} == {TEN}

    hours.deliver(EIGHT, rows_of("2026-03-02 08:30:00").splitlines(keepends=True)[0])
    hours.take(EIGHT, "ingest")  # one device, so that all of it is withheld
    with pytest.raises(Refused, match=f"--from {EIGHT}"):  # it is under way
        hours.take(DAY, "release")
    hours.take(EIGHT)

    hours.deliver(TEN, rows_of("2026-03-02 10:40:00", more=6), "again.csv")
    outcomes = hours.take(TEN)
    assert {outcome.facts["why"] for outcome in outcomes} == {"released"}
    (trouble,) = inbox.kept(tiny.store, "tiny", unit_of(TEN), "ingest")
    assert trouble.kind == "correction_after_release" and "again.csv" in trouble.where
    after = hours.released()
    assert {name: after[name] for name in before} == before

    _a_day_is_what_was_released_of_it(hours)
    _what_comes_after_its_day_changes_nothing(hours)
    _the_verifier_names_a_day_that_is_not_its_hours(hours)


def _a_day_is_what_was_released_of_it(hours: Hours) -> None:
    with pytest.MonkeyPatch.context() as patch:  # killed between the ledger and the crossing
        patch.setattr(sending, "send", _killed)
        with pytest.raises(KilledError):
            hours.take(DAY, "release")
    (outcome,) = hours.take(DAY, "release")
    entries = ledger.entries(hours.tiny.store.ledger("tiny"))
    days = [entry for entry in entries if entry["facts"].get("period") == DAY]
    assert [entry["kind"] for entry in days].count("release") == 1
    assert outcome.status == "done" and outcome.facts["n_entries"] == 6
    day = hours.lines(DAY)
    assert sorted(day) == sorted(hours.lines(EIGHT) + hours.lines(TEN))
    assert len(set(day)) == len(day) == 6
    assert not [line for line in day if "T09" in line]  # nine never came: missing, and no zero
    # the entries of a day are its hours' in the disclosure ledger: no other pilot is held up by it
    other: Any = SimpleNamespace(pilot="other", product="presence", delivery=["none of these"])
    disclosure._mend(hours.tiny.store, other)
    assert disclosure.margins.periods_kept(hours.tiny.store, "tiny", "presence") == {EIGHT, TEN}
    folder = hours.tiny.store.released("tiny", "presence", unit_of(DAY))
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["hours"] == [EIGHT, TEN] and len(metadata["hours_missing"]) == 22
    counts = [metadata[name] for name in ("n_entries", "n_withheld", "withheld_share")]
    assert counts == [6, 3, 0.5]


def _what_comes_after_its_day_changes_nothing(hours: Hours) -> None:
    before = hours.released()
    hours.deliver(NINE)
    outcomes = hours.take(NINE)
    assert {each.facts["why"] for each in outcomes} == {"released"}
    (again,) = hours.take(DAY, "release")
    assert again.status == "unchanged" and hours.released() == before
    standing = status.of_day(hours.tiny.charter, unit_of(NINE), hours.tiny.store)
    assert standing.is_done and "bundled without it" in standing.why
    (trouble,) = inbox.kept(hours.tiny.store, "tiny", unit_of(NINE), "ingest")
    assert trouble.kind == "correction_after_release"


def _the_verifier_names_a_day_that_is_not_its_hours(hours: Hours) -> None:
    store = hours.tiny.store
    assert verifying.answer(store.verifiable)[0] == 0
    folder = store.released("tiny", "presence", unit_of(DAY))
    signed = verifying.bundle(folder)
    other: Any = verifying.Manifest(
        signed.sha256, {**signed.predicate, "hours": {EIGHT: "0" * 64}}, signed.files, ""
    )
    with pytest.raises(verifying.Broken, match=f"no bundle of what is released of {EIGHT}"):
        verifying.same_entries(folder, other, folder.parent)
    table = folder / "rel_presence__by_zone_hour.csv"
    table.write_text(table.read_text().replace(f",{DEVICES},", f",{DEVICES + 1},"))
    with pytest.raises(verifying.Broken, match="other entries than its hours"):
        verifying.same_entries(folder, signed, folder.parent)


def test_a_day_of_which_nothing_is_released_is_no_day(hours: Hours) -> None:
    with pytest.raises(Refused, match="no hour of it is released"):
        hours.take(DAY, "release")


def test_a_day_is_not_bundled_without_a_released_hour_that_is_gone(hours: Hours) -> None:
    tiny = hours.tiny
    public_register.enter(tiny.charter, tiny.store)
    folders = [
        bundles.release(tiny.store, tiny.charter, "presence", unit_of(hour), DEVICES)
        for hour in (EIGHT, TEN)
    ]
    folders[0].rename(folders[0].with_name(".gone"))
    with pytest.raises(Refused, match=rf"presence of {EIGHT} is released, and its bundle is mis"):
        hours.take(DAY, "release")
    assert ledger.standing(tiny.store, "tiny", "presence", DAY) is None


def test_a_file_of_one_hour_that_comes_again_with_another_is_refused(hours: Hours) -> None:
    hours.deliver(EIGHT)
    hours.take(EIGHT, "ingest")
    hours.deliver(NOON, rows_of("2026-03-02 08:30:00"))  # the hour of eight, under another name
    with pytest.raises(Refused, match="same content as delivered before"):
        hours.take(NOON, "ingest")
