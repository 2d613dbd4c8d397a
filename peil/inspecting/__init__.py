"""Look at an unknown delivery and say how it can be read: reader, mapping, problems, a charter.

Nothing here prints a value of a row: columns are told by name, lines by number, the rest is
counts. A guess says how sure it is and why.
"""
