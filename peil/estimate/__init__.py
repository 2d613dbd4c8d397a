"""Estimate: counted or linked rows become figures with an interval and a run.

The statistics are those of `peil_models`; here they are given a day's counts and the choices of
methods.toml.
"""
