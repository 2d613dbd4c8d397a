"""The interface by which a task of a walk asks Airflow, prepared for the version that it speaks.

`dag.test` has each task talk to an app in this process. Airflow prepares all versions that this
interface ever had, which takes longer than to walk a verb that has nothing to do; who asks is of
this process, and speaks the newest.
"""

from __future__ import annotations

import copy
from typing import Any


def speak_newest() -> None:
    """Let the app of this process leave out old versions; call it before the first `dag.test`.

    Kept are the newest, and those in which a route comes back that newer ones lack: without them
    no version could be made. Airflow's own servers are other processes, and have all versions.
    """
    from airflow.api_fastapi.execution_api import versions

    versions.bundle = _newest_of(versions.bundle)


def _newest_of(bundle: Any) -> Any:
    from cadwyn.structure.endpoints import EndpointExistedInstruction

    n_versions = 1
    for number, version in enumerate(bundle.versions, 1):
        for change in version.changes:
            steps = change.alter_endpoint_instructions
            if any(isinstance(step, EndpointExistedInstruction) for step in steps):
                n_versions = number
    # not made anew: a change of versions belongs to one bundle for good
    newest = copy.copy(bundle)
    newest.versions = bundle.versions[:n_versions]
    newest.reversed_versions = newest.versions[::-1]
    newest.version_values = tuple(version.value for version in newest.versions)
    newest.reversed_version_values = newest.version_values[::-1]
    newest._all_versions = (bundle.head_version, *newest.versions)
    return newest
