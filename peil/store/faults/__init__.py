"""What befalls a process, in words and in care: a disk, damage, a signal, its end, its garbage."""
