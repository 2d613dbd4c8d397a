"""One incident, one message when it begins and one when it ends, whatever fails in between."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import Any

import pytest
from listening import Postbox, Web, trouble

from peil.alerts import incidents, messages, telling
from peil.alerts.channels import configured
from peil.charter import reading
from peil.charter.clock import now
from peil.settings import settings
from peil.store import atomic
from peil.store.store import Store


def look(*places: str, day: str = "2026-03-02", source: str = "drift", **changes: Any) -> Any:
    """What a source found on a day: silent regions at these places."""
    return telling.Look(source, day, tuple(trouble(place, day, **changes) for place in places))


def settle(*looks: Any) -> telling.Told:
    charter = reading.load("tiny")
    return telling.settle(Store(), charter, looks, now(charter))


def events(store: Store) -> list[str]:
    lines = incidents.file_of(store, "tiny").read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


def alert_lines(store: Store) -> list[dict[str, str]]:
    lines = (store.quarantine("tiny") / "alerts.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_what_lasts_is_told_once_and_its_end_once(store: Store, postbox: Postbox) -> None:
    for day in ("2026-03-02", "2026-03-03", "2026-03-04"):
        settle(look("Z01", day=day))
        settle(look("Z01", day=day))
    assert postbox.subjects() == ["Peil tiny [note] silent region: Z01"]

    report = settle(look(day="2026-03-05"))
    settle(look(day="2026-03-05"))
    assert report.count("ended") == 1
    assert postbox.subjects()[1:] == ["Peil tiny [ended] silent region: Z01"]
    (_, end) = postbox.texts()
    assert "This has ended at 2026-03-08" in end and "It was: Region Z01 was silent." in end
    assert "Since:       2026-03-02" in end and "Seen last:   2026-03-04" in end
    assert events(store) == ["opened", "told", "seen", "seen", "ended", "told"]


def test_what_comes_back_is_told_again(store: Store, postbox: Postbox) -> None:
    settle(look("Z01"))
    settle(look(day="2026-03-03"))
    settle(look("Z01", day="2026-03-04"))

    assert len(postbox.received) == 3
    assert len({mail["Message-ID"] for mail in postbox.received}) == 3
    assert [line["since"] for line in alert_lines(store)] == ["2026-03-02", "2026-03-04"]


def test_a_note_that_becomes_a_stop_is_told_and_stays_one_incident(
    store: Store, postbox: Postbox
) -> None:
    settle(look("Z01"))
    settle(look("Z01", day="2026-03-03", severity="stop"))
    settle(look("Z01", day="2026-03-04", severity="stop"))

    assert postbox.subjects()[1:] == ["Peil tiny [stop, was note] silent region: Z01"]
    (only,) = telling.standing(store, "tiny")
    assert only.trouble.since == "2026-03-02" and only.last_day == "2026-03-04"


def test_only_its_own_source_on_the_same_day_or_later_ends_an_incident(store: Store) -> None:
    settle(look("Z01", day="2026-03-04"))
    assert settle(look(day="2026-03-04", source="deadlines")).news == []
    assert settle(look(day="2026-03-03")).news == []
    assert telling.tell(store, reading.load("tiny"), [], now(reading.load("tiny"))).news == []
    assert settle(look(day="2026-03-04")).count("ended") == 1


def test_telling_some_troubles_ends_no_others(store: Store) -> None:
    charter = reading.load("tiny")
    for place in ("Z01", "Z02"):
        telling.tell(store, charter, [trouble(place, "2026-03-03")], now(charter))
    assert [incident.trouble.where for incident in telling.standing(store, "tiny")] == [
        "Z01",
        "Z02",
    ]


def test_two_places_are_two_incidents(store: Store, postbox: Postbox) -> None:
    settle(look("Z01", "Z02"))
    settle(look("Z02", day="2026-03-03"))
    assert [subject.split()[2] for subject in postbox.subjects()] == ["[note]", "[note]", "[ended]"]


def test_a_server_that_is_away_is_told_next_time_and_the_log_says_so(
    store: Store,
    postbox: Postbox,
    web: Web,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    postbox.refuse = True
    with caplog.at_level(logging.WARNING):
        report = settle(look("Z01", "Z02"))
    assert report.failed == {"mail": "SMTPDataError: the server answered 451"}
    assert "2 of tiny not told by mail" in caplog.text and "PEIL_SMTP_*" in caplog.text
    assert len(web.received) == 2

    postbox.refuse = False
    report = settle()
    assert report.n_sent == 2 and report.failed == {}
    assert len(postbox.received) == 2 and len(web.received) == 2
    assert settle().n_sent == 0


def test_what_began_and_ended_while_the_server_was_away_is_one_message(
    store: Store, postbox: Postbox
) -> None:
    postbox.refuse = True
    settle(look("Z01"))
    settle(look(day="2026-03-03"))
    postbox.refuse = False
    settle()
    settle()
    assert postbox.subjects() == ["Peil tiny [ended] silent region: Z01"]


def test_a_channel_that_comes_later_tells_what_lasts_and_not_what_is_over(
    store: Store, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(look("Z01", "Z02"))
    settle(look("Z02", day="2026-03-03"))
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    settle()
    assert len(web.received) == 1 and "Z02" in web.received[0]["text"]


def test_many_at_once_are_one_message_and_each_its_own_incident(
    store: Store, postbox: Postbox
) -> None:
    places = [f"Z{number:02d}" for number in range(messages.MOST_AT_ONCE + 3)]
    settle(look(*places))
    assert postbox.subjects() == ["Peil tiny: 8 news (8 note)"]
    assert all(f"Region {place} was silent." in postbox.texts()[0] for place in places)

    settle(look(*places[1:], day="2026-03-03"))
    assert postbox.subjects()[1:] == ["Peil tiny [ended] silent region: Z00"]


def test_what_looks_like_an_identifier_or_breaks_a_line_leaves_no_trace(
    store: Store, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    observed = {"n": 5, "who": "204", "x": float("nan")}
    place = "a\r\nBcc: \x1b[31mx@example.org"
    settle(
        look(
            place,
            what="Of 204080000000001 and +31612345678, 5 rows.",
            what_to_do="See " + "ab" * 16,
            observed=observed,
        )
    )
    (mail,), (text,) = postbox.received, postbox.texts()
    assert mail["Bcc"] is None and "a Bcc: [31mx@example.org" in str(mail["Subject"])
    assert "Of (withheld) and (withheld), 5 rows." in text and "See (withheld)" in text
    assert "Counted:     n 5\n" in text
    assert "204080" not in caplog.text


def test_a_small_count_of_rows_is_few_and_of_cells_a_number(store: Store, postbox: Postbox) -> None:
    observed = {
        "n_rows": 14,
        "n_rows_expected": 15,
        "n_cells": 2,
        "n_devices": 1,
        "share": 0.5,
        "rows_came n_late": 0,
        "n_hours_silent": 3,
    }
    settle(look("Z01", observed=observed))
    assert (
        "Counted:     n_cells 2, n_devices few, n_hours_silent 3, n_rows few, n_rows_expected 15, "
        "rows_came n_late 0, share 0.5\n" in postbox.texts()[0]
    )


def test_an_incident_is_on_the_disk_before_anybody_is_told(
    store: Store, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), sync(fd)))
    sent: list[tuple[list[str], int]] = []
    send = configured(settings())[0].send

    class Slow:
        name, variables = "webhook", "PEIL_WEBHOOK_URL"

        @staticmethod
        def send(message: Any) -> None:
            size = incidents.file_of(store, "tiny").stat().st_size
            sent.append((events(store), size))
            send(message)

    monkeypatch.setattr("peil.alerts.outbox.configured", lambda settings: [Slow])
    settle(look("Z01"))
    assert [event for event, _ in sent] == [["opened"]]
    assert sent[0][1] in synced and alert_lines(store)


def test_many_writers_wait_for_each_other(
    store: Store, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slowed between reading and writing, where two writers would tell a thing twice."""
    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    canonical = atomic.canonical

    def slow(content: Any) -> bytes:
        time.sleep(0.01)
        return canonical(content)

    monkeypatch.setattr(atomic, "canonical", slow)
    settle()  # Airflow is imported by one
    threads = [threading.Thread(target=settle, args=(look("Z01", "Z02", "Z03"),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(events(store)) == ["opened"] * 3 + ["told"] * 3
    assert len(web.received) == 3 and len(alert_lines(store)) == 3


def test_half_a_line_is_dropped_and_a_foreign_line_is_skipped(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    settle(look("Z01"))
    with incidents.file_of(store, "tiny").open("ab") as file:
        file.write(b'not an entry\n{"event": "en')
    with caplog.at_level(logging.WARNING):
        settle(look("Z01", "Z02", day="2026-03-03"))
    assert [incident.trouble.where for incident in telling.standing(store, "tiny")] == [
        "Z01",
        "Z02",
    ]
    assert "half a line" in caplog.text and "line 2 is no entry" in caplog.text


def test_an_alert_cut_in_its_line_is_listed_again(store: Store) -> None:
    settle(look("Z01"))
    file = store.quarantine("tiny") / "alerts.jsonl"
    os.truncate(file, file.stat().st_size - 10)
    settle(look("Z01"))
    (line,) = alert_lines(store)
    assert line["incident"] == trouble().incident


def test_without_trouble_nothing_is_written(store: Store) -> None:
    settle(look(), look(source="deadlines"))
    assert not store.quarantine("tiny").exists()
