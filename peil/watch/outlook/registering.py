"""The agency's registry: each week's outlook is a version, fitted on what was released and no more.

MLflow is imported where one is fitted, once a week: no other outlook takes its second.
"""

from __future__ import annotations

from typing import Any

from peil.charter.schema import Charter
from peil.store import provenance
from peil.store.store import Store
from peil_models.crowding import CrowdingOutlook


def registered(
    charter: Charter, store: Store, name: str, model: CrowdingOutlook, facts: dict[str, Any]
) -> str:
    """Register the outlook of a week, once; its label, as ``outlook@3``.

    The latest week's is champion: it is what says what is normal now.

    Parameters
    ----------
    name : str
        Of the folder it lies in: its week, and a hash of what it was fitted on.
    facts : dict
        Words and numbers of the fit.
    """
    from peil.adapters import versions
    from peil.adapters.tracking import OUTLOOK

    pilot = charter.pilot
    scores = {
        "coverage": model.coverage_,
        "error": model.error_,
        "zone_months": float(model.detector_.zone_months_),
        **{f"level_{k}": float(at) for k, at in enumerate(model.detector_.levels_, start=1)},
    }
    choices = {
        f"{part}.{key}": value
        for part, whose in (("forecaster", model.forecaster_), ("detector", model.detector_))
        for key, value in whose.get_params().items()
    }
    number = versions.register(
        store,
        pilot,
        provenance.run_id({"outlook": name, "pilot": pilot}, {}),
        model,
        {**facts, **choices},
        scores,
        {
            "peil.title": f"outlook {name}",
            "peil.footprint": "none: released tables only",
            "peil.day": name[:10],
            "peil.lock": provenance.lock_hash()[:32],
            "peil.commit": provenance.git_commit(),
        },
        OUTLOOK,
        versions.Evidence(_card(charter, facts, model), {"released and counted hours": name[11:]}),
    )
    standing = versions.of_alias_tags(store, pilot, OUTLOOK, versions.CHAMPION)
    if standing.get("peil.day", "") <= name[:10]:
        versions.promote(store, pilot, number, quantity=OUTLOOK)
    return f"{OUTLOOK}@{number}"


def _card(charter: Charter, facts: dict[str, Any], model: CrowdingOutlook) -> str:
    return (
        f"# Outlook of {charter.pilot}, fitted until {facts['fitted_until'][:10]}\n\n"
        f"**Purpose.** {charter.purpose.replace('_', ' ')}: what is normal in each zone and hour, "
        "and what is not. **Data.** Released hours of presence and hours that the agency counted "
        f"itself, of {facts['n_zones']} zones; no row of anybody, nothing "
        "that was not released.\n\n"
        f"**Estimator.** {facts['estimator']}; levels of alarm fixed on the last "
        f"{facts['levels_tried_on_days']} days, which it had not seen.\n\n"
        f"**Accuracy**, on those days: {model.coverage_:.1%} of hours within the 95% interval; the "
        f"median forecast errs by {model.error_:.1%} of all persons. docs/methods/crowding.md has "
        "it by month and for surges.\n\n"
        "**Where it fails.** Days like none before; a season that its history does not hold; "
        "withheld hours, of which it says nothing.\n\n"
        "**Privacy.** Made of figures that are protected already (docs/privacy.md).\n\n"
        "**Licence.** That of Peil (LICENSE).\n"
    )
