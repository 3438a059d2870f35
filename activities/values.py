"""Values as a portal's designer fills them: always text, however the portal formats its numbers and dates.

Every reader returns the value or raises ValueError; what a person is told is decided by whoever asked.
What a portal sends in a call, and what CRM fields print as.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

# Portal times without an offset are the site's own; the portals that have Diadoc live by Moscow time.
PORTAL_ZONE = timezone(timedelta(hours=3))

CURRENCY_SIGNS = {"₽": "RUB", "руб.": "RUB", "руб": "RUB", "р.": "RUB", "р": "RUB", "$": "USD", "€": "EUR", "¥": "CNY"}
YES = {"y", "yes", "1", "true", "on", "да", "д"}
NO = {"n", "no", "0", "false", "off", "нет", "н"}

# Currencies by their ISO codes with the digits of the Russian classifier (ОКВ), which follow ISO 4217.
# fmt: off
_OKV = {
    "RUB": "643", "RUR": "643", "USD": "840", "EUR": "978", "BYN": "933", "KZT": "398", "UAH": "980", "AMD": "051",
    "AZN": "944", "GEL": "981", "KGS": "417", "MDL": "498", "TJS": "972", "TMT": "934", "UZS": "860", "CNY": "156",
    "JPY": "392", "KRW": "410", "HKD": "344", "SGD": "702", "INR": "356", "THB": "764", "VND": "704", "MNT": "496",
    "IDR": "360", "MYR": "458", "PHP": "608", "PKR": "586", "GBP": "826", "CHF": "756", "TRY": "949", "AED": "784",
    "SAR": "682", "QAR": "634", "KWD": "414", "ILS": "376", "EGP": "818", "IRR": "364", "PLN": "985", "CZK": "203",
    "HUF": "348", "RON": "946", "BGN": "975", "RSD": "941", "SEK": "752", "NOK": "578", "DKK": "208", "ISK": "352",
    "CAD": "124", "AUD": "036", "NZD": "554", "BRL": "986", "MXN": "484", "ZAR": "710", "CUP": "192",
}
# fmt: on

_NUMBER = re.compile(r"([0-9]+|[0-9]{1,3}(?:(?P<group>[,.'])[0-9]{3})(?:(?P=group)[0-9]{3})*)(?:([.,])([0-9]+))?")
_PORTAL_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PORTAL_OFFSET = re.compile(r"\s*\[(-?[0-9]{1,5})\]$")


@dataclass(frozen=True)
class Text:
    """What a person reads, in the two languages of the product."""

    ru: str
    en: str

    def of(self, language: str) -> str:
        """The text in "ru" or (for any other language) "en"."""
        return self.ru if language == "ru" else self.en

    def __str__(self) -> str:
        return self.en  # logs are English


class Amount(NamedTuple):
    """Money as it was written: `currency` is an ISO code, or "" when the text named none."""

    value: Decimal
    currency: str


def is_empty(value: object) -> bool:
    """Nothing, blanks, or a list of nothing: how a portal sends a field that was left alone."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(is_empty(item) for item in value)
    return value is None or (isinstance(value, str) and not value.strip())


def as_text(value: object) -> str:
    """A single value as text, without characters that no database or XML can keep. Raises ValueError on a structure."""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, (dict, list, tuple, set)):
        raise ValueError("one value is expected")
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def read_line(text: str) -> str:
    """One line: breaks and tabs become spaces."""
    return re.sub(r"[\n\t]+", " ", text).strip()


def read_whole(text: str) -> int:
    """A whole number: "5", "1 000", "5.00"."""
    match = re.fullmatch(r"([+-]?[0-9]{1,18})(?:[.,]0+)?", _ungrouped(text))
    if not match:
        raise ValueError("not a whole number")
    return int(match[1])


