"""Disclosure control: suppress small counts, and attack what would be published.

`protect` is the one entry point for a table by zone and hour; `audit` tries to recover what it
withheld. `outward_ends` rounds what an interval would tell of the devices behind it. Thresholds are
arguments and are chosen elsewhere.
"""

from peil_models.disclosure.audit import AuditReport, LinearRow, audit
from peil_models.disclosure.ends import outward_ends
from peil_models.disclosure.grain import PairGrain, pair_grain
from peil_models.disclosure.protect import protect
from peil_models.disclosure.suppression import suppress

__all__ = [
    "AuditReport",
    "LinearRow",
    "PairGrain",
    "audit",
    "outward_ends",
    "pair_grain",
    "protect",
    "suppress",
]
