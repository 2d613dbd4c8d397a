"""Sound files with values that are wrong: times, networks, identifiers where they do not belong."""

from __future__ import annotations

from kinds import HEADER, Kind, landed, row

IMSI = "204080000000123"


def _of(name: str, batch: int, *records: dict[str, str], **outcomes: int) -> Kind:
    """One record for each of what is told, and a sound one before and behind."""
    middle = b"".join(row(n, batch, **fields) for n, fields in enumerate(records, start=2))
    staged = outcomes.pop("staged", 0) + 2
    return landed(
        f"{name}.csv",
        HEADER + row(1, batch) + middle + row(len(records) + 2, batch),
        None,
        staged=staged,
        **outcomes,
    )


def _at(*times: str) -> list[dict[str, str]]:
    return [{"at": at} for at in times]


def times() -> list[Kind]:
    day = "2026-03-02"
    return [
        _of("epoch_seconds", 100, *_at("1772449200"), cannot_parse=1),
        _of("epoch_milliseconds", 101, *_at("1772449200000"), cannot_parse=1),
        _of("epoch_microseconds", 102, *_at("1772449200000000"), cannot_parse=1),
        _of("other_format", 103, *_at("02-03-2026 10:00:00", "03/02/2026 10:00"), cannot_parse=2),
        _of("half_day_clock", 104, *_at(f"{day} 10:00:00 p.m.", f"{day} 10:00 AM"), cannot_parse=2),
        _of(
            "no_such_day",
            105,
            *_at(
                "2026-02-29 10:00:00", "2026-02-30 10:00:00", f"{day} 25:00:00", f"{day} 10:61:00"
            ),
            cannot_parse=4,
        ),
        _of("midnight_as_24", 106, *_at("2026-03-01 24:00:00"), staged=1),
        _of("midnight_after", 107, *_at(f"{day} 24:00:00"), out_of_range=1),
        _of(
            "epochs_of_others",
            108,
            *_at(
                "1970-01-01 00:00:00",
                "1900-01-01 00:00:00",
                "2099-12-31 23:59:59",
                "9999-12-31 23:59:59",
            ),
            out_of_range=4,
        ),
        _of("not_finite", 109, *_at("infinity", "-infinity", "nan"), cannot_parse=3),
        _of(
            "zone_named",
            110,
            *_at(f"{day} 10:00:00 Europe/Paris", f"{day} 10:00:00 Atlantis"),
            cannot_parse=2,
        ),
        _of(
            "zone_as_offset",
            111,
            *_at(f"{day}T10:00:00Z", f"{day} 10:00:00+01:00", f"{day} 10:00:00.25-05"),
            staged=3,
        ),
        _of("offset_into_another_day", 112, *_at(f"{day} 00:30:00+02:00"), late=1),
        _of("the_day_before", 113, *_at("2026-03-01 23:59:59"), late=1),
        _of("a_month_late", 114, *_at("2026-01-30 10:00:00"), late=1),
        _of("years_ago", 115, *_at("2019-03-02 10:00:00"), out_of_range=1),
        _of("the_day_after", 116, *_at("2026-03-03 00:00:00"), out_of_range=1),
        _of(
            "year_of_six_digits",
            117,
            *_at("202603-03-02 10:00:00", "0000-00-00 00:00:00"),
            out_of_range=1,
            cannot_parse=1,
        ),
        _of("date_only", 118, *_at(day), cannot_parse=1),
        _of("no_time", 119, *_at("", "  ", "NULL"), null_value=2, cannot_parse=1),
    ]


def networks() -> list[Kind]:
    return [
        _of("three_digit_mnc", 130, {"mnc": "008"}, {"mcc": "310", "mnc": "410"}, staged=2),
        _of("six_digit_plmn", 131, {"plmn": "310410"}, {"plmn": "26202"}, staged=2),
        _of("lost_zero", 132, {"mnc": "8"}, out_of_range=1),
        _of("negative", 133, {"mcc": "-204"}, {"ta": "-1"}, {"plmn": "-20408"}, out_of_range=3),
        _of(
            "huge",
            134,
            {"mcc": "99999999999999"},
            {"ta": "2147483648"},
            {"plmn": "1e300"},
            cannot_parse=3,
        ),
        _of(
            "far",
            135,
            {"ta": "3847"},
            {"ta": "2147483647"},
            {"ta": "3846"},
            out_of_range=2,
            staged=1,
        ),
        _of(
            "not_numbers",
            136,
            {"mcc": "nan"},
            {"mcc": "inf"},
            {"ta": "0x10"},
            {"mcc": "NL"},
            cannot_parse=3,
            out_of_range=0,
            staged=1,
        ),
        _of(
            "broken_numbers",
            137,
            {"mcc": "204.6"},
            {"ta": "3,5"},
            {"mcc": "204.0"},
            cannot_parse=2,
            staged=1,
        ),
        _of("decimal_comma", 138, {"ta": '"3,5"'}, cannot_parse=1),
        _of("no_network", 139, {"mcc": ""}, {"mcc": "", "mnc": ""}, no_network=2),
    ]


def identifiers() -> list[Kind]:
    return [
        _of("imsi_as_cell", 150, {"cell": IMSI}, identifier_in_wrong_column=1),
        _of(
            "imsi_as_type",
            151,
            {"type": IMSI},
            {"type": f"to {IMSI}"},
            identifier_in_wrong_column=2,
        ),
        _of("msisdn_as_network", 152, {"mnc": "31612345678"}, identifier_in_wrong_column=1),
        _of("nobody", 153, {"imsi": ""}, {"imsi": "   "}, {"imsi": "---"}, null_value=3),
        _of(
            "formula",
            154,
            {"cell": "=cmd|' /C calc'!A0"},
            {"type": "=HYPERLINK(1)"},
            {"cell": "@SUM(1)"},
            unknown_cell=2,
            staged=1,
        ),
        _of(
            "sql",
            155,
            {"cell": "c1'; DROP TABLE raw.events; --"},
            {"cell": "c1' OR '1'='1"},
            {"type": "{{ this }}"},
            unknown_cell=2,
            staged=1,
        ),
        _of(
            "script",
            156,
            {"cell": "<script>alert(1)</script>"},
            {"cell": "../../etc/passwd"},
            {"cell": "${HOME}"},
            unknown_cell=3,
        ),
        _of("no_cell", 157, {"cell": ""}, {"cell": " "}, no_location=2),
        _of("unseen_letters", 158, {"cell": "c1\u200b"}, {"cell": "\u202ec1"}, unknown_cell=2),
        _of(
            "same_twice", 159, {"imsi": "204083301590001", "at": "2026-03-02 10:00:01"}, duplicate=1
        ),
    ]


def all_kinds() -> list[Kind]:
    return [*times(), *networks(), *identifiers()]
