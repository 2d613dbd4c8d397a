"""Versions of a pilot's models in MLflow's registry, one model a quantity, and which is released.

How a model lies there, `registered` knows; the client, and the runs that versions come from,
`experiments`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peil.adapters import registered
from peil.adapters.experiments import experiment_of, log_run, model_name
from peil.adapters.registered import FILE_HASH, RUN_ID
from peil.adapters.tracking import answering, client
from peil.outcome import Refused
from peil.store.store import Store

OLD_FILE = "footprint.skops"  # a version of before models were folders
# what MLflow answers of a model or an alias that it does not know
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
# aliases: whose figures are released, whose were, and who runs beside it to take its place
CHAMPION, EARLIER, CHALLENGER = "champion", "earlier", "challenger"
ROLLBACK = "peil.rollback"  # a tag while aliases change places
FOOTPRINT, PRESENCE, STAYS = "footprint", "presence", "stays"


@dataclass(frozen=True)
class Version:
    """One registered model: its number (0: the defaults, not registered), run and object.

    A note says what is wrong with it, as people are told.
    """

    number: int
    run_id: str
    model: Any
    is_champion: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def label(self) -> str:
        return f"version {self.number}" if self.number else "defaults"

    @property
    def footprint(self) -> Any:
        """The model of a version of the footprint."""
        return self.model


@dataclass(frozen=True)
class Rollback:
    """A going back: the champion that stood, the version before it, and how many came before."""

    standing: int
    earlier: int
    number: int


@dataclass(frozen=True)
class Evidence:
    """What goes with a version besides its model.

    Attributes
    ----------
    card : str
        Markdown for people: data, purpose, accuracy, where it fails, privacy, licence.
    inputs : mapping of str to str
        Hash of each data set that it was fitted or scored on, by its name.
    files : list of Path
        Pictures and tables.
    """

    card: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


def register(
    store: Store,
    pilot: str,
    run_id: str,
    model: Any,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    quantity: str = FOOTPRINT,
    evidence: Evidence | None = None,
) -> int:
    """Register a model as a new version, once per `run_id`. Returns its number."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    evidence = evidence or Evidence()
    for version in all_of(flow, name):
        if version.tags.get(RUN_ID) == run_id:
            return int(version.version)
    own = log_run(
        store,
        pilot,
        run_id,
        f"train {tags['peil.footprint']}" if quantity == FOOTPRINT else tags["peil.title"],
        parameters,
        metrics,
        {**tags, "peil.model": quantity, "peil.pilot": pilot},
        evidence.files,
        evidence.inputs,
        quantity,
    )
    values = {key: value for key, value in vars(model).items() if not key.endswith("_")}
    model_id, place, file_hash = registered.log(
        flow, experiment_of(flow, store, pilot, quantity), own, run_id, quantity, model, values
    )
    try:
        flow.create_registered_model(name)
    except MlflowException:
        flow.get_registered_model(name)
    created = flow.create_model_version(
        name,
        source=place,
        run_id=own,
        tags={
            **tags,
            "peil.model": quantity,
            "peil.pilot": pilot,
            RUN_ID: run_id,
            **({FILE_HASH: file_hash} if file_hash else {}),
        },
        description=evidence.card or None,
        model_id=model_id,
    )
    return int(created.version)


def all_of(flow: MlflowClient, name: str) -> list[Any]:
    """MLflow's own versions of a registered model, ascending."""
    versions = flow.search_model_versions(f"name = '{name}'")
    return sorted(versions, key=lambda version: int(version.version))


def numbers(store: Store, pilot: str, quantity: str) -> list[int]:
    """Numbers of the versions that are registered, ascending."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    return [int(each.version) for each in all_of(flow, name)]


def promote(
    store: Store, pilot: str, number: int, before: int | None = None, quantity: str = FOOTPRINT
) -> None:
    """Make a version champion: its figures are released from then on.

    The version that stood before, or the alias's where none is named, keeps the alias `earlier`; a
    challenger that becomes champion is none any more.
    """
    flow, name = client(store, quantity), model_name(pilot, quantity)
    standing = before or number_of_alias(flow, name, CHAMPION)
    if standing not in (None, number):
        flow.set_registered_model_alias(name, EARLIER, str(standing))
    flow.set_registered_model_alias(name, CHAMPION, str(number))
    if number_of_alias(flow, name, CHALLENGER) == number:
        flow.delete_registered_model_alias(name, CHALLENGER)


def challenge(store: Store, pilot: str, number: int, quantity: str) -> None:
    """Make a version challenger: it runs beside the champion, and nothing of it is released."""
    flow = client(store, quantity)
    flow.set_registered_model_alias(model_name(pilot, quantity), CHALLENGER, str(number))


def possible_rollback(
    store: Store, pilot: str, number: int, quantity: str = FOOTPRINT
) -> Rollback | None:
    """Which going back is possible, as that of this number; none where none was champion before.

    One that was cut off is the one that goes on.
    """
    flow, name = client(store, quantity), model_name(pilot, quantity)
    standing, earlier = (number_of_alias(flow, name, alias) for alias in (CHAMPION, EARLIER))
    if standing is None:
        return None
    if words := flow.get_registered_model(name).tags.get(ROLLBACK):
        return Rollback(*map(int, words.split()))
    return None if earlier is None else Rollback(standing, earlier, number)


def is_rolling_back(store: Store, pilot: str, quantity: str) -> bool:
    """Whether a going back was cut off between its steps."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    stands = number_of_alias(flow, name, CHAMPION) is not None
    return stands and ROLLBACK in flow.get_registered_model(name).tags


