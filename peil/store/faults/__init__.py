"""A process and what befalls it: a disk, damage, a signal, its end, and its garbage."""
