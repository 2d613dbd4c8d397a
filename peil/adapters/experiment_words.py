"""What MLflow shows of an experiment before anybody looks for it: its words, and its columns.

A view is a tag of the experiment, as MLflow's own *share* writes it, under a key of ours; the words
lead to it. Which metrics there are belongs to the verbs that log them.
"""

from __future__ import annotations

from peil.store.atomic import canonical

NOTE, VIEW, KEY = "mlflow.note.content", "mlflow.sharedViewState.peil", "peil"
# else MLflow asks whoever opens it what kind of experiment this is, beside the runs
KIND, OURS = "mlflow.experimentKind", "custom_model_development"
COLUMNS = {
    "tags": ("peil.day", "peil.estimator", "peil.product", "peil.footprint"),
    "metrics": (
        *("mape_day", "mape_night", "coverage", "misfit_share", "unlocated_share"),
        *("withheld_share", "n_silent_cells", "n_iter"),
    ),
}
WORDS = """Runs of **{name}**: one a day and estimator, one a window and product, one a training.
Open [the columns that matter]({view}), the latest day first.

| column | what |
|---|---|
| peil.day, peil.estimator, peil.product | what was estimated, and by what |
| peil.footprint | version of the registered model it rests on |
| mape_day, mape_night | error on known truth, where there is one: 0.05 is 5 % |
| coverage | share of the true figures within their 90 % interval |
| misfit_share | how far the night's counts are from what the footprint leads one to expect |
| unlocated_share | devices whose cells reach no tile |
| withheld_share | counts of cells that a threshold withheld |

A run's peil.run_id stands in every row that it made."""


def path_of(experiment: str) -> str:
    """Where MLflow shows an experiment with its columns, behind the address of its server.

    >>> path_of("3")
    '/#/experiments/3/runs?viewStateShareKey=peil'
    """
    return f"/#/experiments/{experiment}/runs?viewStateShareKey={KEY}"


def tags_of(name: str, experiment: str) -> dict[str, str]:
    """The tags that an experiment is shown by.

    Parameters
    ----------
    name : str
        Of the pilot, or of the study.
    experiment : str
        MLflow's id.
    """
    columns = [f"{kind}.`{column}`" for kind, row in COLUMNS.items() for column in row]
    state = {
        "selectedColumns": ["attributes.`Created`", *columns],
        "orderByKey": "tags.`peil.day`",
        "orderByAsc": False,
    }
    return {
        NOTE: WORDS.format(name=name, view=path_of(experiment)),
        VIEW: canonical(state).decode(),
        KIND: OURS,
    }
