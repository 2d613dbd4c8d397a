"""Where everything of a pilot lies: paths, atomic writes, locks, keys, signatures, the ledger.

Nothing here knows what a charter or a verb is.
"""
