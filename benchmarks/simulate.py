"""How long it takes to simulate and write 20 000 devices and 7 days (about 10 million events).

Run: ``python -m benchmarks simulate``. Bar: under 60 s and 2 GiB on two cores.

Last read on 2026-11-25 with 2 cores, Python 3.11 and numpy 2.4, on a machine that others were using
(load 7 to 13): the processor seconds hold, the wall seconds are too high. See `FIGURES`.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path

from peil.commands.simulate import simulate
from peil.outcome import Refused

BAR_S, BAR_GIB = 60.0, 2.0
FIGURES = {
    "20 000 devices, 7 days, load 7": {"wall_s": 68.2, "processor_s": 27.3, "peak_gib": 0.55},
    "20 000 devices, 7 days, load 13": {"wall_s": 80.5, "processor_s": 27.1, "peak_gib": 0.56},
    "12 000 devices, 7 days, load 7": {"wall_s": 48.6, "processor_s": 17.9, "peak_gib": 0.47},
}


def measure(devices: int = 20_000, days: int = 7) -> dict[str, float]:
    """Simulate into a folder that is thrown away; wall and processor seconds, GiB, events."""
    with tempfile.TemporaryDirectory() as folder:
        wall, processor = time.perf_counter(), time.process_time()
        answer = simulate(
            devices=devices, days=days, deliveries=Path(folder), truth=Path(folder) / "truth"
        )
        return {
            "devices": devices,
            "days": days,
            "n_events": answer["n_events"],
            "n_persons": answer["n_persons"],
            "wall_s": round(time.perf_counter() - wall, 1),
            "processor_s": round(time.process_time() - processor, 1),
            # the highest of the whole process, imports included
            "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        }


def main(devices: int, days: int) -> None:
    """Measure, print the figures, and refuse those beyond the bar."""
    figures = measure(devices, days)
    print(json.dumps(figures, indent=1))
    if figures["wall_s"] >= BAR_S or figures["peak_gib"] >= BAR_GIB:
        raise Refused(f"Simulating took more than {BAR_S:.0f} s or {BAR_GIB:.0f} GiB.")
