"""Look for trouble on a schedule: drift of the figures of quality, deliveries that are overdue."""
