"""Alerts: how trouble reaches a person.

`incidents` records what began and ended and which channel took it; `messages` words it; `outbox`
hands the words to the `channels` until each has taken them. `telling` is the door to all of it.
"""
