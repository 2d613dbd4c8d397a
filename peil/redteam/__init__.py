"""Attacks that run on what was made. What is attacked is read as an outsider would read it."""
