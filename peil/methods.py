"""Reader of `methods.toml`: the statisticians' file, checked at the door."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from peil.outcome import Refused
from peil.settings import settings
from peil.store.atomic import canonical

FIELDS = {"value", "unit", "reason", "reference"}
# choices that a study tries instead of the file's, by section and key
_tried: ContextVar[Mapping[str, Mapping[str, Any]]] = ContextVar("tried", default={})  # noqa: B039


@cache
def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(f"No methods at {path}: set PEIL_METHODS or restore methods.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is not TOML ({error}): correct it.") from None
    general = {name: choices for name, choices in content.items() if name != "pilot"}
    _check(path, "", general)
    for pilot, own in content.get("pilot", {}).items():
        _check(path, f"pilot.{pilot}.", own)
        for name in sorted(set(own) - set(general)):
            raise Refused(f"{path}, pilot.{pilot}.{name}: no such section.")
    return content


def _check(path: Path, prefix: str, sections: Any) -> None:
    """Refuse whatever is not a section of choices that say all four things."""
    if not isinstance(sections, dict):
        raise Refused(f"{path}, {prefix.rstrip('.')}: is no section.")
    for name, choices in sections.items():
        if not isinstance(choices, dict):
            raise Refused(f"{path}, {prefix}{name}: is no section.")
        for key, choice in choices.items():
            if not isinstance(choice, dict) or set(choice) != FIELDS:
                raise Refused(
                    f"{path}, {prefix}{name}.{key}: give exactly value, unit, reason, reference."
                )


def text() -> str:
    """The file as it is, to be published with a release."""
    return settings().methods.read_text(encoding="utf-8")


def section(name: str, pilot: str) -> dict[str, Any]:
    """The values of one section, with the pilot's own where it has them."""
    return {**_section(_read(settings().methods), name, pilot), **_tried.get().get(name, {})}


@contextmanager
def tried(choices: Mapping[str, Mapping[str, Any]], pilot: str) -> Iterator[None]:
    """Let other values hold within the block: a study tries them, no verb does.

    Parameters
    ----------
    choices : mapping
        Section → key → value.

    Raises
    ------
    Refused
        `methods.toml` has no such section or key.
    """
    for name, values in choices.items():
        if unknown := sorted(set(values) - set(section(name, pilot))):
            raise Refused(f"methods.toml, {name}.{unknown[0]}: no such choice to try another of.")
    token = _tried.set(choices)
    try:
        yield
    finally:
        _tried.reset(token)


def _section(content: dict[str, Any], name: str, pilot: str) -> dict[str, Any]:
    if name not in content:
        raise Refused(f"methods.toml lacks the section {name}: restore it.")
    own = content.get("pilot", {}).get(pilot, {}).get(name, {})
    unknown = sorted(set(own) - set(content[name]))
    if unknown:
        raise Refused(f"methods.toml, pilot.{pilot}.{name}.{unknown[0]}: no such choice.")
    return {key: choice["value"] for key, choice in {**content[name], **own}.items()}


def every(pilot: str) -> dict[str, dict[str, Any]]:
    """The values of every section, with the pilot's own where it has them."""
    content = _read(settings().methods)
    names = sorted(name for name in content if name != "pilot")
    return {name: _section(content, name, pilot) for name in names}


def fingerprint(pilot: str) -> str:
    """Hash of every choice that holds for this pilot."""
    return hashlib.sha256(canonical(every(pilot))).hexdigest()
