"""The real DAGs, walked in one process over verbs that do nothing but what a test wants.

Airflow takes one database a process, so one driver process walks every scenario, and each
test below holds one promise against what it reports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import people_who_sign
import pytest

from peil.adapters.airflow.standalone import free_port
from peil.settings import PROJECT, Settings
from peil.store.store import Store

DRIVER = """
import email, email.policy, json, os, sqlite3, time
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch
from aiosmtpd.controller import Controller

mails = []

class Postbox:
    async def handle_DATA(self, server, session, envelope):
        mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"

controller = Controller(Postbox(), hostname="127.0.0.1", port=int(os.environ["PEIL_SMTP_PORT"]))
controller.start()

from peil import gates
from peil.charter import reading
from peil.estimate import estimate
from peil.gates import closing
from peil.ingest import ingest
from peil.release import release
from peil.stage import stage
from peil.adapters.airflow.home import claim
from peil.adapters.airflow.walking import walk
from peil.outcome import GateClosed, Outcome, Refused, Stopped, Waiting
from peil.settings import settings
from peil.store.faults import stopping
from peil.store.store import Store
from peil.gates.report import Finding, GateReport

CLOSE = gates.close
DAY = "2026-03-02"
seen, closed = [], []

def report_of(state, pilot, day, is_open):
    belief = Finding("cells_were_delivered", "cells", "None came.", "Ask for the plan.", "stop",
                     is_open, {"n_cells": 0})
    return GateReport(state, pilot, str(day), is_open, [belief])

def verb(name, error=None, **facts):
    def run(pilot, day):
        seen.append([name, pilot, day])
        if error: raise error
        return Outcome(name, pilot, day, "done", {"n_rows": 3, **facts}, [])
    return run

@contextmanager
def world(error=None, is_open=True, **facts):
    seen.clear(); closed.clear()
    def check(*asked_for):
        seen.append(["check", *asked_for])
        return report_of(*asked_for, is_open)
    with patch.object(ingest, "ingest", verb("ingest", error, **facts)), \\
         patch.object(stage, "stage", verb("stage", error, **facts)), \\
         patch.object(estimate, "estimate", verb("estimate", error, **facts)), \\
         patch.object(release, "release", verb("release", error, **facts)), \\
         patch.object(release, "publish", verb("publish")), \\
         patch.object(gates, "check", check), \\
         patch.object(gates, "close", lambda report: closed.append(True)):
        yield

def scenario(verb_name, pilot="demo", day=DAY, **kind):
    with world(**kind):
        try:
            walked = walk(verb_name, pilot, day)
            told = {"states": walked.states, "outcomes": [o.verb for o in walked],
                    "facts": walked.facts, "status": walked.status}
        except Exception as error:
            told = {"error": type(error).__name__, "says": str(error)}
        return {**told, "seen": [list(map(str, one)) for one in seen], "n_closed": len(closed)}

out = {}
for name in ("ingest", "stage", "estimate", "release"):
    out[name] = scenario(name)
out["due"] = [scenario("ingest", pilot="real")["states"] for _ in range(2)]
out["real release"] = scenario("release", pilot="real")
out["released before"] = scenario("release", why="released")
out["waiting"] = scenario("stage", error=Waiting("no raw file yet"))
out["refused"] = scenario("stage", error=Refused("not this one"))
out["fault"] = scenario("stage", error=ZeroDivisionError("ours"))
out["closed"] = scenario("stage", is_open=False)
out["after"] = scenario("stage")
scenario("estimate", day="2026-03-03", error=ZeroDivisionError("of row 204080000000001"))
scenario("estimate", day="2026-03-03")

def real_close(is_open):
    report = report_of("estimated", "demo", "2026-03-04", is_open)
    if is_open:
        closing.open_gate(Store(), reading.load("demo"), report)
    return report

with world(), patch.object(gates, "check", lambda *a: real_close(False)), \
     patch.object(gates, "close", CLOSE):
    for _ in range(2):
        try: walk("estimate", "demo", "2026-03-04")
        except GateClosed: pass
with world(), patch.object(gates, "check", lambda *a: real_close(True)):
    walk("estimate", "demo", "2026-03-04")
out["no pilot"] = scenario("stage", pilot="nobody")
out["other day"] = scenario("stage", day="2026-04-02")

def stops(pilot, day):
    os.kill(os.getpid(), 15)
    time.sleep(9)
try:
    with world(), patch.object(stage, "stage", stops), stopping.heeding():
        walk("stage", "demo", DAY)
except Stopped as stop:
    out["stopped"] = [stop.exit_code, *seen]
