"""Stage: the sealed raw file of a day becomes the sealed staged file, in SQL.

Beside the verb stand the readings of a staged file that other rooms need: counted table, rows of
devices, accounting.
"""
