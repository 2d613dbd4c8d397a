"""Deliveries that benchmarks make, and what reading one costs at the very least."""
