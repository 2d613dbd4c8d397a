"""Commands on registered models: compare versions, promote one, go back to the one before."""
