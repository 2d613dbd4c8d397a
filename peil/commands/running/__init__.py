"""What a run does besides walking its days."""
