"""Files that a verb uses and `peil verify` does not read: tampered with, and the verb is asked.

Charter, signatures, parties, candidates, keys, and approvals by who holds the operator's key.
"""
