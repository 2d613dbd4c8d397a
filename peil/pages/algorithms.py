"""What an algorithm register says of the algorithms behind a pilot's figures.

The fields, their names and their order are those of the Dutch publication standard for algorithm
registers (1.0); docs/privacy.md lists them. Everything is made of the charter, the released
metadata and measured figures: nothing is typed twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peil.charter.schema import Charter, CharterPart, Words
from peil.store.atomic import write_text

STANDARD = "1.0"
LANGUAGES = {"en": "ENG", "nl": "NLD"}
SUPPLIER = Words(
    en="Peil, free software, run by {operator} and {agency}.",
    nl="Peil, vrije software, in gebruik bij {operator} en {agency}.",
)
BASIS = Words(en="{basis} ({reference}).", nl="{basis} ({reference}).")
ASSESSED = Words(
    en="Data protection impact assessment: {dpia}.",
    nl="Gegevensbeschermingseffectbeoordeling (DPIA): {dpia}.",
)
NOT_ASSESSED = Words(
    en="The charter names no data protection impact assessment.",
    nl="Het handvest noemt geen gegevensbeschermingseffectbeoordeling (DPIA).",
)
SOURCE = Words(
    en="Network records of {operator}, of which these fields are read: {fields}. They are sealed, "
    "and deleted {raw_hours} hours after staging; those that are never staged {staged_days} days "
    "after landing; pseudonymised rows {staged_days} days after staging. The cell plan; the "
    "population register; the map of zones.",
    nl="Netwerkrecords van {operator}, waarvan deze velden worden gelezen: {fields}. Zij zijn "
    "verzegeld en worden {raw_hours} uur na bewerking gewist; wat nooit wordt bewerkt "
    "{staged_days} dagen na ontvangst; gepseudonimiseerde rijen {staged_days} dagen na bewerking. "
    "Het antenneplan; het bevolkingsregister; de kaart van gebieden.",
)
WEIGHED = Words(
    en="Nothing below {threshold} distinct devices is counted or published. {linked} No row about "
    "a device leaves the operator; pseudonymised rows stay personal data.",
    nl="Niets onder {threshold} verschillende toestellen wordt geteld of gepubliceerd. {linked} "
    "Geen regel over een toestel verlaat de operator; gepseudonimiseerde rijen blijven "
    "persoonsgegevens.",
)
COUNTED = Words(
    en="Presence is computed from counts of cells and hours alone.",
    nl="Aanwezigheid wordt alleen uit aantallen per cel en uur berekend.",
)
LINKED = Words(
    en="Presence is computed from counts of cells and hours alone; {products} follow a device for "
    "{linkage_days} days. The key of its pseudonym is destroyed {staged_days} days after the last "
    "of these days is staged.",
    nl="Aanwezigheid wordt alleen uit aantallen per cel en uur berekend; {products} volgen een "
    "toestel {linkage_days} dagen. De sleutel van zijn pseudoniem wordt vernietigd {staged_days} "
    "dagen nadat de laatste van die dagen is bewerkt.",
)
APPROVED = Words(
    en="A person of the operator and one of the agency approve every release, having been shown "
    "it. No decision about a person is taken by the algorithm, and no figure is about one.",
    nl="Een mens van de operator en een van het bureau keuren elke publicatie goed nadat zij haar "
    "zagen. Over een persoon neemt het algoritme geen besluit, en geen cijfer gaat over een mens.",
)
SIMULATED = Words(
    en="The pilot is simulated and so are the two who approve its releases; of a real pilot two "
    "people do. No figure is about one person.",
    nl="De pilot is gesimuleerd en zo zijn de twee die haar publicaties goedkeuren; bij een echte "
    "pilot zijn dat twee mensen. Geen cijfer gaat over een persoon.",
)
RISKS = Words(
    en="Each day passes four gates of checks; a release is audited against what was released "
    "before, and refused where it tells too much. {held} Devices are not people: a figure is an "
    "estimate for a zone and an hour.",
    nl="Elke dag gaat door vier poorten met controles; een publicatie wordt getoetst aan wat er al "
    "gepubliceerd is, en geweigerd als zij te veel vertelt. {held} Toestellen zijn geen "
    "mensen: een cijfer is een schatting voor een gebied en een uur.",
)
HELD = Words(
    en="In simulated countries {measured} of 100 intervals of {level} % of municipalities held the "
    "true number.",
    nl="In gesimuleerde landen bevatten {measured} van de 100 intervallen van {level} % van "
    "gemeenten het ware aantal.",
)
NOT_MEASURED = Words(
    en="How many intervals hold the true number has not been measured.",
    nl="Hoeveel intervallen het ware aantal bevatten is niet gemeten.",
)
GOAL = Words(
    en="Estimate how many persons are in each zone in each hour. Purpose of the pilot: {purpose}. "
    "Those who use the figures: {recipients}. {limits}",
    nl="Schatten hoeveel mensen elk uur in elk gebied zijn. Doel van de pilot: {purpose}. Wie de "
    "cijfers gebruikt: {recipients}. {limits}",
)
PURPOSES = {
    "crowding": Words(en="crowding", nl="drukte"),
    "method_development": Words(en="development of the method", nl="ontwikkeling van de methode"),
}
BASES = {
    "synthetic": Words(en="Simulated data, no persons", nl="Gesimuleerde gegevens, geen personen"),
    "statute": Words(en="Statute", nl="Wet"),
    "consent": Words(en="Consent", nl="Toestemming"),
    "prior_aggregation": Words(en="Aggregated before use", nl="Geaggregeerd vóór gebruik"),
}
LINKED_NAMES = {
    "flows": Words(en="flows", nl="verplaatsingen"),
    "visitors": Words(en="who is here", nl="wie is hier"),
}
NAMES = {
    "presence": Words(en="Presence by zone and hour", nl="Aanwezigheid per gebied en uur"),
    "outlook": Words(en="Unusual crowding", nl="Ongewone drukte"),
}
OUTLOOK = {
    "goal": Words(
        en="Say whether a zone is busier than it usually is at that hour, and what the next 24 "
        "hours bring. Readers in the city are told when an episode begins, worsens and ends.",
        nl="Zeggen of een gebied drukker is dan gewoonlijk op dat uur, en wat de komende 24 uur "
        "brengen. Lezers in de stad krijgen bericht als een episode begint, verergert en eindigt.",
    ),
    "considerations": Words(
        en="It is computed by the agency from released figures alone: no row of a device is near "
        "it, and of a zone under {threshold} nothing is said.",
        nl="Het bureau berekent haar alleen uit gepubliceerde cijfers: geen regel van een toestel "
        "is in de buurt, en van een gebied onder {threshold} wordt niets gezegd.",
    ),
    "human_intervention": Words(
        en="Messages go to people, who decide what to do. Nothing is done by the algorithm.",
        nl="Berichten gaan naar mensen, die besluiten wat te doen. Het algoritme doet zelf niets.",
    ),
    "risk_management": Words(
        en="Levels of alarm are fixed by how often the weeks before would have exceeded them by "
        "chance; each episode says how many times a year that is. Why it is busy is not known, and "
        "a fault of measurement can look like a crowd. On real figures of this pilot the rate of "
        "false alarms has not been measured.",
        nl="De drempels van alarm volgen uit hoe vaak de weken ervoor hen bij toeval hadden "
        "overschreden; elke episode zegt hoe vaak per jaar dat is. Waarom het druk is, is niet "
        "bekend, en een meetfout kan op drukte lijken. Op echte cijfers van deze pilot is niet "
        "gemeten hoe vaak alarm vals is.",
    ),
    "data": Words(
        en="Released presence by zone and hour, hours that the agency counted before the pilot, "
        "the calendar of holidays, and known events.",
        nl="Gepubliceerde aanwezigheid per gebied en uur, uren die het bureau vóór de pilot telde, "
        "de kalender van feestdagen, en bekende evenementen.",
    ),
    "method": Words(
        en="{model}. Quantiles of a gradient boosting, or of the same hours of eight weeks where "
        "the history is short, calibrated on the days before; a surge is an hour above them.",
        nl="{model}. Kwantielen van een gradient boosting, of van dezelfde uren van acht weken bij "
        "een korte geschiedenis, geijkt op de dagen ervoor; een piek is een uur daarboven.",
    ),
}


class Algorithm(CharterPart):
    """One algorithm as a register describes it, in English and Dutch.

    Attributes
    ----------
    goal, considerations, human_intervention, risk_management : Words
        Goal and impact; why this and no less; who decides; what can go wrong and what is done.
    legal_basis, impact_assessments, data, method, supplier : Words
    """

    name: Words
    organization: str
    contact: str
    begins: str
    ends: str
    goal: Words
    considerations: Words
    human_intervention: Words
    risk_management: Words
    legal_basis: Words
    impact_assessments: Words
    data: Words
    method: Words
    supplier: Words


def algorithms(
    charter: Charter,
    method: Sequence[Words],
    estimator: str,
    interval: dict[str, Any],
    outlook: str = "",
) -> list[Algorithm]:
    """Describe the algorithms whose figures a pilot releases.

    Parameters
    ----------
    charter : Charter
    method : sequence of Words
        Paragraphs that say how the figures are made.
    estimator : str
        Name and version of what is released.
    interval : dict
        `level` and, where it was measured, `measured`: shares of 100.
    outlook : str
        Model of the outlook that stands; empty where the agency computes none.
    """
    linked = [product for product in charter.products if product != "presence"]
    facts = {
        "operator": charter.operator.name,
        "agency": charter.agency.name,
        "recipients": ", ".join(charter.recipients),
        "reference": charter.legal_reference,
        "dpia": charter.dpia or "",
        "fields": ", ".join(sorted(charter.inputs.events.columns) or ["–"]),
        "raw_hours": charter.retention.raw_hours,
        "staged_days": charter.retention.staged_days,
        "threshold": charter.threshold,
        "linkage_days": charter.linkage_days,
        "level": interval.get("level", ""),
        "measured": interval.get("measured", ""),
        "model": outlook,
    }
    words = {
        "purpose": PURPOSES[charter.purpose],
        "basis": BASES[charter.legal_basis],
        "linked": LINKED if linked else COUNTED,
        "held": NOT_MEASURED if interval.get("measured") is None else HELD,
    }

    def filled(text: Words) -> Words:
        """Fill a text's gaps, those of the texts in them too."""
        whole = {}
        for language in LANGUAGES:
            facts["products"] = ", ".join(
                getattr(LINKED_NAMES[product], language) if product in LINKED_NAMES else product
                for product in linked
            )
            own = {name: getattr(part, language).format(**facts) for name, part in words.items()}
            own["limits"] = getattr(charter.use_limits, language)
            whole[language] = " ".join(getattr(text, language).format(**facts, **own).split())
        return Words(**whole)

    described = Words(
        **{
            language: " ".join([estimator + ".", *(getattr(part, language) for part in method)])
            for language in LANGUAGES
        }
    )
    presence = Algorithm(
        name=NAMES["presence"],
        organization=charter.agency.name,
        contact=charter.contact,
        begins=str(charter.period.start),
        ends=str(charter.period.end),
        goal=filled(GOAL),
        considerations=filled(WEIGHED),
        human_intervention=SIMULATED if charter.is_synthetic else APPROVED,
        risk_management=filled(RISKS),
        legal_basis=filled(BASIS),
        impact_assessments=filled(ASSESSED if charter.dpia else NOT_ASSESSED),
        data=filled(SOURCE),
        method=described,
        supplier=filled(SUPPLIER),
    )
    if not outlook:
        return [presence]
    own = {field: filled(text) for field, text in OUTLOOK.items()}
    return [presence, presence.model_copy(update={"name": NAMES["outlook"], **own})]


def entries(listed: Sequence[Algorithm]) -> list[dict[str, str]]:
    """Write algorithms as a register takes them: one entry a language, the standard's names."""
    return [
        {
            "standard_version": STANDARD,
            "lang": code,
            "name": getattr(each.name, language),
            "organization": each.organization,
            "contact_email": each.contact,
            "begin_date": each.begins,
            "end_date": each.ends,
            "goal": getattr(each.goal, language),
            "proportionality": getattr(each.considerations, language),
            "human_intervention": getattr(each.human_intervention, language),
            "risk_management": getattr(each.risk_management, language),
            "lawful_basis": getattr(each.legal_basis, language),
            "impacttoetsen": getattr(each.impact_assessments, language),
            "source_data": getattr(each.data, language),
            "methods_and_models": getattr(each.method, language),
            "provider": getattr(each.supplier, language),
        }
        for each in listed
        for language, code in LANGUAGES.items()
    ]


def write(listed: Sequence[Algorithm], folder: Path) -> Path:
    """Write `algorithms.json` beside the page; the same algorithms give the same bytes."""
    text = json.dumps(entries(listed), indent=1, ensure_ascii=False)
    return write_text(folder / "algorithms.json", text + "\n")
