"""What the statement of a release says where its figures follow devices over a linkage window."""

from __future__ import annotations

from peil.charter.schema import Charter

SUBJECT = {
    "flows": {
        "en": "Estimated trips of people between municipalities per period of departure",
        "nl": "Geschatte reizen van mensen tussen gemeenten per periode van vertrek",
    },
    "visitors": {
        "en": "Estimated people present per municipality, hour and where they come from",
        "nl": "Geschatte aanwezigen per gemeente, uur en herkomst",
    },
}
TOGETHER = {
    "flows": {
        "en": "Areas and periods were chosen\n"
        "  beforehand by residents and distance, never by the counts; entries share no trip,\n"
        "  and no totals over them are published, so that none is found by subtraction.",
        "nl": "Gebieden en perioden zijn\n"
        "  vooraf gekozen naar inwoners en afstand, nooit naar de aantallen; cijfers delen geen\n"
        "  reis en er zijn geen totalen over, zodat geen cijfer door aftrekken te vinden is.",
    },
    "visitors": {
        "en": "With it others are withheld, so that neither the register of a region nor the\n"
        "  presence of a municipality gives it away by subtraction. How finely origins are told\n"
        "  apart was chosen beforehand by residents and distance, never by the counts.",
        "nl": "Andere worden mee achtergehouden, zodat noch het register van een streek noch de\n"
        "  aanwezigheid in een gemeente het door aftrekken prijsgeeft. Hoe fijn herkomst wordt\n"
        "  onderscheiden is vooraf gekozen naar inwoners en afstand, nooit naar de aantallen.",
    },
}
WITHIN = {  # of trips
    "en": "\n- Trips within a municipality are not released: those under the reach of one cell\n"
    "  are not seen.\n"
    "- A trip within a silence of a device is told in the period in which the silence\n"
    "  begins: when it was made is not seen.",
    "nl": "\n- Reizen binnen een gemeente worden niet vrijgegeven: wat onder het bereik van één\n"
    "  cel blijft, is niet te zien.\n"
    "- Een reis tijdens een stilte van een toestel staat in de periode waarin de\n"
    "  stilte begint: wanneer zij is gemaakt, is niet te zien.",
}

OUTSIDE = {  # of a part of a country: nobody knows how many live elsewhere and come in
    "en": "\n- The area is part of a country: people who live in that country outside the area\n"
    "  are not in these figures, even while they are in it or travel there.",
    "nl": "\n- Het gebied is een deel van een land: wie in dat land buiten het gebied woont, zit\n"
    "  niet in deze cijfers, ook niet waar die er is of reist.",
}

EN = """# What these figures are, and what protects the people behind them

{title}, {period}. {subject}, made from network records of
{operator} for {agency}. Purpose: {purpose}. Legal basis: {basis} ({reference}).

## How people are protected
- The figures follow devices: one pseudonym stood for one device during {linkage_days} days
  ({window}), inside the operator. Only sums left that step, and no row of a device was written.
- An entry that rests on fewer than {threshold} distinct devices is withheld. {together}
  Withheld here: {n_withheld} of {n_entries} entries. One mark stands on all of them.{unobserved}
- No row about a device leaves the operator.

## What is not claimed
- Somebody who already knows every other device in an entry can find out whether one more is in it.
  This tier (`agency`) makes no claim against that; it is for the recipients named below only.
- The records inside the operator are pseudonymised: they stay personal data. Longer linkage makes
  a device easier to recognise.

## How good the figures are
- A figure is an estimate with an interval. {level} of 100 intervals are meant to hold the true
  number; {held}{within}
- Devices are not people. Persons are found by letting the devices that live in a municipality
  stand for everybody in its register; a device of a visitor from abroad stands for as many as
  the operator's share says.{outside}

## Use
{limits}

For: {recipients}. Questions and objections: {contact}.
{attribution}
"""

NL = """# Wat deze cijfers zijn, en wat de mensen erachter beschermt

{title}, {period}. {subject}, gemaakt uit netwerkgegevens van
{operator} voor {agency}. Doel: {purpose}. Grondslag: {basis} ({reference}).

## Hoe mensen beschermd zijn
- De cijfers volgen toestellen: één pseudoniem stond {linkage_days} dagen voor één toestel
  ({window}), binnen de operator. Alleen sommen bleven over; er is geen regel van een toestel
  geschreven.
- Een cijfer dat op minder dan {threshold} verschillende toestellen rust wordt achtergehouden.
  {together}
  Hier achtergehouden: {n_withheld} van {n_entries}. Alle dragen hetzelfde teken.{unobserved}
- Geen regel over een toestel verlaat de operator.

## Wat niet wordt beweerd
- Wie elk ander toestel in een cijfer al kent, kan vinden of er nog één bij is. Dit niveau
  (`agency`) beweert daartegen niets; het is alleen voor de ontvangers hieronder.
- De gegevens bij de operator zijn gepseudonimiseerd: het blijven persoonsgegevens. Langer
  koppelen maakt een toestel herkenbaarder.

## Hoe goed de cijfers zijn
- Een cijfer is een schatting met een interval. {level} van de 100 intervallen moeten het ware
  aantal bevatten; {held}{within}
- Toestellen zijn geen mensen. Personen volgen doordat de toestellen die in een gemeente wonen voor
  iedereen in haar register staan; een toestel van een bezoeker uit het buitenland staat voor zo
  veel bezoekers als het aandeel van de operator zegt.{outside}

## Gebruik
{limits}

Voor: {recipients}. Vragen en bezwaar: {contact}.
{attribution}
"""


def outside(charter: Charter, language: str) -> str:
    """What is said of residents of elsewhere: nothing where the area is a whole country."""
    is_part = charter.area.within is not None or bool(charter.area.only)
    return OUTSIDE[language] if is_part else ""
