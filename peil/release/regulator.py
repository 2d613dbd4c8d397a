"""The regulator's view of a pilot as a signed folder: what was allowed, done, released, deleted.

Everything is copied or made of what is kept; no row of a device and no figure is in it. The same
state of the store gives the same bytes. What the lists say is worked out, and checked again by
`peil verify`, in `peil.store.verifying.views`: proofs under the agency's heads need no trust in the
operator.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from peil import methods
from peil.charter import public_register, reading, signatures
from peil.charter.schema import Charter
from peil.outcome import Outcome, Refused
from peil.release import bundle, processing
from peil.store import ledger, parties, verifying
from peil.store.atomic import fresh_folder, replace_folder, write_json, write_text
from peil.store.store import Store
from peil.store.verifying import views
from peil.store.witnessing import lines, witness


def export(pilot: str, folder: Path) -> Outcome:
    """Write the regulator's view of a pilot into a folder, and sign the list of what is in it.

    An expired charter is no obstacle: who looks comes afterwards.

    Raises
    ------
    Refused
        No such charter, or the folder holds something else.
    """
    charter, store = reading.load(pilot), Store()
    folder = folder.absolute()
    if folder.exists() and not (folder / verifying.NAME).is_file():
        if not folder.is_dir() or any(folder.iterdir()):
            raise Refused(
                f"{folder} is there already, and no earlier export: name a folder that is not."
            )
        folder.rmdir()
    entries = ledger.entries(store.ledger(charter.pilot))
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    _copied(charter, store, aside)
    releases = _releases(charter, store, entries)
    deletions = views.deletions_of(entries)
    write_json(aside / "charter_history.json", views.history_of(entries))
    write_json(aside / "releases.json", releases)
    write_json(aside / views.PROOFS, _proofs(charter, store))
    write_json(aside / "deletions.json", {"entries": deletions, "kept": _kept(charter, store)})
    write_json(aside / "access.json", _access(charter, store, entries))
    write_json(aside / "ledger_check.json", {"faults": ledger.check(store, charter.pilot)})
    choices = methods.section("disclosure", charter.pilot)
    roles = {
        body["role"]: f"{body['name']}, signed {str(body['signed_at'])[:10]}"
        for body in (signature["body"] for signature in signatures.listed(charter, store))
    }
    for name, write in (
        ("record_of_processing.md", processing.record_of_processing),
        ("impact_assessment.md", processing.impact_assessment),
    ):
        write_text(aside / name, write(charter, choices, roles))
    bundle.seal(store, aside, {"pilot": charter.pilot, "view": "regulator"})
    replace_folder(aside, folder)
    facts = {"n_entries": len(entries), "n_releases": len(releases), "n_deletions": len(deletions)}
    return Outcome("export", charter.pilot, "regulator", "done", dict(facts), [str(folder)])


def _copied(charter: Charter, store: Store, folder: Path) -> None:
    """Files as they are: charter, methods, both copies of the ledger, what the register says."""
    pilot = charter.pilot
    for file, name in (
        (reading.path_of(pilot), "charter.yml"),
        (store.ledger(pilot), views.LOG),
        (store.agency_ledger(pilot), views.COPY),
        (store.heads(pilot), views.HEADS),
        (store.agency_public_key, views.KEY),
        (store.public_entry(pilot), views.REGISTER),
        (store.vouched(pilot), "register_synthetic.json"),
    ):
        if file.exists():
            shutil.copyfile(file, folder / name)
    parties = sorted((store.settings.pilots / "parties").glob("[!.]*"))
    for file in (*parties, store.settings.pilots / f"{pilot}.signatures.json"):
        if file.is_file():  # who answers for what: names, roles and public keys
            name = f"party_{file.name}" if file in parties else "charter_signatures.json"
            shutil.copyfile(file, folder / name)
    write_text(folder / "methods.toml", methods.text())


def _proofs(charter: Charter, store: Store) -> dict[str, Any]:
    """Proofs under the agency's newest head; none where it is not of this very ledger."""
    entries = lines.read(store.ledger(charter.pilot)).split(b"\n")[:-1]
    if witness.faults(store, charter.pilot) or not (heads := witness.heads(store, charter.pilot)):
        return {"head": {}, "entries": []}
    return views.proofs_of(entries, heads)


def _releases(
    charter: Charter, store: Store, entries: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every release that the ledger knows, and whether its bundle is still what was signed."""
    key = public_register.entry_of(charter, store)["operator_public_key"]
    return [
        {**row, "faults": _faults(store.agency / "released" / charter.pilot, row, key)}
        for row in views.releases_of(entries)
    ]


def _faults(released: Path, row: dict[str, Any], key: str) -> list[str]:
    """The first thing that is wrong with a released bundle; none where it is whole."""
    folder = released / row["product"] / row["period"]
    try:
        verifying.bundle(folder, key)
    except verifying.Broken as fault:
        return [str(fault)] if folder.is_dir() else ["The bundle is not there."]
    return []


def _kept(charter: Charter, store: Store) -> dict[str, list[str]]:
    """Days of which records are still sealed at the operator, and days whose keys are."""
    sealed = store.raw_file(charter.pilot, charter.period.start).parent
    keys = store.key(charter.pilot, charter.period.start, "raw").parent
    return {
        **{
            state: sorted(f.name.split(".")[0] for f in sealed.glob(f"*.{state}.duckdb"))
            for state in ("raw", "staged")
        },
        "keys": sorted(file.stem for file in keys.glob("*.key")),
    }


def _access(charter: Charter, store: Store, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Who may sign, receive and approve, who read rows and for what, who did something by name."""
    people = [party.body() for party in parties.of_pilot(store, charter.is_synthetic)]
    return {
        "recipients": charter.recipients,
        "operator": charter.operator.model_dump(mode="json", exclude_none=True),
        "agency": charter.agency.model_dump(mode="json", exclude_none=True),
        "signatures": [
            {name: signature["body"].get(name) for name in ("role", "name", "key_id", "signed_at")}
            for signature in signatures.listed(charter, store)
        ],
        "may_sign": [{k: v for k, v in body.items() if k != "type"} for body in people],
        "acts": views.acts_of(entries),
        "reads": views.reads_of(entries),
    }
