"""The makes of simulated country, in one list: commands, benchmarks and tests go by it.

What a make consists of is in `make`.
"""

from __future__ import annotations

from peil_models.synthetic.makes.clustering import Clustering
from peil_models.synthetic.makes.make import Make
from peil_models.synthetic.makes.plan import PlanErrors, PlanNoise
from peil_models.synthetic.makes.serving import NearestMasts
from peil_models.synthetic.population import Market
from peil_models.synthetic.radio import Physics
from peil_models.synthetic.signalling import Recording

DEMO = Make("demo", "people follow the land use, antennas follow the plan", is_for_tuning=True)
"""The make of `peil simulate`, unless it says otherwise."""

_LISTED = (
    DEMO,
    Make(
        "clustered",
        "people cluster beyond land use: homes, jobs and leisure by log-Gaussian fields",
        is_for_tuning=True,
        clustering=Clustering(),
    ),
    Make(
        "antennas",
        "3GPP antennas that stand otherwise than planned, shadowing alike between masts",
        is_for_tuning=True,
        plan_errors=PlanErrors(),
        # 3GPP TR 36.814, table A.2.1.1-2: floor of 25 dB, side lobes of 20 dB, shadowing of two
        # masts correlated by one half; 6 to 8 dB and 50 m are the range of its urban cases
        physics=Physics(
            is_3gpp=True,
            back_db=-25.0,
            side_lobe_db=-20.0,
            shadow_sd_db=7.0,
            shadow_sd_spread_db=1.0,
            shadow_between_masts=0.5,
            hysteresis_db=3.5,
            hysteresis_spread_db=0.5,
        ),
    ),
    Make(
        "erratic",
        "serving cell drawn among three masts, plan of pure noise, altitudes without reference",
        is_for_tuning=False,
        plan_noise=PlanNoise(),
        nearest=NearestMasts(),
        hidden_ground_m=200.0,
    ),
    Make(
        "shares",
        "market share ± 20 % by municipality and by commuting, power-law commutes, 3 to 5 % off",
        is_for_tuning=True,
        # González, Hidalgo & Barabási (2008), doi:10.1038/nature06958: 1.5 km, exponent 1.75
        market=Market(
            by_municipality=0.2,
            by_commuting=0.2,
            commute_m=1_500.0,
            commute_exponent=1.75,
            night_off=(0.03, 0.05),
        ),
    ),
    Make(
        "seconds",
        "few records, no handovers, neighbour cells at the same second",
        is_for_tuning=False,
        # periodic updates every three to four hours; sizes are an assumption. Of a third of the
        # records with neighbours the staged gate stops the day: extra rows are set aside
        recording=Recording(
            period_s=(10_800.0, 14_400.0),
            activity_per_day=8.0,
            has_handovers=False,
            neighbour_share=0.1,
        ),
    ),
)
MAKES = {make.name: make for make in _LISTED}
"""Every make by its name, the demo first."""


def make_of(name: str) -> Make:
    """Return the make of a name.

    Raises
    ------
    ValueError
        No make has this name.

    Examples
    --------
    >>> make_of("erratic").is_for_tuning
    False
    """
    if name not in MAKES:
        raise ValueError(f"make={name}: there is {', '.join(MAKES)}")
    return MAKES[name]
