"""Forecasts of crowding and surges on a city's counts and on made-up cities, beside the bars."""

from benchmarks.crowding.crowding import crowding
from benchmarks.crowding.page import facts, report

__all__ = ["crowding", "facts", "report"]
