"""The statement in plain words is made of the charter and the release, and claims no more."""

from __future__ import annotations

import re
from typing import Any

import pytest

from peil.charter.area_schema import Bounds
from peil.pages import build
from peil.release import presence, statement

TOLD = {
    "period": "2026-03-02",
    "night": {"day": "2026-03-02"},
    "n_withheld": 7,
    "n_entries": 480,
    "interval": {"level": 0.9, "measured": 0.91, "measured_least": 0.75},
}


@pytest.mark.parametrize(
    ("language", "said"), [("en", "by municipality; 62 in"), ("nl", "per gemeente; 62 in")]
)
def test_the_part_that_held_least_is_said_where_it_was_measured(
    tiny: Any, language: str, said: str
) -> None:
    told = {**TOLD, "interval": {**TOLD["interval"], "measured_part": 0.62}}
    text = " ".join(statement.privacy(tiny.charter, told)[language].split())
    assert said in text and "91" in text and "75" in text
    assert said not in " ".join(statement.privacy(tiny.charter, TOLD)[language].split())


@pytest.mark.parametrize(("language", "said"), [("en", "neither zero"), ("nl", "niet nul")])
def test_hours_that_nobody_observed_are_said_where_there_are_some(
    tiny: Any, words: dict[str, str], language: str, said: str
) -> None:
    with_some = statement.privacy(tiny.charter, {**TOLD, "n_unobserved": 20})[language]
    assert said in with_some and "- 20 " in with_some
    assert said not in words[language]


@pytest.mark.parametrize(
    ("language", "begin"), [("en", "Antenna sectors were silent"), ("nl", "Antennesectoren zwegen")]
)
def test_outages_are_said_with_how_many_figures_rest_on_neighbours(
    tiny: Any, words: dict[str, str], language: str, begin: str
) -> None:
    record = {
        "outages": [
            {"zone_id": zone, "hour_at": f"2026-03-02T0{hour}:00:00+00:00", "share": 0.3}
            for zone, hour in (("A", 1), ("A", 2), ("B", 2))
        ]
    }
    told = presence.outages(tiny.charter, record)
    assert told[0] == {"zone_id": "A", "hour_at": "2026-03-02T02:00:00+01:00", "share": 0.3}
    text = statement.privacy(tiny.charter, {**TOLD, "outages": told})[language]
    said = " ".join(text.replace(words[language], "").split())
    assert re.findall(r"\d+", said[said.index(f"{begin}. ") :])[:4] == ["5", "3", "2", "2"]
    assert begin not in words[language]
    assert begin in getattr(statement.paragraphs(tiny.charter, {**TOLD, **record})[1], language)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_cell_plan_that_the_night_contradicts_is_said_with_what_was_done(
    tiny: Any, words: dict[str, str], language: str
) -> None:
    doubted = {**TOLD, "misfit_share": 0.73}
    text = statement.privacy(tiny.charter, doubted)[language]
    said = " ".join(text.replace(words[language], "").split())
    begin = {"en": "The night of 2026-03-02 contradicts", "nl": "De nacht van 2026-03-02 spreekt"}
    assert begin[language] in said
    # .73 lies half way from .45 to 1: half of each figure leans on polygons
    assert re.findall(r"(\d+) %", said) == ["73", "45", "51"]
    quality = statement.paragraphs(tiny.charter, doubted)[1]
    assert begin[language] in getattr(quality, language)
    days = {**doubted, "doubted_days": ["2026-03-02", "2026-03-04"]}
    assert "2026-03-02, 2026-03-04" in statement.privacy(tiny.charter, days)[language]
    usual = {**TOLD, "misfit_share": 0.45}  # the edge of what is usual
    assert statement.privacy(tiny.charter, usual)[language] == words[language]


def test_the_page_says_of_which_days_the_plan_is_contradicted(tiny: Any) -> None:
    days = [("2026-03-02", 0.3), ("2026-03-04", 0.6), ("2026-03-03", 0.8), ("2026-03-05", 0.45)]
    metadata: list[dict[str, Any]] = [{"period": day, "misfit_share": far} for day, far in days]
    outages = [{"zone_id": "A", "hour_at": f"{day}T02:00:00+01:00", "share": 0.3} for day in "12"]
    metadata[0]["outages"], metadata[2]["outages"] = outages[:1], outages[1:]
    doubt = build._doubt(tiny.charter, metadata)
    days_of = ["2026-03-03", "2026-03-04"]
    assert doubt == {"misfit_share": 0.8, "doubted_days": days_of, "outages": outages}
    assert build._doubt(tiny.charter, [{"period": "2026-03-02"}])["doubted_days"] == []


