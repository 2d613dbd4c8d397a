"""`peil up` of an agency: an Airflow that only receives, and nothing of the operator's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from peil.adapters.airflow import Airflow
from peil.adapters.airflow.home import CONSOLE_USER
from peil.adapters.airflow.standalone import free_port
from peil.settings import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_an_airflow_of_the_agency_receives_and_does_nothing_else(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    own = {"PEIL_PLANE": "agency", "PEIL_DATA": str(data), "PEIL_OUTBOX": str(tmp_path / "outbox")}
    command = [sys.executable, "-m", "peil.cli", "up", "--airflow-port", str(port)]
    with subprocess.Popen(
        command, env={**clean, **own}, cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        try:
            passwords = json.loads((data / "agency/keys/airflow/console.json").read_text())
            client = Airflow(f"http://127.0.0.1:{port}", passwords[CONSOLE_USER])
            pilots = [file.stem for file in (PROJECT / "pilots").glob("*.yml")]
            assert client.dag_ids() == {f"receive__{pilot}" for pilot in pilots}
            assert client.get("/importErrors")["total_entries"] == 0
        finally:
            process.send_signal(signal.SIGTERM)
            lines.append(process.stdout.read())
        assert process.wait(60) == 0
    assert "MLflow   is the operator's" in "".join(lines)
    assert not (data / "operator").exists()
