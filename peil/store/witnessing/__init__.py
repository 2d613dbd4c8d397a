"""The agency witnesses the ledger: a Merkle tree over its lines, and heads that its key signs."""
