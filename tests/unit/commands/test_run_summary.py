"""The last lines of a run: what was made, where to look, how good, what is odd, what next."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

from rich.console import Console

from peil.commands.run_report import Released, Report
from peil.commands.run_summary import tell_run
from peil.outcome import Outcome

DAYS = [date(2026, 3, day) for day in range(2, 5)]
PAGE = Path("/store/agency/portal/demo/index.html")
TITLES = ["Made:", "Look at:", "How good:", "Odd:", "Next:"]


def summary(report: Report) -> tuple[list[str], str]:
    """Lines on the terminal, and what complains."""
    output, errors = io.StringIO(), io.StringIO()
    tell_run("demo", report, Console(file=output, width=80), Console(file=errors, width=80))
    return output.getvalue().splitlines(), errors.getvalue()


def finished() -> Report:
    folder = Path("/store/agency/released")
    return Report(
        outcomes=[Outcome("publish", "demo", str(day), "done", {}, ["/a"]) for day in DAYS],
        released=[
            Released("presence", 3, 1728, 90, folder / "presence"),
            Released("flows", 3, 500, 400, folder / "flows"),
        ],
        scores={"presence": {"mape_day": 0.0614}, "flows": {"cpc": 0.93}},
        n_days=3,
        page=PAGE,
    )


def test_the_last_five_lines_say_it_all() -> None:
    lines, errors = summary(finished())
    result, look, good, odd, following = lines[-5:]
    assert [line.split("  ")[0] for line in lines[-5:]] == TITLES
    assert result.endswith("presence, flows of demo, 3 of 3 days released")
    assert look.split() == ["Look", "at:", str(PAGE)]
    assert "errs by 6.1% on average" in good and "share 93.0% of the true trips" in good
    assert "known truth" in good
    assert odd.split(maxsplit=1)[1] == "nothing unusual"
    assert "peil status demo" in following and errors == ""


def test_a_product_has_one_line_however_many_days_it_has() -> None:
    lines, _ = summary(finished())
    assert [line for line in lines if "/agency/released" in line] == [
        "Released:  presence, 3 days, 1,728 entries, 90 withheld: /store/agency/released/presence",
        "Released:  flows, 3 days, 500 entries, 400 withheld: /store/agency/released/flows",
    ]


def test_what_stopped_lasts_or_is_withheld_is_odd() -> None:
    report = finished()
    report.stopped = {DAYS[2]: "no delivery"}
    report.troubles = ["[note] cells are silent"]
    report.released[1] = Released("flows", 3, 500, 500, Path("/store/flows"))
    lines, errors = summary(report)
    odd = next(line for line in lines if line.startswith("Odd:"))
    assert "1 day stopped, see above; 1 trouble noted, see above" in odd
    assert "of flows every entry is withheld" in odd
    assert "2026-03-04 stopped: no delivery" in errors and "cells are silent" in errors


def test_days_done_before_are_counted() -> None:
    report = finished()
    report.unchanged = DAYS
    lines, _ = summary(report)
    assert "3 days released before: nothing was done again." in lines


def test_a_run_that_released_nothing_says_when_there_will_be_a_page() -> None:
    lines, errors = summary(Report(stopped={DAYS[0]: "no delivery"}, n_days=7))
    assert "2026-03-02 stopped: no delivery" in errors
    text = "\n".join(lines)
    assert "made with its first released day" in text and "None" not in text
    assert "nothing of demo, 0 of 7 days released" in text
    assert "no truth of this pilot is known" in text


def test_presence_that_errs_by_two_thirds_is_odd() -> None:
    report = finished()
    report.scores["presence"]["mape_day"] = 0.68
    odd = next(line for line in summary(report)[0] if line.startswith("Odd:"))
    assert "serves nobody" in odd


def test_what_the_verifier_says_of_the_store_is_told() -> None:
    report = finished()
    report.verified = "Verified: 7 ledgers and bundles of /store."
    lines, errors = summary(report)
    assert "Verified:  7 ledgers and bundles of /store." in lines and errors == ""
    report.verified, report.fault = "", "metadata.json was changed after it was signed."
    lines, errors = summary(report)
    assert "Cannot be vouched for: metadata.json was changed" in errors
    assert not [line for line in lines if line.startswith("Verified")]


def test_what_stopped_a_day_comes_after_what_cannot_be_vouched_for() -> None:
    report = finished()
    report.fault = "The agency's copy of the ledger differs from the operator's."
    report.stopped = {"2026-03-02": "The copy holds more: restore the operator's from that copy."}
    assert summary(report)[1].splitlines()[-1].endswith("restore the operator's from that copy.")
