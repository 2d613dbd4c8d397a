"""Commands with which people enrol, sign charters and approve releases; each is a line to `cli`."""
