"""How data move: one module a verb, the only package that touches disk, clocks and services."""

import os

# pydantic asks every installed package whether it looks into models: a tenth of a command's start,
# and nobody is to look into these
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
