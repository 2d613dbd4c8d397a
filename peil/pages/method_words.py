"""The method behind the figures of each product, in a few sentences for readers of the page."""

from __future__ import annotations

from peil.charter.schema import Words

PRESENCE = [
    Words(
        en="Each device counts at most once an hour, in the cell that served it nearest the half "
        "hour. A model of each cell's reach (footprint) says which places a cell serves. From the "
        "counts it is read how many devices houses, offices, roads and nature hold at that hour; "
        "from there the estimator moves devices until the counts fit. The mean of this and of a "
        "plain estimator is released. A cell that fails unannounced is left out for those hours. "
        "An hour without a record of any cell is not observed and gets no figure.",
        nl="Elk toestel telt hooguit eens per uur, in de cel die het bediende het dichtst bij het "
        "halve uur. Een model van het bereik van elke cel zegt welke plaatsen een cel bedient. Uit "
        "de aantallen volgt hoeveel toestellen huizen, kantoren, wegen en natuur in dat uur "
        "herbergen; van daaruit verplaatst de schatter toestellen tot de aantallen passen. Het "
        "gemiddelde hiervan en van een eenvoudige schatter wordt gepubliceerd. Een cel die "
        "onaangekondigd uitvalt, telt in die uren niet mee. Een uur zonder een record van enige "
        "cel is niet waargenomen en krijgt geen cijfer.",
    ),
    Words(
        en="Devices become persons by the night ratio: on a working night the estimate of each "
        "municipality is set equal to its register. This hides overnight guests and absent "
        "residents. Then all persons of an hour are held to the register and the visitors from "
        "abroad.",
        nl="Toestellen worden personen met de nachtverhouding: in een werknacht wordt de schatting "
        "van elke gemeente gelijkgesteld aan het bevolkingsregister. Dat verbergt nachtgasten en "
        "afwezige bewoners. Daarna worden alle personen van een uur gehouden aan het register en "
        "de bezoekers uit het buitenland.",
    ),
]
FLOWS = [
    Words(
        en="Flows: a device that stays, moves and stays again makes one trip, counted from the "
        "zone of the first stay to that of the next, in the period it leaves. Trips become trips "
        "of persons by home weights: each device stands for residents of its home zone, less the "
        "trips that persons without a phone do not make.",
        nl="Verplaatsingen: een toestel dat verblijft, beweegt en weer verblijft maakt er één, "
        "geteld van de zone van het eerste verblijf naar die van het volgende, in de periode van "
        "vertrek. Met woongewichten worden dat verplaatsingen van personen: elk toestel staat "
        "voor bewoners van zijn woonzone, min de verplaatsingen die mensen zonder telefoon niet "
        "maken.",
    )
]
VISITORS = [
    Words(
        en="Who is here: the home zone of a device is where it is most at night over the linkage "
        "window. A foreign SIM stands for as many visitors as the operator's share of residents "
        "says.",
        nl="Wie is hier: de woonzone van een toestel is waar het ’s nachts het meest is in de "
        "koppelperiode. Een buitenlandse simkaart staat voor zo veel bezoekers als het aandeel van "
        "de operator onder bewoners zegt.",
    )
]
PROTECTED = {
    "presence": Words(
        en="## Presence: how people are protected", nl="## Aanwezigheid: hoe mensen beschermd zijn"
    ),
    "flows": Words(
        en="## Flows: how people are protected", nl="## Verplaatsingen: hoe mensen beschermd zijn"
    ),
    "visitors": Words(
        en="## Who is here: how people are protected",
        nl="## Wie is hier: hoe mensen beschermd zijn",
    ),
}


def evidence(measured: dict[str, float]) -> Words:
    """Say why the released estimator is the one: errors of all over worlds of several makes.

    Parameters
    ----------
    measured : dict
        Section `evidence` of methods.toml.

    Examples
    --------
    >>> shares = {"worlds": 9, "makes": 5, "combined": 0.04, "landuse": 0.045, "sb": 0.06,
    ...           "em": 0.05, "voronoi": 0.062}
    >>> evidence(shares).en[:74]
    'Over 9 simulated worlds of 5 makes the released mean erred by 4.0 % by mun'
    """
    n = {name: int(measured[name]) for name in ("worlds", "makes")}
    share = {name: f"{100 * value:.1f} %" for name, value in measured.items() if name not in n}
    comma = {name: text.replace(".", ",") for name, text in share.items()}
    return Words(
        en=f"Over {n['worlds']} simulated worlds of {n['makes']} makes the released mean erred by "
        f"{share['combined']} by municipality and hour, EM from fitted land use by "
        f"{share['landuse']}, EM by {share['em']}, SB by {share['sb']} and Voronoi by "
        f"{share['voronoi']}. That is why it is released, whatever is best in this one world.",
        nl=f"Over {n['worlds']} gesimuleerde werelden van {n['makes']} makelijen zat het "
        f"gepubliceerde gemiddelde er per gemeente en uur {comma['combined']} naast, EM vanuit "
        f"grondgebruik {comma['landuse']}, EM {comma['em']}, SB {comma['sb']} en Voronoi "
        f"{comma['voronoi']}. Daarom wordt het gepubliceerd, wat in deze ene wereld ook het "
        "beste is.",
    )
