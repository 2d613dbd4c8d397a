"""Statistics of mobile network records: arrays and frames in, estimates out.

Every subpackage answers one question of an estimate. Nothing here opens a file, a database or a
connection, reads a clock, or draws a random number that was not asked for with a seed.
"""
