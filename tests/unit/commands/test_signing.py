"""What a person types to enrol, to sign a charter, and to see what changed since."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli

ROLES = ("operator", "data_protection_officer")
REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}


def typed(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, words)
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture
def keys(tiny: Any) -> dict[str, str]:
    """Two people who enrolled by the command; the charter is real and not signed yet."""
    tiny.write_charter(**REAL)
    keys = {role: str(tiny.folder / "keys" / f"{role}.key") for role in ROLES}
    for role, name in zip(ROLES, ("Anna", "Bert"), strict=True):
        words = ("--role", role, "--name", name, "--key", keys[role], "--from", "2026-01-01")
        code, text = typed("party", "enroll", *words)
        assert code == 0 and f"{name}, {role.replace('_', ' ')}, key " in text
        assert "holds from 2026-01-01 to 2028-01-01" in text
    return keys


def test_a_charter_is_signed_by_two_and_then_checked(tiny: Any, keys: dict[str, str]) -> None:
    assert "operator: Anna, 2026-01-01" in typed("party", "list")[1]
    code, text = typed("charter", "check", "tiny")
    assert code == 2 and "lacks the signature of the operator" in text
    for role, key in keys.items():
        code, text = typed("charter", "sign", "tiny", "--role", role, "--key", key)
        assert code == 0 and "signs the charter of tiny as it stands" in text
    assert "has signed" in typed("charter", "sign", "tiny", "--role", role, "--key", key)[1]
    code, text = typed("charter", "check", "tiny")
    assert code == 0 and "Signed by the data protection officer Bert, key " in text


def test_who_is_not_enrolled_in_a_role_signs_nothing(tiny: Any, keys: dict[str, str]) -> None:
    code, text = typed("charter", "sign", "tiny", "--role", ROLES[1], "--key", keys["operator"])
    assert code == 2 and "enrolled as operator, not as data protection officer" in text
    officer = ("--key", keys[ROLES[1]], "--role", ROLES[1])
    code, text = typed("charter", "sign", "tiny", "--synthetic", str(tiny.deliveries), *officer)
    assert code == 2 and "nobody else" in text
    assert typed("charter", "sign", "tiny", "--role", "operator")[0] == 2  # no key
    assert not tiny.store.signatures("tiny", False).exists()


def test_the_difference_is_told_in_plain_words(tiny: Any, keys: dict[str, str]) -> None:
    assert "operator has not signed tiny yet" in typed("charter", "diff", "tiny")[1]
    for role, key in keys.items():
        typed("charter", "sign", "tiny", "--role", role, "--key", key)
    assert "nothing changed" in typed("charter", "diff", "tiny")[1]
    tiny.write_charter(
        **REAL, recipients=["a data broker"], retention__raw_hours=12, attribution="Us"
    )
    code, text = typed("charter", "diff", "tiny")
    assert code == 0
    for words in (
        "Allows more (operator and data protection officer sign anew): "
        "recipients: with a data broker; without Agency",
        "Allows less (no signature needed): hours that raw rows stay: 24 → 12",
        "Changes nothing of what is allowed: attribution: none → Us",
    ):
        assert words in text
