"""Broken files of text: encodings, packing, line ends, lengths, quotes."""

from __future__ import annotations

import random

from kinds import HEADER, Kind, landed, packed, refused, row, rows

BAD = "cannot_parse"
NULLS = b"\x00"


def _whole(batch: int, first: int = 1, last: int = 3) -> bytes:
    return HEADER + rows(first, last, batch)


def encodings() -> list[Kind]:
    wide = _whole(1).decode()
    return [
        refused(
            "utf16_le.csv",
            b"\xff\xfe" + wide.encode("utf-16-le"),
            "wrong_encoding",
            "line 1 is UTF-16: deliver it as UTF-8",
        ),
        refused(
            "utf16_be.csv",
            b"\xfe\xff" + wide.encode("utf-16-be"),
            "wrong_encoding",
            "line 1 is UTF-16",
        ),
        refused(
            "utf16_without_mark.csv",
            wide.encode("utf-16-le"),
            "wrong_encoding",
            "UTF-16 or no text at all",
        ),
        refused("utf32.csv", wide.encode("utf-32"), "wrong_encoding", "line 1 is UTF-16"),
        refused(
            "utf16.csv.gz", packed(wide.encode("utf-16")), "wrong_encoding", "line 1 is UTF-16"
        ),
        landed("utf8_mark.csv", b"\xef\xbb\xbf" + _whole(2), staged=3),
        refused(
            "latin1_header.csv",
            _whole(3).replace(b"imei", b"n\xfamero"),
            "wrong_encoding",
            "line 1 is not UTF-8",
        ),
        landed(
            "latin1_rows.csv",
            HEADER + row(1, 4) + row(2, 4, cell="pl").replace(b"pl", b"pl\xe9") + row(3, 4),
            {2: None, 3: BAD, 4: None},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "nul_in_identifier.csv",
            HEADER + row(1, 5) + row(2, 5).replace(b"833", b"8\x003", 1) + row(3, 5),
            {3: BAD},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "nul_in_cell.csv.gz",
            packed(HEADER + row(1, 6) + row(2, 6, cell="c\x001") + row(3, 6)),
            {3: BAD},
            staged=2,
            cannot_parse=1,
        ),
        refused("all_nul.csv", NULLS * 5000, "wrong_encoding", "no text at all"),
        refused(
            "random_bytes.csv",
            random.Random(1).randbytes(3000).replace(NULLS, b"\xff"),
            "wrong_encoding",
            "line 1 is not UTF-8",
        ),
    ]


