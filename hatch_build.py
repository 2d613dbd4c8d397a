"""Peil runs from its checkout or its image: refuse a wheel that would lack most of it."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckoutOnly(BuildHookInterface):  # type: ignore[type-arg]
    """Let `uv sync` and `pip install -e .` pass, and nothing else."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse any build but an editable one, in one sentence."""
        if version != "editable":
            raise SystemExit(
                "Peil has no wheel: it runs from its checkout or its image, which hold dags/ and "
                "methods.toml too. For the statistics alone build models/ (peil-models)."
            )
