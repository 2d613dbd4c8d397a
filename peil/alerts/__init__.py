"""How trouble reaches a person: incidents on the disk, their words, and the channels.

`incidents` keeps what began and ended, and who was told; `messages` puts it into words; `outbox`
hands the words to the channels until each has taken them. `telling` is the door to all of it.
"""
