"""Is what the operator delivered believable? Counts and shares of the sealed raw file."""

from expectations.raw import cells, events, files

SUITES = (files, events, cells)
