"""Ingest: delivered files become the sealed raw file of a day.

`readers/` holds one module a delivery format. Cleaning and counting belong to `peil.stage`.
"""
