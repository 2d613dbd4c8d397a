"""Where everything lies. Two planes: `operator/` and `agency/`; files cross by `release` only.

A process of one plane (`PEIL_PLANE`) has the folders of that plane and the outbox, no others.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Literal

from peil.outcome import Refused
from peil.settings import Settings, settings

KeyKind = Literal["raw", "staged", "pseudonym"]


class Store:
    """Paths of one store. Makes no folder by itself except where a writer asks for its parent."""

    def __init__(self, machine: Settings | None = None) -> None:
        self.settings = machine or settings()
        self.root = self.settings.data.absolute()
        self._close_to_others()

    @property
    def plane(self) -> str:
        """Whose process this is: ``operator``, ``agency``, or ``both`` on one machine."""
        return self.settings.plane

    @property
    def operator(self) -> Path:
        """The operator's side.

        Raises
        ------
        Refused
            This process is the agency's.
        """
        if self.plane == "agency":
            raise Refused(
                f"{self.root / 'operator'} is the operator's, and this process is the agency's "
                "(PEIL_PLANE=agency): run this at the operator; here there are `peil receive`, "
                "`peil outlook` and `peil verify`."
            )
        return self.root / "operator"

    @property
    def agency(self) -> Path:
        """The agency's side; of an operator on a machine of its own, its record of what it sent."""
        return (self.operator if self.plane == "operator" else self.root) / "agency"

    @property
    def own(self) -> Path:
        """The side on which this process keeps what is its own: databases, incidents."""
        return self.agency if self.plane == "agency" else self.operator

    @property
    def verifiable(self) -> Path:
        """The folder that `peil verify` takes for this store."""
        return self.operator if self.plane == "operator" else self.root

    def planes(self) -> list[Path]:
        """The sides of the store that this process may enter."""
        return [self.operator, self.agency] if self.plane == "both" else [self.own]

    def _close_to_others(self) -> None:
        """Let nobody but the owner read what this process writes, nor what an older one wrote."""
        os.umask(0o077)
        for plane in self.planes():
            # people of the agency may share a group
            allowed = 0o700 if plane.name == "operator" else 0o750
            mode = plane.stat().st_mode & 0o777 if plane.is_dir() else 0
            if mode & ~allowed:
                with suppress(PermissionError):  # another user's: the owner's next verb closes it
                    plane.chmod(mode & allowed)

    # beside the charters
    @property
    def parties(self) -> Path:
        """Public keys of the people who may sign."""
        return self.settings.pilots / "parties"

    @property
    def simulated_parties(self) -> Path:
        """Public keys of simulated parties; they sign for simulated pilots only."""
        return self.root / "pilots" / "parties"

    def signatures(self, pilot: str, is_synthetic: bool) -> Path:
        """Signatures of a charter: beside it, those of a simulated pilot in the store."""
        folder = self.root / "pilots" if is_synthetic else self.settings.pilots
        return folder / f"{pilot}.signatures.json"

    # operator plane
    def raw_file(self, pilot: str, day: date) -> Path:
        return self.operator / "sealed" / pilot / f"{day}.raw.duckdb"

    def raw_manifest(self, pilot: str, day: date) -> Path:
        return self.operator / "sealed" / pilot / f"{day}.raw.json"

    def staged_file(self, pilot: str, day: date) -> Path:
        return self.operator / "sealed" / pilot / f"{day}.staged.duckdb"

    def staged_manifest(self, pilot: str, day: date) -> Path:
        return self.operator / "sealed" / pilot / f"{day}.staged.json"

    def key(self, pilot: str, day: date, kind: KeyKind) -> Path:
        return self.operator / "keys" / pilot / f"{day}.{kind}.key"

    @property
    def signing_key(self) -> Path:
        return self.operator / "keys" / "operator.ed25519"

    @property
    def simulator_key(self) -> Path:
        """Key with which `peil simulate` signs what it wrote."""
        return self.operator / "keys" / "simulator.ed25519"

    def simulated_key(self, role: str) -> Path:
        """Private key of a simulated party."""
        return self.operator / "keys" / "simulated" / f"{role}.ed25519"

    def estimated(self, pilot: str, day: date, product: str = "presence") -> Path:
        return self.operator / "estimated" / pilot / product / str(day)

    def estimated_record(self, pilot: str, day: date, product: str = "presence") -> Path:
        """The file that says what made the estimates of a product and period."""
        return self.estimated(pilot, day, product) / "estimated.json"

    def linked(self, pilot: str, first: date) -> Path:
        """Sums over the devices of a linkage window, named after its first day."""
        return self.operator / "estimated" / pilot / "linked" / str(first)

    def candidate(self, pilot: str, product: str, day: date) -> Path:
        """A release that has not crossed: protected and signed, its gate not yet passed."""
        return self.operator / "estimated" / pilot / "candidate" / product / str(day)

    def certificate(self, pilot: str, product: str, day: date) -> Path:
        """What made a release: it counts rows of deliveries, so it does not cross."""
        return self.operator / "certificates" / pilot / product / f"{day}.json"

    def scores(self, pilot: str) -> Path:
        return self.operator / "estimated" / pilot / "scores"

    def trained(self, pilot: str) -> Path:
        return self.operator / "estimated" / pilot / "trained.json"

    def quality(self, pilot: str, day: date) -> Path:
        return self.operator / "estimated" / pilot / "quality" / str(day)

    def quarantine(self, pilot: str) -> Path:
        return self.own / "quarantine" / pilot

    def ledger(self, pilot: str) -> Path:
        return self.operator / "ledger" / f"{pilot}.jsonl"

    def pilots_with_ledger(self) -> list[str]:
        """The pilots of which there is a ledger, or a copy, on a side that this process enters."""
        files = [file for plane in self.planes() for file in (plane / "ledger").glob("*.jsonl")]
        return sorted({file.stem for file in files if "." not in file.stem})

    def retained(self, pilot: str, day: date, part: str) -> Path:
        """What was deleted of a day, or is being deleted: such a part of a day is closed."""
        return self.operator / "retained" / pilot / f"{day}.{part}.json"

    def stopped(self, pilot: str) -> Path:
        """It is there once a pilot was stopped for good."""
        return self.operator / "retained" / pilot / "stopped.json"

    def reproduced(self, pilot: str) -> Path:
        """What was deleted, or is being deleted, of what a killed `peil reproduce` left."""
        return self.operator / "retained" / pilot / "reproduced.json"

    @property
    def disclosure(self) -> Path:
        """What all pilots of the operator released, a folder a delivery."""
        return self.operator / "disclosure"

    def lock(self, pilot: str, day: str) -> Path:
        return self.operator / "locks" / pilot / f"{day}.lock"

    def work(self, pilot: str, day: date | str, verb: str) -> Path:
        """Scratch folder of one verb (dbt target, spill); emptied when the verb starts."""
        return self.operator / "work" / pilot / str(day) / verb

    def beside(self, pilot: str) -> Path:
        """The store in which `peil reproduce` makes releases again; removed afterwards."""
        return self.work(pilot, "reproduce", "store")

    def operator_page(self, pilot: str) -> Path:
        return self.operator / "page" / pilot / "index.html"

    def quality_page(self, pilot: str) -> Path:
        return self.operator / "page" / pilot / "quality.html"

    @property
    def airflow_home(self) -> Path:
        return self.own / "airflow"

    @property
    def mlflow_uri(self) -> str:
        return self.settings.mlflow_uri or f"sqlite:///{self.operator / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.operator / "mlflow"

    # agency plane
    def released(self, pilot: str, product: str, day: date) -> Path:
        return self.agency / "released" / pilot / product / str(day)

    def agency_ledger(self, pilot: str) -> Path:
        return self.agency / "ledger" / f"{pilot}.jsonl"

    def heads(self, pilot: str) -> Path:
        """Heads of the ledger's tree that the agency signed, one a line."""
        return self._witnessed / f"{pilot}.heads.jsonl"

    @property
    def _witnessed(self) -> Path:
        """Where the agency's heads lie; an operator apart reads those that it gave back."""
        return self.receipts if self.plane == "operator" else self.agency / "ledger"

    @property
    def agency_key(self) -> Path:
        """The agency's own signing key: no verb of the operator's plane reads it.

        Raises
        ------
        Refused
            This process is the operator's.
        """
        if self.plane == "operator":
            raise Refused(
                "The agency's key is not the operator's to use (PEIL_PLANE=operator): what it "
                "signs is signed on the agency's side, by `peil receive`."
            )
        return self.agency / "keys" / "agency.ed25519"

    @property
    def agency_public_key(self) -> Path:
        return self._witnessed / "agency.pub"

    def public_entry(self, pilot: str) -> Path:
        return self.agency / "register" / f"{pilot}.json"

    def vouched(self, pilot: str) -> Path:
        """Signed list of simulated deliveries from outside, vouched for by a named person."""
        return self.agency / "register" / f"{pilot}.synthetic.json"

    def portal(self, pilot: str) -> Path:
        return self.agency / "portal" / pilot

    def history(self, pilot: str) -> Path:
        """The agency's counted hours from before the pilot, if it has any."""
        return self.agency / "history" / pilot / "hist_presence__by_zone_hour.parquet"

    def outlook(self, pilot: str) -> Path:
        """What is normal and what is not, computed from what was released."""
        return self.agency / "outlook" / pilot

    def outlook_model(self, pilot: str) -> Path:
        """The fitted models of a pilot's outlook, a folder each, named after their inputs."""
        return self.agency / "models" / pilot

    # between the two
    @property
    def outbox(self) -> Path:
        """Where what leaves the operator waits until the agency takes it."""
        return self.settings.outbox_folder

    @property
    def receipts(self) -> Path:
        """What the agency gives back through the outbox: its heads of the ledger's tree."""
        return self.outbox / "receipts"

    def outbound(self, pilot: str, product: str, day: date) -> Path:
        """A bundle on its way, at the same place below the outbox as below the agency's side."""
        return self.outbox / "released" / pilot / product / str(day)

    def outbound_ledger(self, pilot: str) -> Path:
        return self.outbox / "ledger" / f"{pilot}.jsonl"

    def outbound_head(self, pilot: str) -> Path:
        """The head of the ledger's tree that the operator signed when it laid the ledger there."""
        return self.outbox / "ledger" / f"{pilot}.head.json"

    @property
    def outbound_parties(self) -> Path:
        """Public keys of simulated parties, who sign for simulated pilots only."""
        return self.outbox / "parties"
