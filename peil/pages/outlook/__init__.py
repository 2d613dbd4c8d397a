"""The outlook of a pilot, as its page holds it."""
