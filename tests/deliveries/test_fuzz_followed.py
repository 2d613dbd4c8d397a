"""For any records of a day in order or not, at once or not, placed or not, devices are followed.

Two devices, few seconds, cells with and without a place, home and abroad.
`PEIL_FUZZ_EXAMPLES` makes the run longer, as at night.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import COLUMNS, HEADER, row
from tiny_pilot import DAY, Tiny

from peil.area.area import area_of
from peil.charter.period import Period
from peil.charter.windows import Window
from peil.estimate.champion import default_footprint
from peil.estimate.linked.follow import Followed, follow
from peil.stage.accounting import accounts
from peil.stage.stage import _stage

FEW = settings(
    max_examples=int(os.environ.get("PEIL_FUZZ_EXAMPLES", "2")),
    deadline=None,
    derandomize="PEIL_FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELLS = "cell,x,y\nc1,100,100\nc2,400,100\nc3,800,300\nfar,900000,900000\nnear_far,900400,900000\n"
RECORDS = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from(["08:00:00", "08:00:00.5", "08:30:00", "11:59:59", "12:00:00"]),
        st.sampled_from(["c1", "c2", "c3", "far", "near_far"]),
        st.sampled_from(["", "", "20408", "26201"]),
    ),
    min_size=20,
    max_size=60,
)


def followed(tiny: Tiny) -> Followed:
    """Stage what was delivered and follow its devices, without asking the gates."""
    period = Period.open("tiny", str(DAY))
    with period.held("stage"):
        _stage(period)
    charter, store = tiny.charter, tiny.store
    area = area_of(charter, store)
    return follow(charter, Window(DAY, DAY), store, area, default_footprint("tiny"), 1)


@FEW
@given(records=RECORDS)
def test_any_records_at_once_are_followed(
    tiny: Tiny, records: list[tuple[int, str, str, str]]
) -> None:
    tiny.write_charter(
        inputs__events__columns=COLUMNS,
        linkage_days=2,
        products=["presence", "flows", "visitors", "residence"],
        retention__staged_days=2,
    )
    tiny.put("cells.csv", CELLS)
    lines = [
        row(0, imsi=f"20408000000001{who}", at=f"2026-03-02 {at}", cell=cell, plmn=plmn)
        for who, at, cell, plmn in records
    ]
    tiny.deliver("a.csv", HEADER + b"".join(lines))
    tiny.ingest()
    facts = followed(tiny).facts
    (account,) = accounts(tiny.charter, tiny.store, DAY)
    assert account.n_missing == 0 and account.n_delivered == len(records)
    assert facts["n_rows"] == account.n_staged
    assert facts["n_devices"] <= 2
