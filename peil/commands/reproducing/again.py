"""Make releases again, up to their candidates, in a store of their own; nothing of it crosses.

A process of its own works there, with the environment of that store: `python -m` this module,
which is given the steps and says on its standard output how far it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from peil.charter import reading
from peil.charter.clock import now
from peil.charter.hour import unit_of
from peil.charter.period import Period
from peil.charter.products import PRESENCE
from peil.charter.schema import Charter
from peil.commands.progress import Tell
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.outcome import GateClosed, Refused
from peil.release import bundle
from peil.release.certificate import MODELS, Content, staged
from peil.settings import PROJECT, Settings
from peil.store import ledger, lock, verifying
from peil.store.atomic import canonical, fresh_folder, read_json
from peil.store.store import Store

MARK = "peil step "
# settings that hold beside the store as well; where people are told of trouble is none of them
KEPT = tuple(
    f"PEIL_{name}"
    for name in (
        "METHODS",
        "MEMORY",
        "THREADS",
        "PILOTS",
        "SETTLE_S",
        "ROOM_RATIO",
        "UNPACKED_RATIO",
    )
)


@dataclass(frozen=True)
class Task:
    """One step: a verb, its day and product; of training, how many days are fitted and judged.

    Of a promotion, the quantity as its product, the estimator of presence, and the choices.
    """

    verb: str
    day: str
    product: str = PRESENCE
    n_fit: int = 0
    n_judge: int = 0
    estimator: str = ""
    choices: str = ""


def tasks_of(certificates: list[Content]) -> list[Task]:
    """List the steps from the deliveries to the candidates, each step once.

    >>> certificate = {"staged": {"2026-03-06": {}, "2026-03-07": {}}, "trained": {},
    ...         "product": "presence", "period": "2026-03-07", "night": "2026-03-06"}
    >>> [f"{task.verb} {task.day[-2:]}" for task in tasks_of([certificate])][2:]
    ['stage 06', 'stage 07', 'estimate 06', 'estimate 07', 'release 07']
    """
    days = sorted({day for each in certificates for day in each["staged"]})
    tasks = [Task(verb, day) for verb in ("ingest", "stage") for day in days]
    if trained := certificates[0]["trained"]:
        n_fit, n_judge = (len(trained[part]) for part in ("fit", "judge"))
        tasks.append(Task("train", days[-1], n_fit=n_fit, n_judge=n_judge))
    for name in MODELS:
        promoted = next((each[name] for each in certificates if name in each), None)
        estimator = promoted.get("estimator", "") if promoted else ""
        if promoted and (promoted["choices"] or estimator not in ("", RELEASED_ESTIMATOR)):
            choices = canonical(promoted["choices"]).decode()
            tasks.append(Task("promote", days[-1], name, estimator=estimator, choices=choices))
    if any("T" in each["period"] for each in certificates):
        return tasks + _tasks_of_hours(certificates)
    estimates = set()
    for each in certificates:
        product, day = each["product"], each["period"]
        # the night of an earlier day calibrates a day off, as it was estimated
        nights = set(each.get("night_hours", [each["night"]])) if product == PRESENCE else set()
        estimates |= {(product != PRESENCE, used, product) for used in {day, *nights}}
    tasks += [Task("estimate", day, product) for _, day, product in sorted(estimates)]
    return tasks + [Task("release", each["period"], each["product"]) for each in certificates]


def _tasks_of_hours(certificates: list[Content]) -> list[Task]:
    """List estimates and releases of hours, each behind those of its night that it was weighed by.

    What is published of these then stands in, so that an hour finds the night that it found.

    >>> dark = {"period": "2026-03-02T02", "night": "2026-03-02T02", "product": "presence"}
    >>> noon = {**dark, "period": "2026-03-02T12", "night_hours": ["2026-03-02T02"]}
    >>> [f"{task.verb} {task.day[-2:]}" for task in _tasks_of_hours([noon, dark])]
    ['estimate 02', 'release 02', 'stand 02', 'estimate 12', 'release 12']
    """
    tasks: list[Task] = []
    in_turn = sorted(certificates, key=lambda each: (_nights(each)[-1:], each["period"]))
    for each in in_turn:
        for hour in _nights(each):
            tasks += [Task("estimate", hour), Task("stand", hour)]
        tasks += [Task("estimate", each["period"]), Task("release", each["period"])]
    return list(dict.fromkeys(tasks))


def _nights(certificate: Content) -> list[str]:
    return sorted(certificate.get("night_hours", []))


def made_again(
    charter: Charter, own: Store, certificates: list[Content], folder: Path, tell: Tell
) -> list[Content]:
    """Make the candidates of releases again from the deliveries; what became of each.

    Parameters
    ----------
    own : Store
        Whose deliveries are read.
    certificates : list of dict
        Of releases that rest on one training of the footprint, or on none, and one presence.
    folder : Path
        Of the store to make it in: emptied before, and removed afterwards.

    Returns
    -------
    list of dict
        `staged`, `footprint`, `run_ids` and `table_sha256`, as certificates have them.

    Raises
    ------
    Refused
        A step was refused, or its gate closed.
    """
    try:
        store = _store_beside(charter.pilot, own, fresh_folder(folder))
        for hour in sorted({hour for each in certificates for hour in _nights(each)}):
            _take_along(charter.pilot, own, store, unit_of(hour))
        _work(store.settings, charter.pilot, tasks_of(certificates), tell)
        return [_results(charter, store, each) for each in certificates]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store_beside(pilot: str, own: Store, folder: Path) -> Store:
    """An empty store that reads the same deliveries, with what says that simulated ones are so."""
    settings = own.settings.model_copy(
        update={"data": folder, "plane": "both", "outbox": None, "mlflow_uri": None}
        | {"deliveries": own.settings.deliveries_folder, "keep_deliveries": True}
    )
    beside = Store(settings)
    for file in (own.vouched(pilot), own.simulator_key):
        if file.is_file():
            copy = folder / file.relative_to(own.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
    if (own.root / "pilots").is_dir():
        shutil.copytree(own.root / "pilots", folder / "pilots")
    return beside


def _take_along(pilot: str, own: Store, beside: Store, hour: date) -> None:
    """Copy what is published of an hour by which later ones were weighed: an input of theirs."""
    bundle.require_whole(own, pilot, PRESENCE, hour)
    shutil.copytree(own.released(pilot, PRESENCE, hour), beside.released(pilot, PRESENCE, hour))


def _work(settings: Settings, pilot: str, tasks: list[Task], tell: Tell) -> None:
    """Let a process take the steps; its sentence is a refusal where it stops."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    environment |= {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {
        "PEIL_DATA": str(settings.data.absolute()),
        "PEIL_DELIVERIES": str(settings.deliveries_folder.absolute()),
        "PEIL_KEEP_DELIVERIES": "true",
        "PYTHONPATH": str(PROJECT),
    }
    plan = json.dumps([asdict(task) for task in tasks])
    command = [sys.executable, "-m", __name__, pilot, plan]
    stopped = ""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                if line.startswith(MARK):
                    verb, day, word = json.loads(line.removeprefix(MARK))
                    if word == "stopped":
                        stopped = verb
                    else:
                        tell(verb, day, word)
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.kill()
    if stopped:
        raise Refused(f"It cannot be made again: {stopped}")
    if process.returncode:
        raise Refused(
            f"It cannot be made again: what did so ended with code {process.returncode}; take "
            f"`peil ingest {pilot} {tasks[0].day}` and what follows in an empty store (PEIL_DATA)."
        )


