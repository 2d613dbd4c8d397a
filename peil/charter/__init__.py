"""What was signed: the charter's file, its days and windows, products, clock and public entry.

`period` opens a day of a pilot for a verb. What a verb does to it belongs to the verb's room.
"""
