"""What a person types at a terminal, and the tables that commands print.

Each command calls one function of a room below; no figure is made here.
"""
