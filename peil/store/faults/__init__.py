"""What ends a verb from outside, in words: a disk, damage, a signal."""