def packing() -> list[Kind]:
    long = packed(_whole(10, 1, 900))
    flipped = bytearray(packed(_whole(11, 1, 900)))
    flipped[len(flipped) // 2] ^= 255
    return [
        refused("cut.csv.gz", long[: len(long) // 2], "truncated", "breaks off or is damaged"),
        refused(
            "cut_by_one_byte.csv.gz",
            packed(_whole(12))[:-1],
            "truncated",
            "breaks off or is damaged",
        ),
        refused("one_byte_wrong.csv.gz", bytes(flipped), "truncated", "breaks off or is damaged"),
        refused(
            "garbage_behind.csv.gz",
            packed(_whole(13)) + b"garbage",
            "unreadable",
            "bytes behind the end of its gzip",
        ),
        refused(
            "zeros_behind.csv.gz",
            packed(_whole(14)) + NULLS * 512,
            "unreadable",
            "bytes behind the end of its gzip",
        ),
        landed(
            "two_members.csv.gz", packed(_whole(15)) + packed(rows(4, 5, 15)), {6: None}, staged=5
        ),
        landed("packed_but_named.csv", packed(_whole(16)), staged=3),
        landed("plain_but_named.csv.gz", _whole(17), staged=3),
        landed("text_but_named.parquet", _whole(18), staged=3),
        refused(
            "archive.csv.gz",
            b"PK\x03\x04" + b"x" * 90,
            "unreadable",
            "is a zip archive: deliver plain CSV",
        ),
        refused(
            "packed.csv.zst", b"\x28\xb5\x2f\xfd" + b"x" * 90, "unreadable", "is packed with zstd"
        ),
        refused(
            "bomb.csv.gz",
            packed(HEADER + row(1, 19) * 1_100_000),
            "unreadable",
            "unpacks to more than PEIL_UNPACKED_RATIO",
        ),
        refused("nothing.csv.gz", packed(b""), "empty", "unpacks to nothing"),
    ]


def line_ends() -> list[Kind]:
    mixed = (
        HEADER + row(1, 20).replace(b"\n", b"\r\n") + row(2, 20) + row(3, 20).replace(b"\n", b"\r")
    )
    return [
        landed("crlf.csv", _whole(21).replace(b"\n", b"\r\n"), {2: None, 4: None}, staged=3),
        landed("cr.csv", _whole(22).replace(b"\n", b"\r"), {2: None, 4: None}, staged=3),
        landed("mixed_ends.csv", mixed + row(4, 20), {2: None, 5: None}, staged=4),
        landed("no_last_end.csv", _whole(23).rstrip(b"\n"), {4: None}, staged=3),
        landed("blank_lines_behind.csv", _whole(24) + b"\n\r\n\n", {4: None}, staged=3),
        landed(
            "blank_line_within.csv",
            HEADER + row(1, 25) + b"\n" + row(2, 25),
            {2: None, 4: None},
            staged=2,
        ),
        landed(
            "line_of_blanks.csv",
            HEADER + row(1, 26) + b"   \n" + row(2, 26),
            {3: BAD, 4: None},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "line_of_3_MB.csv",
            HEADER + row(1, 27) + b"x" * 3_000_000 + b"\n" + row(2, 27),
            {2: None, 3: BAD, 4: None},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "field_of_2_MB.csv",
            HEADER + row(1, 28) + row(2, 28, cell="c" * 2_000_000) + row(3, 28),
            {3: BAD, 4: None},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "field_of_1_MB.csv",
            HEADER + row(1, 29) + row(2, 29, cell="c" * 1_000_000) + row(3, 29),
            {3: None},
            staged=2,
            unknown_cell=1,
        ),
    ]


def quotes() -> list[Kind]:
    return [
        landed(
            "short_rows.csv",
            HEADER + row(1, 30) + b"204083300300002,2026-03-02 10:00:02\n" + row(3, 30),
            {3: BAD},
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "long_rows.csv",
            HEADER + row(1, 31) + row(2, 31, imei="1,2,3") + row(3, 31, imei=",".join("x" * 40)),
            {3: BAD, 4: BAD},
            staged=1,
            cannot_parse=2,
        ),
        landed(
            "never_closed.csv",
            HEADER + row(1, 32) + row(2, 32, cell='"c1') + rows(3, 40, 32),
            {3: BAD, 4: None, 41: None},
            staged=39,
            cannot_parse=1,
        ),
        landed(
            "never_closed_twice.csv",
            HEADER
            + row(1, 33)
            + row(2, 33, cell='"c1')
            + row(3, 33)
            + row(4, 33, cell='"c2')
            + row(5, 33),
            {3: BAD, 4: None, 5: BAD, 6: None},
            staged=3,
            cannot_parse=2,
        ),
        landed(
            "never_closed_at_the_end.csv",
            HEADER + rows(1, 2, 34) + row(3, 34, imei='"35').rstrip(),
            {3: None, 4: None},
            staged=3,
        ),
        landed(
            "separator_in_quotes.csv",
            HEADER + row(1, 35, cell='"c,1"') + row(2, 35, cell='"c2"'),
            staged=1,
            unknown_cell=1,
        ),
        landed(
            "line_end_in_quotes.csv",
            HEADER + row(1, 36, imei='"a\nb"') + row(2, 36),
            {2: None, 4: None},
            staged=2,
        ),
        landed(
            "quotes_in_quotes.csv", HEADER + row(1, 37, type='"at""tach"') + row(2, 37), staged=2
        ),
        landed(
            "quote_within.csv",
            HEADER + row(1, 38, type='at"tach') + row(2, 38),
            {2: None, 3: None},
            staged=2,
        ),
    ]


def all_kinds() -> list[Kind]:
    groups = [encodings, packing, line_ends, quotes]
    return [kind for make in groups for kind in make()]