def read_amount(text: str) -> Amount:
    """Money: "100.50|RUB", "1 234,56", "1 234,56 ₽", "1,234.56". Raises ValueError when it could mean two sums."""
    number, _, currency = text.partition("|")
    number, sign = _split_currency(_ungrouped(number.replace("&#8381;", "₽").replace("&nbsp;", " ")))
    match = _NUMBER.fullmatch(number)
    if not match or (match[3] and match[3] == match["group"]):
        raise ValueError("not a sum of money")
    whole, fraction = match[1], match[4] or ""
    if len(fraction) == 3 and not match["group"]:
        raise ValueError("a thousand or a fraction")  # 1,234 is one sum in Moscow and another in London
    if fraction[2:].strip("0"):
        raise ValueError("fractions of a kopeck")
    digits = re.sub(r"[^0-9]", "", whole)
    if len(digits) > 15:
        raise ValueError("more than all the money there is")
    return Amount(
        Decimal(f"{digits}.{fraction[:2] or '0'}").quantize(Decimal("0.01")), currency.strip().upper() or sign
    )


def _split_currency(number: str) -> tuple[str, str]:
    match = re.fullmatch(r"(.*?[0-9])\s*([^0-9]+)", number)
    if not match:
        return number, ""
    sign = match[2].lower()
    if sign in CURRENCY_SIGNS:
        return match[1], CURRENCY_SIGNS[sign]
    if re.fullmatch(r"[A-Za-z]{3}", match[2]):
        return match[1], match[2].upper()
    raise ValueError("unknown currency")


def read_day(text: str) -> date:
    """The day as written, whatever time and offset follow it: "21.08.2026", "2026-08-21", ISO and portal date-times."""
    return _written_moment(text).date()


def read_moment(text: str) -> datetime:
    """A moment, aware and in UTC; without an offset the text is in PORTAL_ZONE."""
    moment = _written_moment(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=PORTAL_ZONE)
    return moment.astimezone(UTC)


def _written_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text) if _ISO_DAY.match(text) else _portal_moment(text)
    if not 1900 <= moment.year <= 2200:
        raise ValueError("no such year in this trade")
    return moment


def _portal_moment(text: str) -> datetime:
    offset = _PORTAL_OFFSET.search(text)
    match = _PORTAL_DAY.fullmatch(_PORTAL_OFFSET.sub("", text))
    if not match:
        raise ValueError("not a date")
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    zone = timezone(timedelta(seconds=int(offset[1]))) if offset else None
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def read_flag(text: str) -> bool:
    """Yes or no, as a portal, an expression or a person writes them."""
    word = text.lower()
    if word not in YES | NO:
        raise ValueError("neither yes nor no")
    return word in YES


def read_user(text: str) -> int:
    """A user's id: "user_1", "1", "[1]", "Name [1]". Groups and departments are nobody in particular: ValueError."""
    match = re.fullmatch(r"(?:user_|u)?([1-9][0-9]{0,9})|.*\[([1-9][0-9]{0,9})\]", text, re.IGNORECASE)
    if not match:
        raise ValueError("not a user")
    return int(match[1] or match[2])


def read_id(text: str, *prefixes: str) -> int:
    """An id that a CRM field may print with a prefix: read_id("CO_5", "CO") is 5, "5" as well.

    Drive files print as "n123" (a file) or "123" (an attachment), companies as CO_5, contacts as C_7.
    Raises ValueError when the text is no id or carries another prefix.
    """
    match = re.fullmatch(r"(?:([A-Za-z]+?)_?)?([1-9][0-9]{0,17})(?:\.0+)?", text.strip())
    if not match or (match[1] and match[1].upper() not in {prefix.upper() for prefix in prefixes}):
        raise ValueError("not an id")
    return int(match[2])


def okv(currency: str) -> str:
    """The three digits of a currency given as an ISO code or as those digits. Raises ValueError for an unknown one."""
    code = currency.strip().upper()
    if code in _OKV:
        return _OKV[code]
    if code.zfill(3) in _OKV.values():
        return code.zfill(3)
    raise ValueError("unknown currency")


def iso_currency(digits: str) -> str:
    """The ISO code of a currency's digits; "" for an unknown one."""
    return next((code for code, known in _OKV.items() if known == digits), "")


def shorten(text: str, limit: int) -> str:
    """The text within `limit` characters, the cut marked by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _ungrouped(text: str) -> str:
    """Spaces of any kind go where they part thousands; "5 6" stays two numbers."""
    visible = "".join(" " if sign.isspace() else sign for sign in text if unicodedata.category(sign) != "Cf")
    return re.sub(r"(?<=[0-9]) +(?=[0-9]{3}(?![0-9]))", "", visible).strip()
