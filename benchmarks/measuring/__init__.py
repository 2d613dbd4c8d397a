"""What a command costs: CPU, memory, wall, and the least of several tries."""
