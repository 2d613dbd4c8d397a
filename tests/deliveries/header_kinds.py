"""Headers that are missing, turned or wrong; names of files that mean something to a program."""

from __future__ import annotations

from kinds import HEADER, OPTED_OUT, Kind, landed, refused, row, rows

BAD = "cannot_parse"


def _whole(batch: int, first: int = 1, last: int = 3) -> bytes:
    return HEADER + rows(first, last, batch)


def headers() -> list[Kind]:
    turned = b"\n".join(b",".join(reversed(line.split(b","))) for line in _whole(40).splitlines())
    return [
        refused(
            "without_header.csv", rows(1, 3, 41), "wrong_columns", "line 1 lacks the column cell"
        ),
        landed(
            "header_in_between.csv",
            HEADER + row(1, 42) + HEADER + row(2, 42),
            {3: BAD},
            staged=2,
            cannot_parse=1,
        ),
        landed("other_order.csv", turned, staged=3),
        landed(
            "other_case_and_blanks.csv",
            b" IMSI , At,MCC,mnc,Cell,TYPE,ta,plmn,imei\n" + rows(1, 3, 43),
            staged=3,
        ),
        refused(
            "column_twice.csv",
            _whole(44).replace(b"imei", b"IMSI"),
            "wrong_columns",
            "line 1 names a column twice",
        ),
        refused(
            "lacks_a_column.csv",
            _whole(45).replace(b"cell", b"site"),
            "wrong_columns",
            "line 1 lacks the column cell",
        ),
        refused(
            "other_separator.csv",
            _whole(46).replace(b",", b";"),
            "wrong_columns",
            "line 1 lacks the column cell",
        ),
        refused(
            "page_instead.csv",
            b"<html><body>502 Bad Gateway</body></html>\n",
            "wrong_columns",
            "line 1 lacks the column",
        ),
        refused("empty.csv", b"", "empty", "is empty: have it delivered again"),
        refused("blank_first_line.csv", b"\n" + _whole(47), "empty", "is empty in line 1"),
        landed("header_only.csv", HEADER),
        landed("header_only_without_end.csv", HEADER.rstrip()),
        landed(
            "separator_behind.csv", _whole(49).replace(b"\n", b",\n"), {2: None, 4: None}, staged=3
        ),
        landed(
            "value_as_a_column_name.csv",
            _whole(48).replace(b"imei", b"204080000000555", 1),
            staged=3,
        ),
    ]


def names() -> list[Kind]:
    """Neighbours that a pattern would also match lie beside them: `names_1.csv`."""
    file_names = [
        "two words.csv",
        "o'clock.csv",
        'q"uote.csv',
        "fünf ☃.csv",
        "names_[1].csv",
        "names_*.csv",
        "names_?.csv",
        "{day}.csv",
        "semi;colon.csv",
        "100%.csv",
        "back\\slash.csv",
        "new\nline.csv",
        "-rf.csv",
        "no_ending",
    ]
    return [
        landed("names_1.csv", _whole(50), staged=3),
        *(landed(name, _whole(51 + n), staged=3) for n, name in enumerate(file_names)),
    ]


def opted_out() -> list[Kind]:
    gone = row(2, 70, imsi=OPTED_OUT)
    return [
        landed(
            "opted_out_beside_bad.csv",
            HEADER + row(1, 70) + gone + b"x\xff\n" + row(4, 70),
            {2: None, 4: BAD, 5: None},
            staged=2,
            opted_out=1,
            cannot_parse=1,
        ),
        landed(
            "opted_out_across_lines.csv",
            HEADER + row(1, 71, imei='"a\nb"') + gone + row(3, 71),
            {2: None, 5: None},
            staged=2,
            opted_out=1,
        ),
    ]


def all_kinds() -> list[Kind]:
    return [*headers(), *names(), *opted_out()]
