"""What people look at: the page of a pilot and the operator's pages, read from the store and built.

Scripts and styles lie in `portal/`; nothing here computes a figure.
"""
