"""The privacy and quality statement of a release, in plain words, English and Dutch."""

from __future__ import annotations

import re
from typing import Any

from peil.charter.schema import Charter, Words
from peil.release import statement_linked

EN = """# What these figures are, and what protects the people behind them

{title}, {period}. Estimated presence per municipality and hour, made from network records of
{operator} for {agency}. Purpose: {purpose}. Legal basis: {basis} ({reference}).

## How people are protected
- The figures rest on one table: how many distinct devices each antenna sector served nearest the
  half hour. Entries under {threshold} devices are dropped before anything else sees them.
- An entry of this release that rests on fewer than {threshold} devices is withheld, and so are as
  many others as are needed so that it cannot be found by subtraction. Withheld here:
  {n_withheld} of {n_entries} entries. The same mark stands on both kinds.
- No row about a device leaves the operator.

## What is not claimed
- Somebody who already knows every other device in an entry can find out whether one more is in it.
  This tier (`agency`) makes no claim against that; it is for the recipients named below only.
- The records inside the operator are pseudonymised: they stay personal data.

## How good the figures are
- A figure is an estimate with an interval: in {level} of 100 cases the true number lies within it.
  The interval is provisional: it was learnt on simulated countries.
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
  {n_withheld} van {n_entries}. Beide soorten dragen hetzelfde teken.
- Geen regel over een toestel verlaat de operator.

## Wat niet wordt beweerd
- Wie elk ander toestel in een cijfer al kent, kan vinden of er nog één bij is. Dit niveau
  (`agency`) beweert daartegen niets; het is alleen voor de ontvangers hieronder.
- De gegevens bij de operator zijn gepseudonimiseerd: het blijven persoonsgegevens.

## Hoe goed de cijfers zijn
- Een cijfer is een schatting met een interval: in {level} van de 100 gevallen ligt het ware aantal
  erin. Het interval is voorlopig: het is geleerd op gesimuleerde landen.
- Toestellen zijn geen mensen. Personen volgen door de nacht van {night} gelijk te stellen aan het
  bevolkingsregister; dat verbergt nachtgasten en afwezige bewoners.

## Gebruik
{limits}

Voor: {recipients}. Vragen en bezwaar: {contact}.
{attribution}
"""


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
        "level": round(100 * metadata["interval"]["level"]),
        "recipients": "; ".join(charter.recipients),
        "contact": charter.contact,
        "attribution": charter.attribution,
    }
    own: dict[str, dict[str, Any]] = {"en": {}, "nl": {}}
    texts = {"en": EN, "nl": NL}
    if product == "presence":
        shared["night"] = metadata["night"]["day"]
    else:
        texts = {"en": statement_linked.EN, "nl": statement_linked.NL}
        shared["linkage_days"] = metadata["linkage_days"]
        shared["window"] = "{start} – {end}".format(**metadata["window"])
        own = {
            language: {
                "subject": statement_linked.SUBJECT[product][language],
                "together": statement_linked.TOGETHER[product][language],
                "width": statement_linked.WIDTH[product][language],
            }
            for language in texts
        }
    return {
        "en": texts["en"].format(
            **shared, **own["en"], title=charter.title.en, limits=charter.use_limits.en
        ),
        "nl": texts["nl"].format(
            **shared, **own["nl"], title=charter.title.nl, limits=charter.use_limits.nl
        ),
    }


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
