"""What is claimed: statistics only, arrays and frames in, estimates out."""