def begin_rollback(store: Store, pilot: str, places: Rollback, quantity: str = FOOTPRINT) -> None:
    """Let champion and earlier version change places, until `end_rollback`."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    words = f"{places.standing} {places.earlier} {places.number}"
    flow.set_registered_model_tag(name, ROLLBACK, words)
    flow.set_registered_model_alias(name, CHAMPION, str(places.earlier))
    flow.set_registered_model_alias(name, EARLIER, str(places.standing))


def end_rollback(store: Store, pilot: str, quantity: str = FOOTPRINT) -> None:
    """Forget that aliases were changing places: all is written down."""
    client(store, quantity).delete_registered_model_tag(model_name(pilot, quantity), ROLLBACK)


def number_of_alias(flow: MlflowClient, name: str, alias: str) -> int | None:
    """The number of the version that has an alias; none where none has it."""
    version = _version_of(flow, name, alias)
    return None if version is None else int(version.version)


def _version_of(flow: MlflowClient, name: str, alias: str) -> Any:
    try:
        return flow.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code not in UNKNOWN:
            raise  # a registry that cannot be read is not one that knows of no champion
        return None


def champion(store: Store, pilot: str, quantity: str = FOOTPRINT) -> Version | None:
    """The champion, loaded; none when nothing is registered yet."""
    return of_alias(store, pilot, quantity, CHAMPION)


def champion_number(store: Store, pilot: str, quantity: str) -> int | None:
    """The number of the champion, which is not loaded; none where there is none."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    return number_of_alias(flow, name, CHAMPION)


def of_alias(store: Store, pilot: str, quantity: str, alias: str) -> Version | None:
    """The version of an alias, loaded; none where there is none."""
    flow, name = client(store, quantity), model_name(pilot, quantity)
    version = _version_of(flow, name, alias)
    return None if version is None else _loaded(store, flow, quantity, version, alias == CHAMPION)


def of_alias_tags(store: Store, pilot: str, quantity: str, alias: str) -> dict[str, str]:
    """Tags of the version of an alias, which is not loaded; empty where there is none."""
    version = _version_of(client(store, quantity), model_name(pilot, quantity), alias)
    return {} if version is None else dict(version.tags)


def of_number(store: Store, pilot: str, quantity: str, number: int) -> Version:
    """The version of a number, loaded.

    Raises
    ------
    Refused
        There is none of that number, or it is not loaded.
    """
    flow, name = client(store, quantity), model_name(pilot, quantity)
    every = {int(each.version): each for each in all_of(flow, name)}
    if number not in every:
        labels = ", ".join(f"{quantity}@{each}" for each in every) or "none"
        raise Refused(f"{pilot} has no {quantity}@{number}: there are {labels}.")
    is_champion = number == number_of_alias(flow, name, CHAMPION)
    return _loaded(store, flow, quantity, every[number], is_champion)


def _loaded(
    store: Store, flow: MlflowClient, quantity: str, version: Any, is_champion: bool
) -> Version:
    label = f"Version {version.version} of {version.name}"
    with tempfile.TemporaryDirectory() as folder:
        with answering(store, quantity):
            file = _file_of(flow, version, Path(folder))
        model = registered.load(file, label, version.tags.get(FILE_HASH, ""))
    tags = dict(version.tags)
    return Version(int(version.version), tags[RUN_ID], model, is_champion, tags)


def _file_of(flow: MlflowClient, version: Any, folder: Path) -> Path:
    """Fetch a version's file; one of before there were folders lies with its run."""
    if str(version.source).endswith(OLD_FILE):
        return Path(flow.download_artifacts(str(version.run_id), OLD_FILE, str(folder)))
    from mlflow.artifacts import download_artifacts

    place = f"{version.source}/{registered.FILE}"
    return Path(download_artifacts(place, dst_path=str(folder), tracking_uri=flow.tracking_uri))
