"""The commands `peil charter`: check, sign, and what changed since it was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.signing.party import Answering
from peil.commands.terminal import plainly
from peil.outcome import Refused

Pilot = Annotated[str, typer.Argument(help="A pilot's name, or the path of its charter.")]
HEADS = {
    "grew": "Allows more (operator and data protection officer sign anew):",
    "shrank": "Allows less (no signature needed):",
    "no scope": "Changes nothing of what is allowed:",
}


def commands(answering: Answering, console: Console) -> typer.Typer:
    """Declare the commands for typer, answering as the other commands do."""
    app = typer.Typer(help="Check and sign charters.", no_args_is_help=True)

    @app.command("check")
    def check(pilot: Pilot) -> None:
        """Check a charter and say what it allows, and who signed.

        Example: [bold]peil charter check pilots/demo.yml[/bold]
        """
        from peil.charter import reading, signatures
        from peil.charter.clock import today
        from peil.store.store import Store

        with answering():
            read = reading.load(pilot)
            reading.check_valid(read, today(read))
            plainly(
                console,
                f"{read.pilot}: {', '.join(read.products)} for {read.purpose}, "
                f"{read.period.start} to {read.period.end}, basis {read.legal_basis}, "
                f"tier {read.tier}, threshold {read.threshold}, expires {read.expires}; "
                f"a pseudonym stands for {read.linkage_days} day"
                f"{'s' if read.linkage_days > 1 else ''}.",
            )
            for signature in signatures.check(read, Store()):
                plainly(console, _signed(signature))

    @app.command("sign")
    def sign(
        pilot: Pilot,
        key: Annotated[Path | None, typer.Option(help="Your private key.")] = None,
        role: Annotated[str, typer.Option(help="operator or data_protection_officer.")] = "",
        synthetic: Annotated[
            Path | None, typer.Option(help="Folder of simulated deliveries to vouch for.")
        ] = None,
        by: Annotated[str | None, typer.Option(hidden=True)] = None,
    ) -> None:
        """Sign a charter in your role; or vouch that every file under a folder is simulated.

        Example: [bold]peil charter sign noordkust --role operator --key ~/a.key[/bold]

        Example: [bold]peil charter sign essnet_sample --synthetic FOLDER --key ~/a.key[/bold]
        """
        from peil.charter import reading, signatures
        from peil.charter.clock import wall_today
        from peil.store import parties
        from peil.store.store import Store

        with answering():
            if by is not None or key is None:
                raise Refused(
                    "A typed name signs nothing: sign with your key, --key FILE "
                    "(`peil party enroll` draws it)."
                )
            store, charter = Store(), reading.load(pilot)
            as_role = "operator" if synthetic and not role else role
            signer = parties.signer_of(store, as_role, key.expanduser(), wall_today())
            if synthetic:
                from peil.ingest import deliveries

                if as_role != "operator":
                    raise Refused("The operator vouches for simulated deliveries, nobody else.")
                n_files = deliveries.vouch(store, charter, synthetic, signer)
                plainly(
                    console,
                    f"{n_files} files vouched for by {signer.party.name}; "
                    "the signed list is in the register.",
                )
                return
            is_new = signatures.sign(charter, store, signer)
            file = store.signatures(charter.pilot, charter.is_synthetic)
            state = "signs" if is_new else "has signed"
            plainly(
                console,
                f"{signer.party.name}, {parties.words(as_role)}, {state} the charter of "
                f"{charter.pilot} as it stands: {file}",
            )

    @app.command("diff")
    def diff(pilot: Pilot) -> None:
        """Say what grew and what shrank since the charter was signed.

        Example: [bold]peil charter diff demo[/bold]
        """
        from peil.charter import reading, signatures
        from peil.store.parties import words
        from peil.store.store import Store

        with answering():
            charter = reading.load(pilot)
            since = signatures.since_signed(charter, Store())
            for role in signatures.REQUIRED:
                if role not in since:
                    plainly(console, f"The {words(role)} has not signed {charter.pilot} yet.")
                    continue
                plainly(console, f"Since the {words(role)} signed:")
                for direction, head in HEADS.items():
                    lines = [change for change in since[role] if change.direction == direction]
                    if lines:
                        plainly(console, f"  {head}")
                    for change in lines:
                        plainly(console, f"    {change}")
                if not since[role]:
                    plainly(console, "  nothing changed.")

    return app


def _signed(signature: dict[str, str]) -> str:
    from peil.store.parties import words

    role, name = words(signature["role"]), signature["name"]
    return f"Signed by the {role} {name}, key {signature['key_id']}, {signature['signed_at'][:10]}."
