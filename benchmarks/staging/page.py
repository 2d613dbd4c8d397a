"""The page of the benchmark of ingest and staging."""

from __future__ import annotations

from typing import Any

from benchmarks.measuring.process import spread
from benchmarks.staging import engines, planned, starting

NAMES = {
    "bare": "bare yardstick, in the open",
    "text": "yardstick until 2026-11: text through the sort",
    "counted": "identifier-free: devices by cell and hour",
    "ingest": "ingest + gate, sealed",
    "stage": "stage + gate, sealed",
}
PACKED = {
    "read": "DuckDB's own reading of the files",
    "ingest": "ingest + gate, sealed",
    "stage": "stage + gate, sealed",
    "duckdb": "a script with DuckDB",
    "polars": "a script with Polars",
}
TINY = 300_000  # fewer, and the gates would rightly find regions silent
HEAD = "| events | what | wall s | CPU s | CPU s per million | events/s | peak GiB | spill MiB |"


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Ingest and staging at operator scale",
        "",
        f"`python -m benchmarks stage` on {record['machine']}, {_dates(record)}; DuckDB with "
        f"{record['memory_limit']} and {record['threads']} threads, ours and the yardsticks alike. "
        "One made-up day: Parquet by the hour, devices with tens to thousands of records, 4 000 "
        "cells. *Bare*: read the same Parquet, number subscribers (in the order of a hash), cells, "
        "kinds and files, sort every row by device and microsecond, write with file and line; no "
        "key, cleaning, accounting, tests or encryption. The yardstick *until 2026-11* carried "
        "text and a hash of 16 bytes through its sort, so that ratios to it flatter. *Ours*: the "
        "two verbs from the shell, start-up, dbt's tests and both gates included. Ratios are of "
        "one run each. Where there were several, CPU seconds and ratios are their middle and "
        "their spread; all else is of the first."
        f"{' ' + record['note'] if 'note' in record else ''}",
        "",
        HEAD,
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in record["sizes"]:
        lines += _rows(size, NAMES)
    lines += [
        "",
        "| events | ingest + stage, CPU against bare | against the one until 2026-11 | events/s "
        "| delivered, raw, staged MiB | sealing: write, read |",
        "|---|---|---|---|---|---|",
    ]
    for size in record["sizes"]:
        sealed = size.get("sealing", {})
        sealing = [
            f"{sealed[f'sealed_{what}_cpu_s'] / max(sealed[f'plain_{what}_cpu_s'], 0.01):.2f} ×"
            for what in (("write", "read") if sealed else ())
        ]
        text = f"{size['ratio_to_text']:.2f} ×" if "ratio_to_text" in size else ""
        bare = f"{spread(size.get('ratios_to_bare') or [size['ratio_to_bare']], 2)} ×"
        lines.append(
            f"| {size['n_events']:,} | {bare} "
            f"| {text} | {size['events_per_s']:,} "
            f"| {size['delivered_mib']:,.0f}, {size['raw_mib']:,.0f}, {size['staged_mib']:,.0f} "
            f"| {', '.join(sealing)} |"
        )
    lines += [
        "",
        "Asked: at most 3.5 times the bare pass at 10 million events and 2.5 times at 100 million, "
        "1 000 000 events a second, 2.5 GiB.",
        "",
        "## As csv.gz",
        "",
        "The same days as operators deliver them, a packed file by the hour. DuckDB's own reading "
        "has the types told and stores nothing. Each packed file is read on one core, several at a "
        "time.",
        "",
        HEAD,
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in record["packed"]:
        lines += _rows(size, PACKED)
    lines += [
        "",
        "| events | ingest, CPU against reading | cores that ingest keeps busy | ingest + stage, "
        "CPU against a script with DuckDB | with Polars |",
        "|---|---|---|---|---|",
    ]
    for size in record["packed"]:
        steps = size["steps"]
        ours = steps["ingest"]["cpu_s"] + steps["stage"]["cpu_s"]
        beside = [
            f"{ours / steps[name]['cpu_s']:.1f} ×" if name in steps else ""
            for name in ("duckdb", "polars")
        ]
        ratios = size.get("ingests_to_read") or [size["ingest_to_read"]]
        lines.append(
            f"| {size['n_events']:,} | {spread(ratios, 2)} × "
            f"| {size['cores_of_ingest']:.2f} | {' | '.join(beside)} |"
        )
    lines += [
        "",
        "Asked: at most twice DuckDB's reading with both cores busy, and at most 4 times the "
        "script with Polars on a small day. [The scripts](staging/scripts.py) read, name devices "
        "by a keyed hash, drop what is incomplete, unknown or repeated, sort, write and count, in "
        "the open; what is broken, late, implausible or opted out they do not know.",
        "",
        *_in_parts(record.get("in_parts", [])),
        *engines.page(record.get("by_engine", [])),
        "## A nation's day, projected",
        "",
        "Not run: each event costs what it cost in the largest measured day of that way, start-up "
        "included, and a day spills as the largest measured one did, as csv.gz no less than as "
        "Parquet; the disk of csv.gz is that of Parquet, its files were not weighed. Of regions, "
        "what one machine has to hold.",
        "",
        *planned.table(record),
        "",
        f"A whole day with {TINY:,} events (`peil run`: four verbs through Airflow, dbt, Great "
        f"Expectations, MLflow, and the pages): {record['fixed_cpu_s']} CPU s, "
        f"{record['fixed_wall_s']} s. It does not grow with the events.",
        "",
        *starting.page(record),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _in_parts(sizes: list[dict[str, Any]]) -> list[str]:
    """Return the section on parts of a day."""
    if not sizes:
        return []
    lines = [
        "## In parts",
        "",
        "A landed day staged at once by one worker, then in four parts on two, each a process with "
        "one thread: what two machines of one core would do, but for their network. The last "
        "process joins the parts and counts. The counted tables are the same. Measured on "
        f"{', '.join(sorted({size['date'] for size in sizes}))}.",
        "",
        "| events | at once, s | parts, s | joining and counting, s | faster | CPU "
        "| peak at once, in a part, in joining, GiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        peaks = [
            max(cost["peak_gib"] for cost in size["steps"][name])
            for name in ("whole", "parts", "joined")
        ]
        lines.append(
            f"| {size['n_events']:,} | {size['whole_s']} | {size['parts_s']} | {size['joined_s']} "
            f"| {size['times_faster']:.2f} × | {size['times_the_cpu']:.2f} × "
            f"| {', '.join(f'{peak:.2f}' for peak in peaks)} |"
        )
    return [
        *lines,
        "",
        "Asked: at least 1.8 times faster. Every part begins a process and dbt, reads the landed "
        "day and names all its subscribers, and what joins them writes every row again.",
        "",
    ]


def _dates(record: dict[str, Any]) -> str:
    """Say when each size was measured, Parquet and csv.gz alike."""
    by_date: dict[str, list[str]] = {}
    for size in {size["n_events"]: size for size in [*record["packed"], *record["sizes"]]}.values():
        by_date.setdefault(size["date"], []).append(f"{size['n_events']:,}")
    return "; ".join(f"{date}: {', '.join(sizes)} events" for date, sizes in by_date.items())


def _rows(size: dict[str, Any], names: dict[str, str]) -> list[str]:
    n = size["n_events"]
    rows = []
    for name, words in names.items():
        if not (cost := size["steps"].get(name)):
            continue
        runs = [run[name] for run in size.get("cpu_s_of_runs", []) if name in run]
        rows.append(
            f"| {n:,} | {words} | {cost['wall_s']:.1f} | {spread(runs or [cost['cpu_s']])} "
            f"| {cost['cpu_s'] / n * 1e6:.2f} | {n / cost['wall_s']:,.0f} "
            f"| {cost['peak_gib']:.2f} | {cost['spill_mib']:,.0f} |"
        )
    return rows
