"""What a person types: each command's work, and what is printed of it. No verb's own work."""
