"""Products that follow devices over a linkage window, in one pass that keeps sums only."""
