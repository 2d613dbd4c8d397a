"""Where a pilot is: its plane, tiles, zones, register of residents and land use.

Reads the reference inputs that a charter names. Nothing here knows deliveries or figures of a day.
"""
