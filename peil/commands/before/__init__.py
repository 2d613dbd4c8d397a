"""What a simulated agency knows from before its pilot: the demo's weeks of counted hours."""
