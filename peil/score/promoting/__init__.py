"""Promotion: a version of presence takes the place of another on the evidence of a study.

What is released is the champion of the registry; who approves its change is a named person.
"""
