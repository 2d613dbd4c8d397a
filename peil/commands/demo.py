"""Simulate the demo's deliveries and sign the list of them: the only set we vouch for ourselves."""

from __future__ import annotations

from collections.abc import Callable

from peil.charter import reading
from peil.commands.simulate import simulate
from peil.ingest import deliveries as manifest
from peil.outcome import Outcome
from peil.store import lock
from peil.store.store import Store


def simulate_demo(
    devices: int, days: int, seed: int, world_seed: int, progress: Callable[[str, float], None]
) -> Outcome:
    """Write deliveries and truth under the store's folders, and vouch for them."""
    charter, store = reading.load("demo"), Store()
    deliveries, truth = store.settings.deliveries_folder, store.settings.truth_folder
    with lock.held(store, "demo", "simulate", "simulate"):
        made = simulate(
            pilot="demo",
            devices=devices,
            days=days,
            seed=seed,
            world_seed=world_seed,
            deliveries=deliveries,
            truth=truth,
            progress=progress,
        )
        manifest.vouch(store, charter, deliveries / "demo", "Peil's own simulator")
    status = made.pop("status", "done")
    facts = {name: value for name, value in made.items() if isinstance(value, int | float | str)}
    places = [str(deliveries / "demo"), str(truth / "demo")]
    return Outcome("simulate", "demo", f"{days} days", status, facts, places)
