"""Quality: what every day's delivery is counted by, what was expected of it, what is wrong.

`measure` runs after `stage` and before its gate. It writes the quality store (`store`), which the
gate, the pages and the alerts read: counts (`checks`, `incoming`), ranges learnt from the same
weekday (`expected`, `warnings`), causes (`drift`).
"""
