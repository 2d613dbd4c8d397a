"""What the agency computes from released figures, as it lies in the store: two tables a pilot."""
