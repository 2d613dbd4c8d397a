"""The page of a soak, from its record."""

from __future__ import annotations

from collections import Counter
from typing import Any

from peil.outcome import Fact

LEAST_GAIN = 0.02  # of what a component holds, an hour: less is flat whatever its interval
OWN = "Of each component's own process"
BELOW = (
    "Of each component's own process, of servers with those below it; no scheduler is killed in "
    "the second half"
)


def is_flat(held: dict[str, float]) -> bool:
    """Whether a component gains nothing: the interval reaches 0, or what it gains is very little.

    >>> is_flat({"mean": 100.0, "an_hour": 1.0, "low": 0.5})
    True
    >>> is_flat({"mean": 100.0, "an_hour": 5.0, "low": 2.0})
    False
    """
    return held["low"] <= 0 or held["an_hour"] < LEAST_GAIN * held["mean"]


def is_once(alert: dict[str, Any]) -> bool:
    """Whether each news of an incident was in one mail."""
    return all(alert[f"mailed_{news}"] == alert[f"owed_{news}"] for news in ("began", "ended"))


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    rows, alerts = record["days"], record["alerts"]
    components = record.get("components", [])
    return {
        "n_days": record["n_days"] * len(rows),
        "n_same": sum(row["n_same"] for row in rows),
        "n_kills": n_kills(record),
        "n_incidents": len(alerts),
        "n_once": sum(map(is_once, alerts)),
        "is_flat": str(all(map(_flat, components))) if components else "not read",
        "is_verified": str(record["verified"]),
    }


def n_kills(record: dict[str, Any]) -> int:
    """How many processes were killed."""
    return sum(kill != "none" for kill in record["kills"])


def _flat(row: dict[str, Any]) -> bool:
    return is_flat(row["memory_mib"]) and is_flat(row["n_files"])


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows, alerts, n_days = record["days"], record["alerts"], record["n_days"]
    n_all = n_days * len(rows)
    kinds = Counter(kill.split()[0] for kill in record["kills"] if kill != "none")
    killed = ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items())) or "none"
    planted = ", ".join(f"{p['kind']} {p['pilot']} {p['day']}" for p in record["planted"])
    n_same, n_once = sum(row["n_same"] for row in rows), sum(map(is_once, alerts))
    lines = [
        "# A soak",
        "",
        f"`python -m benchmarks soak` on {record['date']}, {record['machine']}: {n_days} days of "
        f"{len(rows)} pilots of {record['n_devices']} simulated devices each, whose clock goes "
        f"{record['speed']:g} times as fast, through a started `peil up`, in "
        f"{record['minutes']:.0f} minutes. A day is dropped where operators put their files, asked "
        "for by backfill, approved by two accounts over REST, and released by the DAGs; watch and "
        "retain run once a day of the pilots' clock. Every "
        f"{record['kill_every_s']:g} s the scheduler, a running task or a worker is killed "
        f"(SIGKILL): {killed}. Statistics with fewer steps; the undisturbed run is that of the "
        f"verbs in another store. Planted: {planted}.",
        "",
        f"{n_same} of {n_all} days are released with the undisturbed bytes; {n_once} of "
        f"{len(alerts)} incidents have each of their news in one mail, no more; `peil verify` "
        f"{'passes' if record['verified'] else 'does not pass'}; left half made: "
        f"{', '.join(record['left'])}.",
        *(part for note in record.get("notes", []) for part in ("", note)),
        "",
        "| pilot | released | the same bytes | delivery to release, minutes: median | most |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['pilot']} | {r['n_released']} of {n_days} | {r['n_same']} | "
        f"{r['median_minutes']:.1f} | {r['most_minutes']:.1f} |"
        for r in rows
    ]
    lines += [
        "",
        f"Processes that `peil up` started again: {record['n_started_again']}. Answers of people: "
        f"{record['n_answers']}. Runs that failed for good: "
        + ", ".join(f"{verb} {n}" for verb, n in sorted(record["n_failed_runs"].items()))
        + ".",
        "",
        "## Memory and open files",
        "",
        f"{record.get('looked_at', OWN)}, looked at every 30 s; what it gains an hour over the "
        "second half, within its lives, with a 90 % interval. *Flat*: the interval reaches 0, or "
        f"the gain is below {LEAST_GAIN:.0%} of what is held.",
        "",
        "| component | lives | MiB | gain, MiB an hour | open files | gain an hour | flat |",
        "|---|---|---|---|---|---|---|",
    ]
    components = record.get("components", [])
    for row in components:
        memory, files = row["memory_mib"], row["n_files"]
        lines.append(
            f"| {row['component']} | {memory['n_lives']:.0f} | {memory['mean']:.0f} | "
            f"{_gain(memory)} | {files['mean']:.0f} | {_gain(files)} | "
            f"{'yes' if _flat(row) else 'no'} |"
        )
    if not components:
        lines[-2:] = ["Not read in this run."]
    lines += [
        "",
        "## Alerts",
        "",
        f"{record['n_mails']} mails. Began and ended: how often a mail said so, of how often one "
        "should.",
        "",
        "| pilot | kind | where | began | ended |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {a['pilot']} | {a['kind'].replace('_', ' ')} | {a['where']} | "
        f"{a['mailed_began']} of {a['owed_began']} | {a['mailed_ended']} of {a['owed_ended']} |"
        for a in alerts
    ]
    return "\n".join(lines) + "\n"


def _gain(held: dict[str, float]) -> str:
    return f"{held['an_hour']:+.1f} ({held['low']:+.1f} to {held['high']:+.1f})"
