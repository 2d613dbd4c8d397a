"""The day of a pilot of hours: its released hours, bundled."""
