"""Simulate the demo's deliveries, sign the list of them, and see that a charter fits their days.

The only deliveries that Peil vouches for by itself. How they are made stands in `simulate`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import yaml

from peil.charter import reading, signatures
from peil.charter.period import Period
from peil.charter.products import MIN_LINKED_DAYS, PRODUCTS
from peil.charter.schema import Charter
from peil.commands.before import hourly
from peil.commands.before.history import write_history
from peil.commands.progress import Step
from peil.commands.simulate import simulate
from peil.ingest import deliveries as manifest
from peil.outcome import Fact, Outcome
from peil.store import ledger, lock, parties
from peil.store.atomic import write_text
from peil.store.store import Store
from peil_models.synthetic import FIRST_DAY
from peil_models.synthetic.makes import DEMO

PILOT = "demo"


def steps_of(devices: int, days: int) -> list[Step]:
    """List the steps of a simulation, weighed by the seconds they take on two cores."""
    thousands = devices / 1000
    dates = [FIRST_DAY + timedelta(days=day) for day in range(days)]
    return [
        Step("people and diaries", "", 2.0 + 0.05 * thousands),
        *(Step(f"events of {date}", "", 0.1 * thousands) for date in dates),
        Step("truth", "", 0.1 + 0.02 * days * thousands),
    ]


def simulate_demo(
    devices: int,
    days: int,
    seed: int,
    world_seed: int,
    progress: Callable[[str, float], None],
    make: str = DEMO.name,
    is_hourly: bool = False,
) -> Outcome:
    """Write deliveries and truth, vouch for them, and have simulated parties sign the charter.

    `is_hourly` writes the days of the pilot of hours once more, by the hour.
    """
    store = Store()
    deliveries, truth = store.settings.deliveries_folder, store.settings.truth_folder
    with lock.held(store, PILOT, "simulate", "simulate"):
        answer = simulate(
            pilot=PILOT,
            devices=devices,
            days=days,
            seed=seed,
            world_seed=world_seed,
            make=make,
            deliveries=deliveries,
            truth=truth,
            progress=progress,
        )
        charter = _charter_of(days, store)
        manifest.vouch(store, charter, deliveries / PILOT, parties.simulator(store))
        for role in signatures.REQUIRED:
            signatures.sign(charter, store, parties.simulated(store, role))
        if is_hourly:
            by_hour = reading.load(hourly.PILOT)
            hourly.write_hours(by_hour, store, deliveries / PILOT)
            for role in signatures.REQUIRED:
                signatures.sign(by_hour, store, parties.simulated(store, role))
            for both in (PILOT, hourly.PILOT):  # so that a store in which one has run verifies
                Period.open(both)
        if store.plane != "operator":  # it is the agency's, and not the operator's to write
            for each in (charter, *([by_hour] if is_hourly else [])):
                write_history(each, store, deliveries / PILOT, truth / PILOT, seed)
    status = answer.pop("status")
    facts: dict[str, Fact] = {
        name: value for name, value in answer.items() if isinstance(value, int | float)
    }
    if status == "done" and _has_releases(charter, store):
        facts["note"] = (
            "days of an earlier simulation stand released: "
            f"`peil run {PILOT} --fresh` does all of it again"
        )
    own = reading.simulated_path(PILOT)
    by_hours = [str(deliveries / hourly.PILOT)] if is_hourly else []
    places = [
        str(deliveries / PILOT),
        str(truth / PILOT),
        *by_hours,
        *([str(own)] if own.is_file() else []),
    ]
    return Outcome("simulate", PILOT, f"{days} days", status, facts, places)


def _charter_of(days: int, store: Store) -> Charter:
    """The demo's charter; of fewer days than it has, one in the store that ends with the last.

    A charter of one day links nothing over midnight, so it names the products that need no
    linkage. Where `PEIL_PILOTS` says where the charters lie, none is written.
    """
    template, own = store.settings.pilots / f"{PILOT}.yml", reading.simulated_path(PILOT)
    whole = reading.load(template)
    if days >= len(whole.days()) or "pilots" in store.settings.model_fields_set:
        own.unlink(missing_ok=True)
        return whole
    content: dict[str, Any] = yaml.safe_load(template.read_text(encoding="utf-8"))
    content["period"]["end"] = whole.days()[days - 1]
    content["linkage_days"] = min(whole.linkage_days, days)
    if days < MIN_LINKED_DAYS:
        content["products"] = [
            name for name in whole.products if not PRODUCTS[name].follows_devices
        ]
        content["linkage_days"] = 1
    remark = (
        f"# {template.name} for the days that `peil simulate --days {days}` wrote. "
        "It goes when the whole period is simulated.\n"
    )
    write_text(own, remark + yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return reading.load(PILOT)


def _has_releases(charter: Charter, store: Store) -> bool:
    return any(
        ledger.is_released(store, PILOT, product, str(day))
        for product in PRODUCTS
        for day in charter.days()
    )
