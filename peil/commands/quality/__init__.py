"""`peil quality`: rows, checks beside their expected ranges, and trends, in a terminal."""
