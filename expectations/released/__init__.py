"""May this leave? The last look at a release before it is approved."""

from expectations.released import (
    rel_flows__by_pair_period,
    rel_presence__by_zone_hour,
    rel_visitors__by_zone_hour,
)

SUITES = (rel_presence__by_zone_hour,)
# each product has a release, hence a gate, of its own
PRODUCT_SUITES = {
    "flows": rel_flows__by_pair_period,
    "visitors": rel_visitors__by_zone_hour,
}
