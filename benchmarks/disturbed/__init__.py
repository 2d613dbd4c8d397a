"""What happens where something is broken on purpose: the code (`mutations`), or the store."""
