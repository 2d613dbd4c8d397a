"""The commands `peil study`: run what a study tries, show its table, compare two candidates."""
