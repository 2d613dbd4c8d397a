"""Check what was signed offline, and name the first thing that is wrong.

The parts of one file, `carried`, a copy of which lies in every bundle; it runs by itself.
"""

from peil.store.verifying.answering import answer as answer
from peil.store.verifying.logs import Ledger as Ledger
from peil.store.verifying.logs import checked as checked
from peil.store.verifying.logs import ledger as ledger
from peil.store.verifying.logs import released as released
from peil.store.verifying.signed import KIND as KIND
from peil.store.verifying.signed import NAME as NAME
from peil.store.verifying.signed import NAMES as NAMES
from peil.store.verifying.signed import PREDICATE as PREDICATE
from peil.store.verifying.signed import STATEMENT as STATEMENT
from peil.store.verifying.signed import Broken as Broken
from peil.store.verifying.signed import Manifest as Manifest
from peil.store.verifying.signed import bundle as bundle
from peil.store.verifying.signed import canonical as canonical
from peil.store.verifying.signed import encoded as encoded
from peil.store.verifying.signed import manifest as manifest
from peil.store.verifying.signed import neutral as neutral
from peil.store.verifying.signed import same_entries as same_entries
from peil.store.verifying.signed import same_table as same_table
from peil.store.verifying.signed import whole as whole
