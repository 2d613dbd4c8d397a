"""Small lies told to the code, one at a time: a refusal that never comes, a step left out.

Which files are lied to, and which tests must notice, is the table `ROOMS`; how the tests are run is
in `mutations`. Drawn from the syntax tree, so that a file may change and its lies with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VERIFIED = (
    "store/test_verifying.py",
    "store/verifying/test_carried.py",
    "store/verifying/test_named_faults.py",
    "store/verifying/test_missing_heads.py",
)
STAGED = (
    "store/test_lock.py",
    "store/test_sealed.py",
    "charter/test_windows.py",
    "charter/test_charter.py",
)
AUDITED = ("models/disclosure/test_audit.py",)
SUPPRESSED = ("models/disclosure/test_suppression.py",)
RETAINED = (
    "retain/test_retain.py",
    "retain/test_windows_die.py",
    "retain/test_killed_shred.py",
    "retain/test_killed_stop.py",
)
# what must not be told a lie without a test that notices: file, and tests below tests/unit
ROOMS = {
    "peil/charter/thresholds.py": ("charter/test_thresholds.py",),
    "peil/charter/period.py": (
        "charter/test_period.py",
        "store/faults/test_disk.py",
        "release/test_held_back.py",
        "retain/test_retain.py",
    ),
    "peil/store/lock.py": ("store/test_lock.py", "commands/test_run_holds.py"),
    "peil/store/keys.py": ("adapters/test_keys.py",),
    "peil/store/ledger.py": ("store/test_ledger.py", "store/test_witness.py"),
    "peil/store/signing.py": (
        "store/test_signing.py",
        "store/test_witness.py",
        "store/test_private_keys.py",
        "store/faults/test_stopping.py",
    ),
    "peil/store/sealed.py": ("store/test_sealed.py",),
    "peil/store/faults/stopping.py": ("store/faults/test_stopping.py",),
    "peil/store/faults/disk.py": ("store/faults/test_disk.py",),
    "peil/store/faults/written.py": ("store/faults/test_written.py",),
    "peil/ingest/opt_out.py": ("ingest/test_ingest.py",),
    "peil/ingest/deliveries.py": ("ingest/test_deliveries.py", "charter/test_charter.py"),
    "peil/ingest/ingest.py": (
        "store/test_lock.py",
        "ingest/test_ingest.py",
        "ingest/test_ingest_again.py",
        "ingest/test_deliveries.py",
        "store/faults/test_disk.py",
    ),
    "peil/stage/ready_day.py": STAGED,
    "peil/stage/stage.py": STAGED,
    "peil/gates/__init__.py": ("gates/test_report.py", "gates/test_alerts.py"),
    "peil/release/presence.py": (
        "release/test_held_back.py",
        "release/test_unobserved_hours.py",
        "release/test_invariants.py",
    ),
    "peil/release/flows.py": ("release/test_flows.py",),
    "peil/release/linked.py": ("release/test_linked.py",),
    "peil/release/release.py": (
        "release/test_stale_candidate.py",
        "release/test_held_back.py",
        "release/test_publish.py",
        "release/test_check_together.py",
    ),
    "peil/commands/run.py": ("commands/test_run_holds.py", "commands/test_run_in_two.py"),
    "peil/charter/signatures.py": ("charter/test_signatures.py",),
    "peil/gates/products.py": ("gates/test_product_gates.py",),
    "peil/release/approvals.py": ("release/test_approvals.py", "release/test_killed_approval.py"),
    "peil/release/disclosure.py": (
        "release/test_disclosure.py",
        "release/test_check_together.py",
    ),
    "peil/release/crossing/receive.py": (
        "release/crossing/test_receive.py",
        "release/crossing/test_planes.py",
        "release/crossing/test_killed_crossing.py",
        "release/crossing/test_received_names.py",
    ),
    "peil/store/parties.py": ("store/test_parties.py",),
    "peil/store/private_keys.py": ("store/test_private_keys.py",),
    "peil/store/verifying/logs.py": VERIFIED,
    "peil/store/verifying/signed.py": VERIFIED,
    "peil/store/verifying/views.py": (*VERIFIED, "release/test_regulator.py"),
    "peil/charter/retention.py": RETAINED,
    "peil/stage/purging.py": ("retain/test_opt_out.py", "retain/test_windows_die.py"),
    "peil/watch/retain/deleting.py": RETAINED,
    "peil/watch/retain/opt_out.py": (
        "retain/test_opt_out.py",
        "retain/test_opt_out_reach.py",
        "retain/test_windows_die.py",
    ),
    "peil/watch/retain/remains.py": RETAINED,
    "peil/watch/retain/retain.py": RETAINED,
    "peil/watch/retain/stop.py": RETAINED,
    "models/peil_models/disclosure/audit.py": AUDITED,
    "models/peil_models/disclosure/ends.py": ("models/disclosure/test_ends.py",),
    "models/peil_models/disclosure/hierarchy.py": SUPPRESSED,
    "models/peil_models/disclosure/joint_audit.py": ("models/disclosure/test_joint_audit.py",),
    "models/peil_models/disclosure/line_audit.py": ("models/disclosure/test_line_audit.py",),
    "models/peil_models/disclosure/lines.py": ("models/disclosure/test_lines.py",),
    "models/peil_models/disclosure/protect.py": SUPPRESSED,
    "models/peil_models/disclosure/suppression.py": SUPPRESSED,
}
STOPS = ("require", "check", "_check", "_refuse")  # beginnings of what is called to stop a verb
DEATHS = ("shred", "_bury", "leave_out", "read_list", "replaced", "_agree")  # called to take away
RECEIPTS = ("forget", "append", "write_json")  # the same, where what was read dies
OTHERWISE = {"all": "any", "max": "min"}
RETAINING = ("peil/watch/retain/", "peil/stage/purging.py", "peil/charter/retention.py")
QUESTIONS = ("is_intact", "is_sound", "_is_whole", "_is_database", "is_due", "is_gone", "is_ours")
MOMENTS = {"at", "moment", "due"}  # names of what is compared at an edge, as a threshold is
NOT_HELD = "__import__('contextlib').nullcontext()"
NEIGHBOUR = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}


@dataclass(frozen=True, order=True)
class Mutant:
    """One lie.

    Attributes
    ----------
    file : str
    line : int
    what : str
        What was there, and what stands in its place.
    content : str
        The whole file with the lie in it.
    """

    file: str
    line: int
    what: str
    content: str


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """Every lie that can be told to a file, in the order of its lines."""
    text = (root / file).read_text(encoding="utf-8")
    lies: dict[tuple[int, str], Mutant] = {}
    tree, is_retaining = ast.parse(text), file.startswith(RETAINING)
    for node, new in (*_lies(tree, text), *(_overlooked(tree, text) if is_retaining else ())):
        old = _short(ast.get_source_segment(text, node) or "")
        mutant = Mutant(
            file, node.lineno, f"`{old}` as `{_short(new)}`", _replaced(text, node, new)
        )
        lies.setdefault((mutant.line, mutant.what), mutant)
    return sorted(lies.values())


def _lies(tree: ast.AST, text: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """What is replaced, and by what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and any(isinstance(step, ast.Raise) for step in node.body):
            yield node.test, "False"  # a refusal that never comes
        elif isinstance(node, ast.Expr) and _name(node.value).startswith(STOPS):
            yield node, "pass"  # a question that is not asked
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in NEIGHBOUR:
            left, right = (
                ast.get_source_segment(text, x) for x in (node.left, node.comparators[0])
            )
            sides = (node.left, node.comparators[0])
            is_moment = MOMENTS & {x.id for x in sides if isinstance(x, ast.Name)} and not any(
                isinstance(x, ast.Constant) for x in sides
            )
            if is_moment or "threshold" in f"{left} {right}":  # one device or moment off
                yield node, f"({left} {NEIGHBOUR[type(node.ops[0])]} {right})"
        elif isinstance(node, ast.Call) and _name(node) == "max":
            whole = ast.get_source_segment(text, node) or ""
            if "threshold" in whole:  # the lower of two thresholds
                yield node, whole.replace("max", "min", 1)
        elif isinstance(node, ast.ExceptHandler) and isinstance(node.body[-1], ast.Raise):
            if node.body[-1].exc is not None:  # what went wrong is not told
                yield node.body[-1], "pass"
        elif isinstance(node, ast.FunctionDef) and node.name.startswith(QUESTIONS):
            for step in ast.walk(node):  # a question that is always answered with yes
                value = step.value if isinstance(step, ast.Return) else None
                if value is not None and not isinstance(value, ast.Constant):
                    yield value, "True"
        elif isinstance(node, ast.With):
            for item in node.items:
                if _name(item.context_expr) in ("held", "held_days"):
                    yield item.context_expr, NOT_HELD


def _overlooked(tree: ast.AST, text: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Of what lets things die: what stays, of which no receipt is left, or that dies too early."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _name(node.value) in (*DEATHS, *RECEIPTS):
            yield node, "pass"
        elif isinstance(node, ast.Call) and _name(node) in OTHERWISE:
            name = _name(node)
            whole = ast.get_source_segment(text, node) or ""
            yield node, whole.replace(name, OTHERWISE[name], 1)
        elif isinstance(node, ast.BinOp) and _name(node.right) == "timedelta":
            yield node, ast.get_source_segment(text, node.left) or ""  # at once
        elif isinstance(node, ast.Call) and _name(node) == "_there":
            places = node.args[0]
            for place in places.elts if isinstance(places, ast.List) else []:
                yield place, "*()"  # this place is not looked into


def _name(node: ast.expr) -> str:
    """The last part of the name of what is called; empty where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else words[:57] + "..."


def _replaced(text: str, node: ast.expr | ast.stmt, new: str) -> str:
    lines = text.encode().splitlines(keepends=True)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head = b"".join(lines[:first]) + lines[first][: node.col_offset]
    tail = lines[last][node.end_col_offset or 0 :] + b"".join(lines[last + 1 :])
    return (head + new.encode() + tail).decode()