@pytest.fixture
def words(tiny: Any) -> dict[str, str]:
    return statement.privacy(tiny.charter, TOLD)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_everything_a_reader_must_know_is_filled_in(
    tiny: Any, words: dict[str, str], language: str
) -> None:
    text = " ".join(words[language].split())
    charter = tiny.charter
    for told in (
        getattr(charter.title, language),
        getattr(charter.use_limits, language),
        charter.contact,
        charter.operator.name,
        charter.agency.name,
        charter.legal_reference,
        "2026-03-02",
        "synthetic",
        "method development",
        "7 of 480" if language == "en" else "7 van 480",
    ):
        assert told in text, told
    assert not re.search(r"[{}]", words[language])


def test_both_languages_say_the_same_things(words: dict[str, str]) -> None:
    shape = {language: re.findall(r"^(# |## |- )", text, re.M) for language, text in words.items()}
    assert shape["en"] == shape["nl"]
    numbers = {language: sorted(re.findall(r"\d+", text)) for language, text in words.items()}
    assert numbers["en"] == numbers["nl"]


def test_what_is_not_claimed_is_said(words: dict[str, str]) -> None:
    english = " ".join(words["en"].split())
    assert "Somebody who already knows every other device" in english
    assert "they stay personal data" in english
    assert "90 of 100 intervals are meant to hold the true number" in english
    assert "91 of 100 did, 75 on the worst make" in english
    assert "Devices are not people" in english
    assert "het blijven persoonsgegevens" in " ".join(words["nl"].split())


def test_the_page_shows_protection_and_quality(tiny: Any) -> None:
    blocks = statement.paragraphs(tiny.charter, TOLD)
    assert [block.en.splitlines()[0] for block in blocks] == [
        "## How people are protected",
        "## How good the figures are",
    ]
    assert [block.nl.splitlines()[0] for block in blocks] == [
        "## Hoe mensen beschermd zijn",
        "## Hoe goed de cijfers zijn",
    ]
    for block in blocks:  # every line is whole: a heading or an item
        assert all(re.match(r"## |- ", line) for line in block.en.splitlines())
        assert all(re.match(r"## |- ", line) for line in block.nl.splitlines())


LINKED = {
    "period": "2026-03-02",
    "n_withheld": 7,
    "n_entries": 480,
    "interval": {"level": 0.9, "measured": 0.7, "measured_least": 0.1},
    "linkage_days": 5,
    "window": {"start": "2026-03-02", "end": "2026-03-06"},
}


@pytest.mark.parametrize("product", ["flows", "visitors"])
def test_a_product_that_follows_devices_says_so_and_for_how_long(tiny: Any, product: str) -> None:
    words = statement.privacy(tiny.charter, {**LINKED, "product": product})
    english, dutch = (" ".join(words[language].split()) for language in ("en", "nl"))
    assert "one pseudonym stood for one device during 5 days (2026-03-02 – 2026-03-06)" in english
    assert "één pseudoniem stond 5 dagen voor één toestel (2026-03-02 – 2026-03-06)" in dutch
    subject = {"flows": "trips of people between", "visitors": "where they come from"}[product]
    assert subject in english
    assert "they stay personal data. Longer linkage makes a device easier" in english
    assert "7 of 480" in english and "7 van 480" in dutch
    assert not re.search(r"[{}]", words["en"] + words["nl"])
    shape = [re.findall(r"^(# |## |- )", words[language], re.M) for language in ("en", "nl")]
    assert shape[0] == shape[1]


@pytest.mark.parametrize("product", ["flows", "visitors"])
def test_of_a_part_of_a_country_it_is_said_who_is_not_in_the_figures(
    tiny: Any, product: str
) -> None:
    metadata, area = {**LINKED, "product": product}, tiny.charter.area
    whole = statement.privacy(tiny.charter, metadata)
    bounds = Bounds(x_min_m=0.0, y_min_m=0.0, x_max_m=1.0, y_max_m=1.0)
    for part in ({"only": ["A"]}, {"within": bounds}):
        charter = tiny.charter.model_copy(update={"area": area.model_copy(update=part)})
        words = statement.privacy(charter, metadata)
        for language, told in (("en", "live in that country outside"), ("nl", "buiten het gebied")):
            assert told in " ".join(words[language].split())
            assert told not in " ".join(whole[language].split())
