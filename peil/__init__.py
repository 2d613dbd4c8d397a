"""How data move: one module a verb, the only package that touches disk, clocks and services."""
