"""The command `peil reproduce`: make a released table again and compare it, byte for byte."""
