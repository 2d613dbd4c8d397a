"""Tiles, zones, population register and land use of a pilot, from files that a charter names."""