out["watched"] = scenario("watch")
# what Airflow's executor does when a run of ingest outlives its deadline
from airflow.sdk.execution_time.callback_supervisor import execute_callback
import structlog
with patch("peil.watch.deadlines.now", lambda charter: datetime(2026, 3, 3, 6, tzinfo=UTC)):
    out["callback"] = execute_callback("peil.watch.deadlines.passed", {"pilot": "real"}, "", None,
                                       structlog.get_logger())

out["mails"] = [[mail["To"], mail["Subject"], mail.get_body(("html",)).get_content()]
                for mail in mails]

def database(statement, *values):
    with sqlite3.connect(settings().data / "operator/airflow/airflow.db") as db:
        return db.execute(statement, values).fetchall()

# what a walk killed by SIGKILL leaves behind: a run that is still running
database("UPDATE dag_run SET state='running', end_date=NULL WHERE dag_id='stage__demo'")
database("UPDATE task_instance SET state='running' WHERE dag_id='stage__demo'")
out["left over"] = scenario("stage")
out["runs"] = database("SELECT run_id, state FROM dag_run WHERE dag_id='stage__demo'")
LASTED = "(julianday(end_date) - julianday(start_date)) * 86400"
out["seconds"] = database(f"SELECT {LASTED} FROM dag_run WHERE state = 'success'")
try:
    claim(settings(), alone=True)
except Waiting as error:
    out["claim"] = str(error)

start = time.process_time()
for number in range(4):
    scenario("ingest", day=f"2026-03-0{2 + number}")
out["cpu_s"] = (time.process_time() - start) / 4
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("walk")
    pilots = folder / "pilots"
    pilots.mkdir()
    demo = (PROJECT / "pilots" / "demo.yml").read_text()
    (pilots / "demo.yml").write_text(demo)
    real = demo.replace("pilot: demo", "pilot: real").replace(
        "legal_basis: synthetic", "legal_basis: statute"
    )
    assert "statute" in real
    # the deadline of the one is Airflow's too; a walk of it makes a run with a deadline
    real = real.replace("    reader: generic\n", '    reader: generic\n    due: "06:30"\n', 1)
    (pilots / "real.yml").write_text(real)
    store = Store(Settings(data=folder / "data", pilots=pilots))  # type: ignore[call-arg]
    zones = store.settings.deliveries_folder / "demo" / "reference" / "zones.geojson"
    zones.parent.mkdir(parents=True)
    zones.touch()  # no verb of this test reads it, but a signature covers it
    people_who_sign.signed(store, "real", folder / "keys")
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL"))},
        "PEIL_DATA": str(folder / "data"),
        "PEIL_PILOTS": str(pilots),
        "PYTHONPATH": str(PROJECT),
        "PEIL_SMTP_HOST": "127.0.0.1",
        "PEIL_SMTP_PORT": str(free_port()),
        "PEIL_SMTP_TO": "on-call@operator.example",
    }
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    scenarios: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    scenarios["printed"] = done.stdout.strip().splitlines()[:-1]
    scenarios["log"] = (folder / "data/operator/airflow/logs/walk.log").read_text()
    return scenarios


@pytest.mark.parametrize(
    "verb, state", [("ingest", "raw"), ("stage", "staged"), ("estimate", "estimated")]
)
def test_a_walk_runs_the_verb_then_its_gate_then_the_state(
    walked: dict[str, Any], verb: str, state: str
) -> None:
    assert walked[verb]["seen"] == [
        [verb, "demo", "2026-03-02"],
        ["check", state, "demo", "2026-03-02"],
    ]
    # products that follow devices have nothing to do: their window is not whole
    linked = {"flows": "success", "visitors": "success"} if verb == "estimate" else {}
    assert walked[verb]["states"] == {
        verb: "success",
        "gate": "success",
        state: "success",
        "quarantine": "skipped",
        **linked,
    }
    assert walked[verb]["facts"] == {"n_rows": 3} and walked[verb]["status"] == "done"


def test_a_simulated_release_asks_nobody_and_crosses_behind_its_gate(
    walked: dict[str, Any],
) -> None:
    release = walked["release"]
    assert [call[0] for call in release["seen"]] == ["release", "check", "publish"]
    assert release["outcomes"] == ["release", "publish"]
    assert release["states"]["approval_operator"] == "skipped"
    assert release["states"]["released"] == "success"


def test_a_walk_of_a_real_release_does_not_wait_for_an_answer_nobody_can_give(
    walked: dict[str, Any],
) -> None:
    # peil.release.release.publish itself waits without two approvals in the ledger
    states = walked["real release"]["states"]
    assert {states[f"approval_{role}"] for role in ("operator", "agency")} == {"skipped"}
    assert walked["real release"]["seen"][-1] == ["publish", "real", "2026-03-02"]


