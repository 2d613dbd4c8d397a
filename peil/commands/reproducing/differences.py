"""What differs between a certificate and what is here now, a sentence a difference.

Pure: two contents of a certificate in, sentences out, in the order in which one would look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from peil.release.certificate import LOOKED_AT, MODELS

Content = dict[str, Any]
ABSENT = "nothing"


def of_inputs(certified: Content, present: Content) -> list[str]:
    """Say what is no longer as a certificate has it, before anything is made again.

    Parameters
    ----------
    certified, present : dict
        A certificate, and `peil.release.certificate.looked_at` of the same days.

    Examples
    --------
    >>> certified = {name: {} for name in LOOKED_AT} | {"lock": "a"}
    >>> of_inputs(certified | {"parameters": {"presence": {"em_max_iter": 50}}},
    ...           certified | {"parameters": {"presence": {"em_max_iter": 40}}})
    ['Parameter presence.em_max_iter: 50 when it was made, 40 here.']
    """
    by_part: dict[str, Callable[[Any, Any], Iterator[str]]] = {
        "charter": _values("Charter"),
        "deliveries": _deliveries,
        "reference": _files("Reference file"),
        "lock": _lock,
        "environment": _values("Library"),
        "parameters": _values("Parameter"),
        "code": _files("Code file"),
    }
    return [words for part in LOOKED_AT for words in by_part[part](certified[part], present[part])]


def of_results(certified: Content, present: Content) -> list[str]:
    """Say where what was made again leaves what the certificate has, from the first step on.

    Parameters
    ----------
    certified, present : dict
        With `staged`, `footprint`, `presence`, `run_ids` and `table_sha256`.
    """
    sentences = []
    for day, before in certified["staged"].items():
        now = present["staged"].get(day, {})
        counts = [name for name in before if name != "content_sha256"]
        sentences += [
            f"Staged {day}: {name} was {before[name]:,}, and is {now.get(name, 0):,} here."
            for name in counts
            if before[name] != now.get(name)
        ]
        if not sentences and before["content_sha256"] != now.get("content_sha256"):
            sentences.append(f"Staged {day}: as many rows, but other ones.")
    if certified["footprint"]["run_id"] != present["footprint"]["run_id"]:
        sentences.append(
            f"Footprint: {certified['footprint']['label']} when it was made, "
            f"{present['footprint']['label']} here, of another training."
        )
    sentences += _values("Footprint")(
        certified["footprint"]["parameters"], present["footprint"]["parameters"]
    )
    for name in MODELS:
        before, after = (part.get(name, {}) for part in (certified, present))
        # a certificate of before a quantity was a model says nothing of it
        if before and before["sha256"] != after.get("sha256", ""):
            sentences.append(
                f"{name.title()}: {_named(before)} when it was made, {_named(after)} here, another "
                "model."
            )
    if certified["run_ids"] != present["run_ids"]:
        sentences.append(
            f"Estimates of {certified['product']} {certified['period']}: another run id, so "
            "something that goes into them differs."
        )
    if certified["table_sha256"] != present["table_sha256"]:
        sentences.append(
            f"Released table of {certified['product']} {certified['period']}: sha256 "
            f"{certified['table_sha256'][:8]} when it was made, {present['table_sha256'][:8]} here."
        )
    return sentences


def _named(model: Content) -> str:
    if "estimator" in model:
        return f"{model['estimator']} ({model['label']})"
    return str(model.get("label", ABSENT))


def _values(kind: str) -> Callable[[Any, Any], Iterator[str]]:
    """Compare nested values, each by its path."""

    def compare(certified: Any, present: Any, path: str = "") -> Iterator[str]:
        if isinstance(certified, dict) and isinstance(present, dict):
            for name in sorted({*certified, *present}):
                below = f"{path}.{name}" if path else str(name)
                yield from compare(certified.get(name, ABSENT), present.get(name, ABSENT), below)
        elif certified != present:
            yield f"{kind} {path}: {_short(certified)} when it was made, {_short(present)} here."

    return compare


def _short(value: Any) -> str:
    words = str(value)
    return words if len(words) <= 60 else f"{words[:57]}..."


def _files(kind: str) -> Callable[[Any, Any], Iterator[str]]:
    """Compare hashes by the names of their files."""

    def compare(certified: dict[str, str], present: dict[str, str]) -> Iterator[str]:
        for name in sorted({*certified, *present}):
            if name not in present:
                yield f"{kind} {name}: is not there any more."
            elif name not in certified:
                yield f"{kind} {name}: was not there when it was made."
            elif certified[name] != present[name]:
                yield f"{kind} {name}: is another than when it was made."

    return compare


def _lock(certified: str, present: str) -> Iterator[str]:
    if certified != present:
        yield "Library list uv.lock: is another than when it was made."


def _deliveries(certified: dict[str, Content], present: dict[str, Content]) -> Iterator[str]:
    for day in sorted(certified):
        for kind in ("events", "cells"):
            before, now = certified[day][kind], present[day][kind]
            for name in sorted({*before, *now}):
                where = f"Delivery of {kind} {day}, {name}"
                n_rows = before.get(name, {}).get("n_rows")
                rows = f" (it had {n_rows:,} rows)" if n_rows is not None else ""
                if name not in now:
                    yield f"{where}: is not there{rows}; have it delivered again."
                elif name not in before:
                    yield f"{where}: was not there when it was made."
                elif before[name]["sha256"] not in ("", now[name]["sha256"]):
                    yield f"{where}: is another file than then{rows}."
        if certified[day]["opt_out"] != present[day]["opt_out"]:
            yield f"Opt-out list: is another than on {day}; who opted out since stays out."
