"""What benchmarks measure with: deliveries to order, bare readings, and what a command costs."""
