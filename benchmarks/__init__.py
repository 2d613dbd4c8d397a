"""Benchmarks that a person runs: each measures, compares in the same run, and writes its figures.

`accuracy` scores estimators on known truth. `stage` times ingest and staging beside what the same
machine needs at the least; `stays` times segmentation, `location` the recursions of the hidden
Markov model, `estimate` footprints, presence and products that follow devices by size. All fail
when they measured nothing.
"""
