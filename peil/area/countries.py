"""Mobile country codes: which country, and which local time, a network's records are of."""

from __future__ import annotations

COUNTRIES = {  # mcc: ISO code, time zone of most people there
    202: ("GR", "Europe/Athens"),
    204: ("NL", "Europe/Amsterdam"),
    206: ("BE", "Europe/Brussels"),
    208: ("FR", "Europe/Paris"),
    213: ("AD", "Europe/Andorra"),
    214: ("ES", "Europe/Madrid"),
    216: ("HU", "Europe/Budapest"),
    218: ("BA", "Europe/Sarajevo"),
    219: ("HR", "Europe/Zagreb"),
    220: ("RS", "Europe/Belgrade"),
    222: ("IT", "Europe/Rome"),
    226: ("RO", "Europe/Bucharest"),
    228: ("CH", "Europe/Zurich"),
    230: ("CZ", "Europe/Prague"),
    231: ("SK", "Europe/Bratislava"),
    232: ("AT", "Europe/Vienna"),
    234: ("GB", "Europe/London"),
    235: ("GB", "Europe/London"),
    238: ("DK", "Europe/Copenhagen"),
    240: ("SE", "Europe/Stockholm"),
    242: ("NO", "Europe/Oslo"),
    244: ("FI", "Europe/Helsinki"),
    246: ("LT", "Europe/Vilnius"),
    247: ("LV", "Europe/Riga"),
    248: ("EE", "Europe/Tallinn"),
    255: ("UA", "Europe/Kyiv"),
    259: ("MD", "Europe/Chisinau"),
    260: ("PL", "Europe/Warsaw"),
    262: ("DE", "Europe/Berlin"),
    266: ("GI", "Europe/Gibraltar"),
    268: ("PT", "Europe/Lisbon"),
    270: ("LU", "Europe/Luxembourg"),
    272: ("IE", "Europe/Dublin"),
    274: ("IS", "Atlantic/Reykjavik"),
    276: ("AL", "Europe/Tirane"),
    278: ("MT", "Europe/Malta"),
    280: ("CY", "Asia/Nicosia"),
    284: ("BG", "Europe/Sofia"),
    286: ("TR", "Europe/Istanbul"),
    293: ("SI", "Europe/Ljubljana"),
    294: ("MK", "Europe/Skopje"),
    295: ("LI", "Europe/Vaduz"),
    297: ("ME", "Europe/Podgorica"),
    429: ("NP", "Asia/Kathmandu"),
    440: ("JP", "Asia/Tokyo"),
    510: ("ID", "Asia/Jakarta"),
    602: ("EG", "Africa/Cairo"),
    608: ("SN", "Africa/Dakar"),
    620: ("GH", "Africa/Accra"),
    621: ("NG", "Africa/Lagos"),
    639: ("KE", "Africa/Nairobi"),
    643: ("MZ", "Africa/Maputo"),
}


def zone_of_mcc(mcc: int | None) -> str | None:
    """The time zone of a mobile country code, where it is known.

    >>> zone_of_mcc(214)
    'Europe/Madrid'
    """
    return COUNTRIES[mcc][1] if mcc in COUNTRIES else None


def country_of_mcc(mcc: int | None) -> str | None:
    """The ISO code of a mobile country code, where it is known.

    >>> country_of_mcc(204)
    'NL'
    """
    return COUNTRIES[mcc][0] if mcc in COUNTRIES else None


def mcc_of_imsi(values: list[str | None]) -> int | None:
    """The country that most subscribers' numbers begin with, where most agree."""
    starts = [int(v[:3]) for v in values if v and v[:3].isdecimal() and int(v[:3]) in COUNTRIES]
    if not starts:
        return None
    most = max(sorted(set(starts)), key=starts.count)
    return most if starts.count(most) > len(starts) / 2 else None
