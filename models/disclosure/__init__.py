"""What may leave: suppression, its one entry point `protect`, and the audit that attacks it."""

from models.disclosure.audit import AuditReport, LinearRow, audit
from models.disclosure.protect import protect
from models.disclosure.suppression import suppress

__all__ = ["AuditReport", "LinearRow", "audit", "protect", "suppress"]
