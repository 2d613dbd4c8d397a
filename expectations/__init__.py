"""What we believe of a batch: `<state>/<table>.py -> suite(limits)`, and nothing that runs it.

dbt asks whether a table is well-formed (keys, relations, accepted codes); a belief asks whether
a *batch* can be true (volume, coverage, silence, shares). A question asked by one is never
asked by the other. Beliefs stand at the gates of the four states, and stop or note.
"""