def test_what_crossed_before_is_not_asked_again(walked: dict[str, Any]) -> None:
    assert [call[0] for call in walked["released before"]["seen"]] == [
        "release",
        "publish",
    ]


@pytest.mark.parametrize(
    "name, error, says",
    [
        ("waiting", "Waiting", "no raw file yet"),
        ("refused", "Refused", "not this one"),
        ("fault", "ZeroDivisionError", "ours"),
    ],
)
def test_what_a_verb_raises_comes_out_as_it_was_raised(
    walked: dict[str, Any], name: str, error: str, says: str
) -> None:
    assert (walked[name]["error"], walked[name]["says"]) == (error, says)
    # at once, without a second try, and without a look at the gate
    assert [call[0] for call in walked[name]["seen"]] == ["stage"]


def test_a_closed_gate_quarantines_the_day_and_stops_it(walked: dict[str, Any]) -> None:
    assert walked["closed"]["error"] == "GateClosed"
    assert walked["closed"]["n_closed"] == 1
    # what reaches the terminal is the gate's own sentence, whole
    says = walked["closed"]["says"]
    assert says.startswith("The staged gate of demo 2026-03-02 is closed: cells_were_delivered. ")
    assert "None came (n_cells 0). What to do: Ask for the plan. Read " in says
    assert says.endswith("/operator/page/demo/index.html.")


def test_a_failed_verb_is_mailed_once_with_what_to_do_and_its_end(walked: dict[str, Any]) -> None:
    mails = walked["mails"]
    assert {to for to, _, _ in mails} == {"on-call@operator.example"}
    # waiting is said at the terminal only; refused and a fault one after the other are one
    # incident, and the verb is done at last
    assert [subject for _, subject, _ in mails] == [
        "Peil demo [stop] verb failed: stage 2026-03-02",
        "Peil demo [ended] verb failed: stage 2026-03-02",
        "Peil demo [stop] verb failed: estimate 2026-03-03",
        "Peil demo [ended] verb failed: estimate 2026-03-03",
        "Peil demo [stop] gate closed: estimated 2026-03-04, cells_were_delivered",
        "Peil demo [ended] gate closed: estimated 2026-03-04, cells_were_delivered",
        "Peil real [stop] late delivery: events 2026-03-02",
    ]
    refused, fault, closed = mails[0][2], mails[2][2], mails[4][2]
    assert "stage of demo 2026-03-02 failed: not this one. Nothing" in refused
    assert "Owner:       operator" in refused
    assert (
        "estimate stopped by ZeroDivisionError" in fault and "of row 204080000000001" not in fault
    )
    assert "Owner:       maintainers" in fault
    assert "What to do:  Ask for the plan." in closed


def test_a_walk_of_watch_looks_and_leaves_its_counts(walked: dict[str, Any]) -> None:
    assert walked["watched"]["states"] == {"watch": "success", "pages": "success"}
    assert walked["watched"]["facts"]["n_lasting"] == 0


def test_a_run_with_a_deadline_is_walked_twice_and_what_airflow_calls_when_it_passed_tells(
    walked: dict[str, Any],
) -> None:
    assert walked["due"] == [walked["ingest"]["states"]] * 2
    assert walked["callback"] == [True, None]  # and the mail above


def test_a_stop_does_not_disturb_the_next_walk(walked: dict[str, Any]) -> None:
    assert walked["after"]["states"] == walked["stage"]["states"]


def test_a_walk_is_stopped_at_once_and_mails_nobody(walked: dict[str, Any]) -> None:
    assert walked["stopped"] == [143]  # no gate was asked; mails are counted above


def test_a_walk_of_no_pilot_or_another_period_is_refused(walked: dict[str, Any]) -> None:
    for name in ("no pilot", "other day"):
        assert walked[name]["error"] == "Refused" and not walked[name]["seen"]


def test_a_run_that_a_kill_left_running_is_replaced(walked: dict[str, Any]) -> None:
    assert walked["left over"]["states"] == walked["stage"]["states"]
    assert walked["runs"] == [["manual__2026-03-02", "success"]]


def test_airflow_cannot_be_started_while_dags_are_walked(walked: dict[str, Any]) -> None:
    assert "peil run" in walked["claim"]


def test_airflow_writes_to_its_log_and_not_to_the_terminal(walked: dict[str, Any]) -> None:
    assert walked["printed"] == []
    assert "ZeroDivisionError" in walked["log"]


def test_a_walk_costs_little_and_its_run_lasted_as_long_as_it_took(walked: dict[str, Any]) -> None:
    assert walked["cpu_s"] < 45 / 28, walked["cpu_s"]  # a pilot of a week is 28 walks
    assert len(walked["seconds"]) > 5 and all(0 <= of_run < 120 for (of_run,) in walked["seconds"])
