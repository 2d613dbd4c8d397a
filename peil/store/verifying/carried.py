"""Write the verifier as one file, for whoever checks a bundle without Peil."""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache

from peil.store.verifying import answering, logs, signed, views
from peil.store.witnessing import merkle

PARTS = (signed, merkle, logs, views, answering)
OURS = re.compile(r"^from (?:peil\.|__future__)[^(\n]*(?:\([^)]*\))?\n", re.M)


@cache
def one_file() -> bytes:
    """The parts of the verifier after each other, without the imports of each other.

    Its description is that of the part that answers.
    """
    texts = [OURS.sub("", inspect.getsource(part)) for part in PARTS]
    head = f'"""{answering.__doc__}"""\n\nfrom __future__ import annotations\n\n'
    return (head + "\n\n".join(texts)).encode()


if __name__ == "__main__":  # python -m peil.store.verifying.carried > verify.py
    sys.stdout.buffer.write(one_file())
