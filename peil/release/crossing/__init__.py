"""The crossing to the agency: the operator lays a bundle in the outbox, the agency takes it in."""
