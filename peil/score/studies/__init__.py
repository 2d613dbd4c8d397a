"""Studies: estimators and their parameters tried on worlds whose truth is known, and compared.

A study reads no pilot of the operator: its worlds are simulated, in stores of their own.
"""