def _results(charter: Charter, store: Store, certificate: Content) -> Content:
    product, day = certificate["product"], unit_of(certificate["period"])
    period = Period(charter, day, store)
    record = read_json(store.estimated_record(charter.pilot, day, product))
    candidate = store.candidate(charter.pilot, product, day)
    return {
        "staged": {each: staged(period, unit_of(each)) for each in certificate["staged"]},
        "footprint": record["made_of"]["footprint"],
        **{name: record["made_of"][name] for name in MODELS if name in record["made_of"]},
        "run_ids": record["run_ids"],
        "table_sha256": read_json(candidate / "metadata.json")["table_sha256"],
    }


def _take(pilot: str, task: Task) -> None:
    """Take one step, in the process that is started for it."""
    from peil import train
    from peil.commands import verbs
    from peil.estimate import champion
    from peil.estimate.linked import versions
    from peil.release import release

    if task.verb == "promote":
        choices = json.loads(task.choices)
        if task.product == PRESENCE:
            champion.stand_in(reading.load(pilot), Store(), task.estimator, choices)
        else:
            versions.stand_in(reading.load(pilot), Store(), task.product, choices)
    elif task.verb == "stand":
        _stand(reading.load(pilot), Store(), unit_of(task.day))
    elif task.verb == "train":
        train.train(pilot, task.n_fit, task.n_judge)
    elif task.verb == "release":
        release.release(pilot, task.day, task.product)
    else:
        for _ in verbs.take_product(task.verb, pilot, task.product, task.day):
            pass


def _stand(charter: Charter, store: Store, hour: date) -> None:
    """Let what was taken along stand as released here: verified there, signed by this store's key.

    A night reads no bundle that is not as its store signed it.
    """
    folder = store.released(charter.pilot, PRESENCE, hour)
    names = {k: v for k, v in verifying.manifest(folder).predicate.items() if k != "role"}
    bundle.seal(store, folder, names)
    facts = {"product": PRESENCE, "period": str(hour)}
    facts["bundle_sha256"] = verifying.manifest(folder).sha256
    ledger.append(store, charter.pilot, "release", now(charter), facts)


def _say(*words: Any) -> None:
    print(MARK + json.dumps(words), flush=True)


def main(pilot: str, plan: str) -> int:
    """Take the steps of a plan in this process's store; its exit code is that of a verb.

    The store is held meanwhile: this process may outlive the one that started it by a step, and
    what deletes what that one left must wait until then.
    """
    with lock.held(Store(), pilot, lock.REPRODUCE, "reproduce"):
        return _steps(pilot, plan)


def _steps(pilot: str, plan: str) -> int:
    for task in (Task(**step) for step in json.loads(plan)):
        name = f"{task.verb} {task.product}".removesuffix(f" {PRESENCE}")
        _say(name, task.day, "starts")
        try:
            _take(pilot, task)
        except (Refused, GateClosed) as stop:
            _say(str(stop), task.day, "stopped")
            return stop.exit_code
        _say(name, task.day, "done")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
