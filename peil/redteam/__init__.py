"""Attacks that run on what was made: each tries what an outsider or an insider could try.

An attack knows files and bytes, no charter and no verb; `peil.commands.redteam` runs them.
"""
