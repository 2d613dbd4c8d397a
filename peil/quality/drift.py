"""Find the causes of what is wrong with a day's delivery, from the quality store.

Belongs in here: one function a cause, and the order in which causes explain each other away: what a
silent region lost is put back before the volume is judged, and a clock that is off is not also a
loss at night. Series of weeks are read in `recent`, sentences for people stand in `causes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import numpy as np

from peil.alerts.trouble import Trouble
from peil.charter.schema import Charter
from peil.quality import store as quality
from peil.quality.causes import KINDS, Cause, percent
from peil.quality.choices import Choices, choices_of
from peil.quality.clocks import shift_of
from peil.quality.loss import slow_loss
from peil.quality.recent import Recent, Series
from peil.quality.unobserved import unobserved_in
from peil.store.store import Store

PLAN_DAYS = 28  # plans that a day's plan is compared with
LOOK_BACK = 14  # days in which the beginning of a trouble is looked for
VOLUME = frozenset({"volume_low", "volume_high", "events_per_device"})
UNLOCATED = frozenset({"unlocated_high", "events_per_device"})


def found(charter: Charter, day: date, store: Store) -> list[Trouble]:
    """Return the troubles of a day's delivery, each with the day since which it lasts.

    Parameters
    ----------
    charter : Charter
    day : date
        A day that was measured; of any other nothing is found.
    store : Store

    Returns
    -------
    list of Trouble
        In the order of `peil.quality.causes.KINDS`, then by place. Since: the first day of an
        unbroken row of days, at most two weeks back.

    Raises
    ------
    Refused
        A choice of [quality] is wrong.
    """
    choices = choices_of(charter.pilot)
    troubles = []
    earlier: dict[date, set[tuple[str, str]]] = {}
    for cause in causes_of(charter, day, store, choices):
        first = day - timedelta(days=cause.n_days - 1)
        while cause.n_days == 1 and (day - first).days < LOOK_BACK:
            before = first - timedelta(days=1)
            if before not in earlier:
                causes = causes_of(charter, before, store, choices)
                earlier[before] = {(other.kind, other.where) for other in causes}
            if (cause.kind, cause.where) not in earlier[before]:
                break
            first = before
        owner, what_to_do = KINDS[cause.kind]
        troubles.append(
            Trouble(
                pilot=charter.pilot,
                kind=cause.kind,
                where=cause.where,
                day=str(day),
                since=str(first),
                severity=_severity(charter, day, store, cause),
                owner=owner,
                what=cause.what,
                what_to_do=what_to_do,
                link=f"operator/page/{charter.pilot}/index.html",
                observed=cause.observed,
            )
        )
    return troubles


def _severity(charter: Charter, day: date, store: Store, cause: Cause) -> Literal["stop", "note"]:
    """A volume that history stops the day for waits; everything else is noted."""
    if cause.kind in ("volume_low", "volume_high"):
        return "stop" if quality.verdicts(store, charter.pilot, day).get("stop") else "note"
    return "note"


def causes_of(charter: Charter, day: date, store: Store, choices: Choices) -> list[Cause]:
    """Find the causes of a day, consequences left out."""
    if not quality.file_of(store, charter.pilot, day, "figures").is_file():
        return []
    recent = Recent(charter, day, store, choices)
    unobserved, volume = unobserved_in(recent, recent.volume())
    causes = [*_doubled(recent, choices), *_clock(recent, choices), *unobserved]
    explained = {kind for cause in causes for kind in cause.explains}
    if not {"silent_region", "unlocated_high"} & explained:
        silent, volume = _silent(recent, volume, choices)
        causes += [*silent, *_plan(recent, silent, choices)]
    causes += _losses(volume, choices)
    explained = {kind for cause in causes for kind in cause.explains}
    if not causes:
        causes += _per_device(recent, choices)
    remaining = [cause for cause in causes if cause.kind not in explained]
    order = list(KINDS)
    return sorted(remaining, key=lambda cause: (order.index(cause.kind), cause.where))


def _doubled(recent: Recent, choices: Choices) -> Iterator[Cause]:
    """Repeats beyond the usual, and rows beyond the usual with them."""
    added, repeats = recent.of("count_added_rows"), recent.of("count_duplicates")
    share = recent.of("duplicate_share")
    ranged = share.range("share", choices, added.today)
    if not share.today > ranged.upper[0]:
        return
    extra = repeats.today - share.usual * added.today
    rest = added.today - extra
    is_more = added.today >= added.usual + extra / 2  # and not repeats in place of records
    is_whole = extra >= choices.doubled_whole_share * rest
    if extra < choices.doubled_share_min * rest or not (is_more or is_whole):
        return
    yield Cause(
        "doubled_delivery",
        "events",
        f"{percent(extra / rest)} of the rows came twice: {added.today:.0f} rows were delivered "
        f"where {added.usual:.0f} are usual, and {repeats.today:.0f} of them repeat others.",
        frozenset({"volume_high"}),
        observed={
            "n_rows": int(added.today),
            "n_rows_expected": round(added.usual),
            "n_duplicates": int(repeats.today),
        },
    )


def _clock(recent: Recent, choices: Choices) -> Iterator[Cause]:
    """A profile of hours that fits the expected one some hours away."""
    shift = shift_of(*recent.by_local_hour("count_added_rows"), choices)
    if shift is None:
        return
    n_outside = recent.of("n_rows_before_day").today + recent.of("n_rows_after_day").today
    way = "late" if shift.hours > 0 else "early"
    hours = abs(shift.hours)
    yield Cause(
        "clock_off",
        "events",
        f"Time stamps are {hours} hour{'s' if hours > 1 else ''} too {way}: so shifted, the day "
        f"has its usual profile; {n_outside:.0f} rows fall outside the day.",
        frozenset({"unobserved_hours", "silent_region", "unlocated_high", *VOLUME}),
        observed={
            "shift_hours": shift.hours,
            "explained_share": round(shift.gain, 3),
            "n_rows_outside_day": int(n_outside),
        },
    )


def _silent(recent: Recent, volume: Series, choices: Choices) -> tuple[list[Cause], Series]:
    """Regions that are silent and usually are not; the volume with what they lost put back."""
    causes = []
    lost = np.zeros(len(volume.history) + 1)
    is_counted = ~np.isnan(volume.with_today())
    hours_of_all = np.nan_to_num(recent.of("n_hours_silent").today)
    regions = recent.regions()
    for region in regions:
        rows = recent.of("count_added_rows", "region", region)
        usual = np.nan_to_num(rows.usual_by_weekday())
        counted = np.nan_to_num(rows.with_today())  # too few to tell is next to nothing
        is_silent = is_counted & (usual >= choices.silent_rows_min)
        is_silent &= counted <= choices.silent_share_max * usual
        hours = recent.of("n_hours_silent", "region", region)
        extra_h = hours.today - np.nan_to_num(hours.usual) - hours_of_all
        is_partly = usual[0] >= 5 * choices.silent_rows_min and extra_h >= choices.silent_hours_min
        lost += np.where(is_silent, usual - counted, 0.0)
        if not (is_silent[0] or is_partly) or rows.n_same_weekdays < choices.history_weeks_min:
            continue
        if not is_silent[0]:
            lost[0] += max(usual[0] - counted[0], 0.0)
        n_cells = int(np.nan_to_num(recent.of("n_cells", "region", region).today))
        how = "" if is_silent[0] else f" for {hours.today:.0f} hours of the day"
        causes.append(
            Cause(
                "silent_region",
                region,
                f"The region {region} with its {n_cells} cells is silent{how}, "
                f"where {usual[0]:.0f} rows a day are usual.",
                observed={
                    "n_rows": int(counted[0]),
                    "n_rows_expected": round(float(usual[0])),
                    "n_cells": n_cells,
                    "n_hours_silent": int(np.nan_to_num(hours.today)),
                },
            )
        )
    if len(causes) > max(len(regions) // 2, 1):  # not regions: the delivery is a part
        return [], volume
    whole = volume.with_today() + np.clip(lost - recent.renamed(), 0.0, None)
    return causes, Series(float(whole[0]), whole[1:])


def _plan(recent: Recent, silent: list[Cause], choices: Choices) -> Iterator[Cause]:
    """Rows that the plan cannot place, be they what regions lack; cells that it has of late."""
    share, added = recent.of("unlocated_share"), recent.of("count_added_rows")
    extra = share.today - share.usual
    ranged = share.range("share", choices, added.today)
    today, before = recent.cells(PLAN_DAYS)
    if extra >= choices.located_share_min and share.today > ranged.upper[0]:
        kind, same = _of_plan(recent, extra * added.today)
        rows = f"{percent(share.today)} of the rows are at no cell of the plan, where "
        rows += f"{percent(share.usual)} are usual"
        observed = {
            "unlocated_share": round(share.today, 4),
            "unlocated_share_expected": round(share.usual, 4),
        }
        rows += f", and the plan is that of {same}." if same else "."
        lack = sum(
            region.observed["n_rows_expected"] - region.observed["n_rows"] for region in silent
        )
        lacking = {"silent_region"} if extra * added.today > lack / 2 else set()
        yield Cause(kind, "cells", rows, (UNLOCATED | lacking) - {kind}, observed=observed)
    new = len(today - before)
    if before and new >= choices.new_cells_min and new >= choices.new_cells_share_min * len(today):
        yield Cause(
            "new_cells",
            "cells",
            f"{new} of the {len(today)} cells of the plan were in no plan of the last four weeks.",
            frozenset({"events_per_device"}),
            observed={"n_cells": len(today), "n_cells_new": new},
        )


def _of_plan(recent: Recent, n_rows: float) -> tuple[str, str]:
    """Whether rows without a place are of an old plan, and of which day it is.

    An old plan has the content of an earlier one, and the names that it lacks behave as cells do:
    each has about as many rows. Names that are garbage have few rows each, or one has them all.
    """
    same = recent.day_of_this_plan(PLAN_DAYS)
    named, located = recent.of("count_location_ids"), recent.of("count_locatable_location_ids")
    n_unknown = (named.today - located.today) - (named.usual - located.usual)
    of_cell = recent.of("count_locatable_events").today / max(located.today, 1)
    is_like_cells = n_unknown >= 1 and 0.1 < n_rows / n_unknown / max(of_cell, 1e-9) < 10
    return ("old_cell_plan", same) if same and is_like_cells else ("unlocated_high", "")


def _losses(volume: Series, choices: Choices) -> Iterator[Cause]:
    """A volume that falls day by day, or is out of its range today."""
    ranged = volume.range("count", choices)
    expected, today = float(ranged.expected[0]), volume.today
    loss = slow_loss(today, volume.history, choices)
    if loss is not None:
        yield Cause(
            "slow_loss",
            "events",
            f"Rows have fallen by {percent(loss.share)} a day for {loss.n_days} days, the pattern "
            "of the week taken out.",
            VOLUME,
            loss.n_days,
            {
                "loss_share_per_day": round(loss.share, 4),
                "n_days": loss.n_days,
                "n_rows": int(today),
            },
        )
    out = today < ranged.lower[0] or today > ranged.upper[0]
    if not out or abs(today / max(expected, 1.0) - 1) < choices.volume_share_min:
        return
    kind = "volume_low" if today < expected else "volume_high"
    ratio = percent(abs(today / max(expected, 1.0) - 1))
    yield Cause(
        kind,
        "events",
        f"{today:.0f} rows were delivered, {ratio} {'less' if today < expected else 'more'} than "
        f"the {expected:.0f} that are usual on this weekday.",
        frozenset({"events_per_device"}),
        observed={"n_rows": int(today), "n_rows_expected": round(expected)},
    )


def _per_device(recent: Recent, choices: Choices) -> Iterator[Cause]:
    """Staged rows for each device, where nothing else explains them."""
    rate = recent.of("rows_per_device")
    ranged = rate.range("number", choices)
    out = rate.today < ranged.lower[0] or rate.today > ranged.upper[0]
    if out and abs(rate.today / rate.usual - 1) >= choices.per_device_share_min:
        yield Cause(
            "events_per_device",
            "events",
            f"{rate.today:.1f} rows were staged for each device, where {rate.usual:.1f} are usual "
            "on this weekday.",
            observed={
                "rows_per_device": round(rate.today, 2),
                "rows_per_device_expected": round(rate.usual, 2),
            },
        )
