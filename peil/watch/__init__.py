"""What is done by the clock: look for trouble, and delete what is past its time (`retain/`).

Trouble is drift of the figures of quality, and deliveries that are overdue.
"""
