"""Retain: what was read dies in time, keys first, and a receipt of it stays in the ledger.

Also what dies at a person's word: a day (`peil shred`), a pilot (`peil stop`), rows of somebody who
opted out late. When a part of a day is due, `peil.charter.retention` says.
"""
