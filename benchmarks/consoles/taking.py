"""Pictures of the consoles for docs/consoles.md: a real browser looks at a started Airflow.

A simulated pilot whose days wait for two people, made anew in a folder that stands in the pictures
where they show a path. What the pictures are of belongs to the page; nothing is measured.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.recording import NothingMeasured
from benchmarks.soak.consoles import Consoles, started
from benchmarks.soak.worlds import PEOPLE, Country, days_of
from peil.adapters import experiments
from peil.adapters.airflow.rest import wait_until
from peil.outcome import Outcome
from peil.settings import PROJECT, Settings

PILOT, N_DAYS, N_DEVICES = "noord", 2, 1000
OUT = PROJECT / "docs" / "consoles"
CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
SIZE, WIDE, COLOURS = (1280, 860), (1760, 1000), 64
# what MLflow opens beside what one came to look at: a panel, a bar, a banner
BESIDE = ("Close", "Toggle sidebar", "Hide banner")
PATIENCE_S, SETTLED_S = 240.0, 6.0


def consoles(folder: Path, tell: Callable[[str], None], out: Path | None = None) -> Outcome:
    """Make a pilot, start both consoles, look at them, stop them.

    Raises
    ------
    NothingMeasured
        The folder is not empty, there is no Chromium, a verb failed or a console did not start.
    """
    if not (CHROMIUM.exists() and CHROMEDRIVER.exists()):
        raise NothingMeasured("Needs the Debian packages chromium and chromium-driver.")
    if folder.exists() and any(folder.iterdir()):
        raise NothingMeasured(f"{folder} is not empty: name another folder.")
    country = Country(folder, (PILOT,), days_of(N_DAYS))
    for sentence in country.make(N_DEVICES, folder / "store"):
        tell(sentence)
    settings = country.settings(folder / "store", country.simulated)
    environment = _environment(settings)
    country.sign(environment)
    tell(f"peil run {PILOT}")
    # 2: the days wait for people, who are asked in the console
    _peil(("run", PILOT), environment, (0, 2))
    tell(f"peil train {PILOT}")
    _peil(("train", PILOT, "--fit-days", "1", "--judge-days", "1"), environment, (0,))
    files = []
    with started(settings, environment, folder / "consoles.log") as running, _browser() as look:
        for name, picture in _looked_at(running, look, str(country.days[0])):
            file = (out or OUT) / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
            tell(str(file))
            files.append(str(file))
    return Outcome("consoles", PILOT, str(country.days[0]), "done", {"n": len(files)}, files)


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "PEIL_DATA": str(settings.data),
        "PEIL_DELIVERIES": str(settings.deliveries_folder),
        "PEIL_PILOTS": str(settings.pilots),
        "PEIL_TRUTH": str(settings.truth_folder),
        "PEIL_KEEP_DELIVERIES": "true",
    }


def _peil(words: tuple[str, ...], environment: dict[str, str], codes: tuple[int, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "peil.cli", *words],
        env={**_clean(), **environment},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in codes:
        raise NothingMeasured(f"`peil {' '.join(words)}` failed: {done.stderr[-500:]}")


def _clean() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}


@dataclass(frozen=True)
class Look:
    """A browser window, and how it takes a picture."""

    driver: webdriver.Chrome

    def at(self, address: str, texts: tuple[str, ...]) -> bytes:
        """The page at an address, once it shows these texts and has come to rest."""
        self.driver.get(address)
        self.until(texts)
        time.sleep(SETTLED_S)
        return self.picture()

    def click(self, labels: tuple[str, ...]) -> None:
        """Press the buttons of these labels, where they are there."""
        for label in labels:
            for button in self.driver.find_elements(By.CSS_SELECTOR, f"[aria-label='{label}']"):
                button.click()

    def until(self, texts: tuple[str, ...]) -> None:
        """Wait for texts."""
        wait = WebDriverWait(self.driver, PATIENCE_S, 1.0)
        script = "return document.body.innerText"
        wait.until(lambda d: all(text in d.execute_script(script) for text in texts))

    def picture(self) -> bytes:
        """The window as PNG of few colours: letters stay legible, and the file small."""
        image = Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        small, buffer = image.quantize(COLOURS, dither=Image.Dither.NONE), io.BytesIO()
        small.save(buffer, format="PNG", optimize=True)
        return buffer.getvalue()


@contextmanager
def _browser() -> Iterator[Look]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--window-size={SIZE[0]},{SIZE[1]}", "--lang=en-GB"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(str(CHROMEDRIVER)))
    driver.set_page_load_timeout(PATIENCE_S)
    try:
        yield Look(driver)
    finally:
        driver.quit()


def _looked_at(running: Consoles, look: Look, day: str) -> Iterator[tuple[str, bytes]]:
    """Each picture by its name."""
    airflow, dag = running.airflow, f"release__{PILOT}"
    wait_until(lambda: dag in airflow.dag_ids(), PATIENCE_S, lambda: f"no {dag}")
    run = airflow.trigger(dag, day)
    approval = "approval_operator"
    wait_until(
        lambda: airflow.tasks_of(dag, run).get(approval) == "awaiting_input",
        PATIENCE_S,
        lambda: str(airflow.tasks_of(dag, run)),
    )
    where = f"{airflow.url}/dags/{dag}/runs/{quote(run)}"
    _log_in(running, look, PEOPLE["operator"])
    look.driver.execute_script("localStorage.setItem('default_dag_view', '\"graph\"')")
    yield "airflow-graph", look.at(where, (approval,))
    yield "airflow-approval", look.at(f"{where}/tasks/{approval}/required_actions", ("Approve",))
    assets: list[dict[str, Any]] = airflow.get("/assets", limit=100)["assets"]
    number = next(a["id"] for a in assets if a["uri"] == f"peil://{PILOT}/estimated")
    yield "airflow-asset", look.at(f"{airflow.url}/assets/{number}", (f"peil://{PILOT}/estimated",))
    shown = next(line.split() for line in running.lines if line.endswith(f" {PILOT}"))[0]
    url, _, place = shown.partition("/#")
    yield from mlflow_looked_at(url, PILOT, f"/#{place}", look)


def mlflow_looked_at(
    url: str, pilot: str, experiment: str, look: Look
) -> Iterator[tuple[str, bytes]]:
    """Pictures of MLflow: a pilot's runs in their columns, and the page of a model's version.

    Parameters
    ----------
    url : str
        Where its server answers.
    experiment : str
        Where it shows the pilot's experiment, behind that address.
    """
    look.driver.set_window_size(*WIDE)
    model = experiments.model_name(pilot, "presence")
    for name, place, texts in (
        ("mlflow-runs", experiment, ("train calibrated", "peil.day")),
        ("mlflow-model", f"/#/models/{model}/versions/1", (model, "champion")),
    ):
        look.driver.get("about:blank")  # another place behind # would not load anew
        look.at(f"{url}{place}", texts)
        look.click(BESIDE)
        time.sleep(SETTLED_S)
        yield name, look.picture()


def _log_in(running: Consoles, look: Look, name: str) -> None:
    """Log in as a person who approves."""
    look.driver.get(f"{running.airflow.url}/auth/login")
    wait = WebDriverWait(look.driver, PATIENCE_S, 1.0)
    wait.until(lambda d: len(d.find_elements(By.TAG_NAME, "input")) >= 2)
    fields = look.driver.find_elements(By.TAG_NAME, "input")
    fields[0].send_keys(name)
    fields[1].send_keys(running.passwords[name])
    look.driver.find_element(By.TAG_NAME, "button").click()
    wait.until(lambda d: "/auth/login" not in d.current_url)
