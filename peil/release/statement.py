"""The privacy and quality statement of a release, in plain words, English and Dutch."""

from __future__ import annotations

import re
from typing import Any

from peil import methods
from peil.area.area import Area
from peil.charter.products import PRESENCE, Product
from peil.charter.schema import Charter, Words
from peil.estimate.estimators import RELEASED_ESTIMATOR, polygons_share
from peil.estimate.outages import LEAST_SILENT
from peil.release import linked, statement_linked

EN = """# What these figures are, and what protects the people behind them

{title}, {period}. Estimated presence per municipality and hour, made from network records of
{operator} for {agency}. Purpose: {purpose}. Legal basis: {basis} ({reference}).

## How people are protected
- The figures rest on one table: how many distinct devices each antenna sector served nearest the
  half hour. Entries under {threshold} devices are dropped before anything else sees them.
- An entry of this release that rests on fewer than {threshold} devices is withheld, and so are as
  many others as are needed so that it cannot be found by subtraction. Withheld here:
  {n_withheld} of {n_entries} entries. The same mark stands on both kinds.{unobserved}
- No row about a device leaves the operator.

## What is not claimed
- Somebody who already knows every other device in an entry can find out whether one more is in it.
  This tier (`agency`) makes no claim against that; it is for the recipients named below only.
- The records inside the operator are pseudonymised: they stay personal data.

## How good the figures are
- A figure is an estimate with an interval. {level} of 100 intervals are meant to hold the true
  number; {held}{doubt}{outages}
- Devices are not people. Persons are found by setting the night of {night} equal to the register;
  that hides overnight guests and absent residents.

## Use
{limits}

For: {recipients}. Questions and objections: {contact}.
{attribution}
"""

NL = """# Wat deze cijfers zijn, en wat de mensen erachter beschermt

{title}, {period}. Geschatte aanwezigheid per gemeente en uur, gemaakt uit netwerkgegevens van
{operator} voor {agency}. Doel: {purpose}. Grondslag: {basis} ({reference}).

## Hoe mensen beschermd zijn
- De cijfers rusten op één tabel: hoeveel verschillende toestellen elke antennesector bediende, het
  dichtst bij het halve uur. Aantallen onder {threshold} toestellen vervallen vóór al het andere.
- Een cijfer dat op minder dan {threshold} toestellen rust wordt achtergehouden, en daarmee zo veel
  andere als nodig zijn om het niet door aftrekken te kunnen vinden. Hier achtergehouden:
  {n_withheld} van {n_entries}. Beide soorten dragen hetzelfde teken.{unobserved}
- Geen regel over een toestel verlaat de operator.

## Wat niet wordt beweerd
- Wie elk ander toestel in een cijfer al kent, kan vinden of er nog één bij is. Dit niveau
  (`agency`) beweert daartegen niets; het is alleen voor de ontvangers hieronder.
- De gegevens bij de operator zijn gepseudonimiseerd: het blijven persoonsgegevens.

## Hoe goed de cijfers zijn
- Een cijfer is een schatting met een interval. {level} van de 100 intervallen moeten het ware
  aantal bevatten; {held}{doubt}{outages}
- Toestellen zijn geen mensen. Personen volgen door de nacht van {night} gelijk te stellen aan het
  bevolkingsregister; dat verbergt nachtgasten en afwezige bewoners.

## Gebruik
{limits}

Voor: {recipients}. Vragen en bezwaar: {contact}.
{attribution}
"""

HELD = {
    "en": "on simulated countries of several makes {measured} of 100 did, {measured_least} on the "
    "worst\n  make{part}. On a real network that has not been measured.",
    "nl": "in gesimuleerde landen van verschillende makelij waren het er {measured} van de 100,\n  "
    "in de slechtste {measured_least}{part}. In een echt netwerk is dat niet gemeten.",
}
PART = {
    "en": ",\n  by municipality; {measured_part} in the worst part: a level, or a fifth of the "
    "zones, on one make",
    "nl": ",\n  per gemeente; {measured_part} in het slechtste deel: een niveau, of een vijfde van "
    "de gebieden, bij één makelij",
}
# choices of methods.toml [covered] by product: on average, on the worst make, in the worst part
COVERED = {
    "presence": ("presence", "presence_least", "presence_part"),
    "flows": ("flows", "flows_least"),
}
NOT_MEASURED = {
    "en": "how many do has not been measured.",
    "nl": "hoeveel dat doen is niet gemeten.",
}

UNOBSERVED = {
    "en": """
- {n_unobserved} entries lie in hours that were not observed: no record of any antenna sector is
  there. They are empty with a status of their own (L): neither zero nor withheld.""",
    "nl": """
- {n_unobserved} cijfers liggen in uren die niet waargenomen zijn: van geen antennesector is er een
  record. Zij zijn leeg met een eigen status (L): niet nul en niet achtergehouden.""",
}

OUTAGES = {
    "en": """
- Antenna sectors were silent. Figures of places that these serve for {least} % or more as a rule:
  {n_outages} (zones: {n_outage_zones}, hours: {n_outage_hours}). Neighbouring sectors stood in for
  them; metadata.json names zones and hours.""",
    "nl": """
- Antennesectoren zwegen. Cijfers van plaatsen die zij gewoonlijk voor {least} % of meer bedienen:
  {n_outages} (gebieden: {n_outage_zones}, uren: {n_outage_hours}). Naburige sectoren namen hun
  plaats in; metadata.json noemt gebieden en uren.""",
}

