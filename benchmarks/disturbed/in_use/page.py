"""The page of tamperings: what was changed, and who noticed."""

from __future__ import annotations

from typing import Any

from benchmarks.disturbed import forging, overhead
from benchmarks.disturbed.in_use.asking import VERBS


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows = [*record["kinds"], *record["in_use"]["subjects"]]
    n_tried, n_noticed = (sum(row[name] for row in rows) for name in ("n_tried", "n_detected"))
    n_alarms = record["n_false_alarms"] + record["in_use"]["n_false_alarms"]
    lines = [
        "# Tampering",
        "",
        f"`python -m benchmarks tampering`: {n_tried:,} random tamperings, of which "
        f"{n_noticed:,} were noticed; false alarms on what was untouched: {n_alarms:,} "
        f"(seed {record['seed']}, {record['date']}, {record['machine']}).",
        "",
        "## With a store, noticed by `peil verify`",
        "",
        "Released bundles, both copies of the ledger, the "
        "agency's heads and public key and the register's entry of a small store are changed at "
        "random, once each time, and `peil verify` is asked; then they are put back, and it is "
        "asked again. Entries are reordered and replayed alike on both sides. The kinds marked * "
        "are deeds of who holds the operator's key: chain and signatures are right afterwards, on "
        "both sides, and the heads that the agency signed are what does not agree.",
        "",
        "| tampering | tried | detected |",
        "|---|---|---|",
        *(
            f"| {r['kind']}{' *' * (r['kind'] in forging.KINDS)} | {r['n_tried']:,} "
            f"| {r['n_detected']:,} |"
            for r in record["kinds"]
        ),
        "",
        "Verifying took "
        f"{1000 * record['cpu_s_untouched']:.1f} ms of CPU on average on the untouched store, and "
        f"{1000 * record['cpu_s_tampered']:.1f} ms until the first wrong thing of a tampered one.",
        "",
        "What is not drawn: whoever can write every file of both planes can put back all of an "
        "older state, heads and bundles too, or another key in the agency's place. Only somebody "
        "who kept a newer head, or brings the agency's key (`--agency-key`), can name that.",
        "",
        *_in_use(record["in_use"]["subjects"]),
        *overhead.lines(record["a_day"]),
    ]
    return "\n".join(lines) + "\n"


def _in_use(rows: list[dict[str, Any]]) -> list[str]:
    verbs = [verb for verb in VERBS if any(verb in row["by"] for row in rows)]
    heads = " | ".join(verb if verb == "any verb" else f"`{verb}`" for verb in verbs)
    return [
        "## With what a pilot at work uses, noticed by who uses it next",
        "",
        "A pilot on real terms: a charter that two people signed twice, the second time for less; "
        "parties; a candidate that both sides approved; days that are sealed with their keys. One "
        "thing is changed each time. `peil verify` is asked first, then the verbs that would use "
        "it next, up to the first that stops with a sentence; then everything is put back, and "
        "the one that stopped must go on. Of `peil release` as it publishes the gate and what "
        "other pilots released are not asked: figures were made for neither. Approvals are "
        "entries of the ledger, chained and signed again with the operator's key.",
        "",
        f"| what was changed | how | tried | {heads} | noticed |",
        "|" + "---|" * (len(verbs) + 4),
        *(
            f"| {row['subject']} | {row['kind']} | {row['n_tried']:,} | "
            + " | ".join(f"{row['by'][verb]:,}" if verb in row["by"] else "" for verb in verbs)
            + f" | {row['n_detected']:,} |"
            for row in rows
        ),
        "",
        "What is not drawn: white space and other spellings of the same; a charter that allows no "
        "more than was signed, which needs no signature and stands in register and ledger; a "
        "party more, since whoever owns the folder of parties decides who is enrolled. A replaced "
        "signature of a key that nobody enrols any more is not looked at. Another key in the "
        "place of the operator's stops a release; verbs before it go on and sign with it, which "
        "`peil verify` names afterwards.",
        "",
    ]
