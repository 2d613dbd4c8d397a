"""Scores on known truth. This room alone reads truth, and nothing below it may import it."""
