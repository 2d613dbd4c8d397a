"""Quality of deliveries: count a staged day, judge it by its history, name causes.

`measure` runs at the end of `stage`, before its gate. It writes the quality store (`store`), which
the gate, the pages and the alerts read: counts (`checks`, `passes`) and verdicts (`expected` by
ranges, `warnings` by multimno's rules, both on `figures`). Causes are named by `drift`. Arithmetic
without tables is in `ranges`, `clocks` and `loss`.
"""

from __future__ import annotations

from datetime import date

from peil.charter import reading
from peil.outcome import Outcome
from peil.store.store import Store


def measure(pilot: str, day: str | date) -> Outcome:
    """Count and judge a staged day again, as `stage` does; once for the same inputs.

    Raises
    ------
    Refused
        No valid charter, a day outside its period, a sealed file that is gone, a wrong choice.
    """
    from peil.quality import measuring

    charter = reading.load(pilot)
    return measuring.measure(charter, reading.day_of(charter, day), Store())