DOUBT = {
    "en": """
- The night of {days} contradicts the cell plan that these figures rest on: antenna sectors served
  {misfit} % more or fewer devices than it leads one to expect, where {noticed} % is usual at most.
  Powers, directions or places in it are wrong. {polygons} % of each figure is therefore taken from
  the nearest antenna alone, which knows none of these, and intervals are wider. Do not compare
  small areas by these figures.""",
    "nl": """
- De nacht van {days} spreekt het antenneplan tegen waar deze cijfers op rusten: antennesectoren
  bedienden {misfit} % meer of minder toestellen dan het doet verwachten; meer dan {noticed} % is
  ongewoon. Vermogens, richtingen of plaatsen erin kloppen niet. {polygons} % van elk cijfer komt
  daarom alleen van de dichtstbijzijnde antenne, die daar niets van weet, en intervallen zijn
  breder. Vergelijk kleine gebieden niet met deze cijfers.""",
}


def privacy(charter: Charter, metadata: dict[str, Any]) -> dict[str, str]:
    """The statement by language, made of the charter and the release's metadata alone."""
    product = metadata.get("product", "presence")
    shared = {
        "period": metadata["period"],
        "operator": charter.operator.name,
        "agency": charter.agency.name,
        "purpose": charter.purpose.replace("_", " "),
        "basis": charter.legal_basis,
        "reference": charter.legal_reference,
        "threshold": charter.threshold,
        "n_withheld": metadata["n_withheld"],
        "n_entries": metadata["n_entries"],
        **{
            name: round(100 * share)
            for name, share in metadata["interval"].items()
            if name != "status"
        },
        "recipients": "; ".join(charter.recipients),
        "contact": charter.contact,
        "attribution": charter.attribution,
    }
    held = HELD if "measured" in metadata["interval"] else NOT_MEASURED
    own: dict[str, dict[str, Any]] = {
        language: {
            "unobserved": _of_unobserved(language, metadata),
            "held": held[language].format(**shared, part=_of_part(language, shared)),
            "doubt": _of_plan(language, charter, metadata),
            "outages": _of_outages(language, metadata),
        }
        for language in ("en", "nl")
    }
    texts = {"en": EN, "nl": NL}
    if product == "presence":
        shared["night"] = metadata["night"]["day"]
    else:
        texts = {"en": statement_linked.EN, "nl": statement_linked.NL}
        shared["linkage_days"] = metadata["linkage_days"]
        shared["window"] = "{start} – {end}".format(**metadata["window"])
        for language in texts:
            own[language] |= {
                "subject": statement_linked.SUBJECT[product][language],
                "together": statement_linked.TOGETHER[product][language],
                "within": statement_linked.WITHIN[language] if product == "flows" else "",
                "outside": statement_linked.outside(charter, language),
            }
    return {
        "en": texts["en"].format(
            **shared, **own["en"], title=charter.title.en, limits=charter.use_limits.en
        ),
        "nl": texts["nl"].format(
            **shared, **own["nl"], title=charter.title.nl, limits=charter.use_limits.nl
        ),
    }


def _of_unobserved(language: str, metadata: dict[str, Any]) -> str:
    """What is said of hours that nobody observed: nothing where each was."""
    n_unobserved = metadata.get("n_unobserved", 0)
    return UNOBSERVED[language].format(n_unobserved=n_unobserved) if n_unobserved else ""


def _of_outages(language: str, metadata: dict[str, Any]) -> str:
    """What is said of silent cells: nothing where none was."""
    outages = metadata.get("outages", [])
    if not outages:
        return ""
    return OUTAGES[language].format(
        n_outages=len(outages),
        n_outage_zones=len({outage["zone_id"] for outage in outages}),
        n_outage_hours=len({outage["hour_at"] for outage in outages}),
        least=round(100 * LEAST_SILENT),
    )


def measured(
    charter: Charter, area: Area, product: Product, metadata: dict[str, Any]
) -> dict[str, float]:
    """How many of a product's intervals held the truth where it is known: on average and least.

    Of persons in whole countries by the estimator and choices that were measured; else nothing.
    """
    estimator = RELEASED_ESTIMATOR if product.name == PRESENCE else linked.ESTIMATOR
    is_as_measured = metadata["estimator"] == estimator and "choices" not in metadata
    if area.register is None or not area.is_whole_country or not is_as_measured:
        return {}
    shares = methods.section("covered", charter.pilot)
    ends = {"measured": "", "measured_least": "_least", "measured_part": "_part"}
    return {
        name: shares[key] for name, end in ends.items() if (key := product.name + end) in shares
    }


def _of_part(language: str, shared: dict[str, Any]) -> str:
    return PART[language].format(**shared) if "measured_part" in shared else ""


def _of_plan(language: str, charter: Charter, metadata: dict[str, Any]) -> str:
    """What is said of a cell plan that the night contradicts: nothing of one that it does not."""
    misfit = float(metadata.get("misfit_share", 0.0))
    least = float(methods.section("presence", charter.pilot)["polygons_misfit_min"])
    if not misfit > least:
        return ""
    return DOUBT[language].format(
        days=", ".join(metadata.get("doubted_days", [metadata["period"]])),
        misfit=round(100 * misfit),
        noticed=round(100 * least),
        polygons=round(100 * polygons_share(misfit, least)),
    )


def paragraphs(charter: Charter, metadata: dict[str, Any]) -> list[Words]:
    """Two blocks of the statement for a page: protection and quality.

    The page has its own places for title, what is not claimed, use and contact.
    """
    blocks = {
        language: [block for block in words.split("\n\n") if block.startswith("## ")]
        for language, words in privacy(charter, metadata).items()
    }
    shown = list(zip(blocks["en"], blocks["nl"], strict=True))[0:3:2]
    return [Words(en=_unwrapped(en), nl=_unwrapped(nl)) for en, nl in shown]


def _unwrapped(block: str) -> str:
    """Lines that go on are joined, so that each line is a heading, an item or a paragraph."""
    return re.sub(r"\n  +", " ", block)
