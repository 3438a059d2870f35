"""INN, KPP and OGRN: normal forms and checks, with a reason for every refusal.

Rules: the check digits, and the tax service's layout of shipment documents (types `inn` and `kpp`). Only ASCII digits
and capital Latin letters count: look-alikes are refused, not repaired.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from activities.values import Text
from errors import ActivityError, InnInvalid, InputInvalid, KppForbidden, KppRequired

LEGAL_ENTITY = "legal_entity"
INDIVIDUAL_ENTREPRENEUR = "individual_entrepreneur"
FOREIGN_ORGANIZATION = "foreign_organization"
UNKNOWN = "unknown"

REASONS = {
    "INN_EMPTY": Text("ИНН не указан", "the INN is missing"),
    "INN_FORMAT": Text(
        "ИНН должен состоять только из цифр 0–9 и не начинаться с 00",
        "an INN consists of the digits 0–9 only and does not begin with 00",
    ),
    "INN_LENGTH": Text(
        "в ИНН должно быть 10 цифр (организация) или 12 (предприниматель)",
        "an INN has 10 digits (organization) or 12 (entrepreneur)",
    ),
    "INN_CHECKSUM": Text(
        "контрольная цифра ИНН не сходится, в номере опечатка", "the INN's check digit is wrong, the number has a typo"
    ),
    "KPP_REQUIRED": Text("у организации должен быть КПП", "an organization must have a KPP"),
    "KPP_FORBIDDEN": Text("у предпринимателя не бывает КПП", "an entrepreneur has no KPP"),
    "KPP_FORMAT": Text(
        "КПП состоит из 9 знаков: цифр, а на 5–6 месте ещё и больших латинских букв",
        "a KPP has 9 characters: digits, in places 5–6 also capital Latin letters",
    ),
    "OGRN_EMPTY": Text("ОГРН не указан", "the OGRN is missing"),
    "OGRN_FORMAT": Text(
        "ОГРН состоит только из цифр 0–9, ОГРНИП начинается с 3 или 4",
        "an OGRN consists of the digits 0–9 only, an OGRNIP begins with 3 or 4",
    ),
    "OGRN_LENGTH": Text(
        "в ОГРН должно быть 13 цифр, в ОГРНИП 15", "an OGRN has 13 digits, an OGRNIP (entrepreneur) 15"
    ),
    "OGRN_CHECKSUM": Text(
        "контрольная цифра ОГРН не сходится, в номере опечатка",
        "the OGRN's check digit is wrong, the number has a typo",
    ),
}
LOST_ZERO = Text("похоже, потерян ноль в начале", "a leading zero seems to be lost")

# fmt: off
_WEIGHTS_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_WEIGHTS_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_WEIGHTS_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
# fmt: on
_KPP = re.compile(r"(?!00)[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_LABEL = r"^(?:{})[:№.]*"


class RequisitesCheck(NamedTuple):
    """What `check` found: normal forms, the kind by the INN, and every reason against them."""

    is_valid: bool
    kind: str
    inn: str
    kpp: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class OgrnCheck:
    """What `check_ogrn` found."""

    is_valid: bool
    kind: str
    ogrn: str
    reasons: tuple[str, ...]


def normal_inn(text: str) -> str:
    """An INN without spaces, invisible characters, dashes, a leading label, a spreadsheet's ".0", and without
    the 00 that certificates put before the 10 digits of an organization. What does not fit stays to be refused."""
    inn = _bare(text, "ИНН|INN")
    return inn[2:] if re.fullmatch(r"00[0-9]{10}", inn) else inn


def normal_kpp(text: str) -> str:
    """A KPP cleaned in the same way. The case of its letters is kept."""
    return _bare(text, "КПП|KPP")


def normal_ogrn(text: str) -> str:
    """An OGRN or OGRNIP cleaned in the same way."""
    return _bare(text, "ОГРНИП|ОГРН|OGRNIP|OGRN")


def check(inn: str, kpp: str = "") -> RequisitesCheck:
    """Check an INN with its KPP, in any form a person writes them. Never raises; all faults are named at once."""
    inn, kpp = normal_inn(inn), normal_kpp(kpp)
    kind = _kind(inn)
    reasons = (*_inn_reasons(inn), *_kpp_reasons(kind, kpp))
    return RequisitesCheck(is_valid=not reasons, kind=kind, inn=inn, kpp=kpp, reasons=reasons)


def require(inn: str, kpp: str = "") -> RequisitesCheck:
    """The check of requisites that have to be right. Raises InnInvalid, KppRequired, KppForbidden or InputInvalid."""
    found = check(inn, kpp)
    if not found.is_valid:
        raise _error(found)
    return found


def reasons_text(found: RequisitesCheck | OgrnCheck, language: str) -> str:
    """The reasons as one sentence for a person, "" when there are none."""
    parts = [REASONS[code].of(language) for code in found.reasons]
    if "INN_LENGTH" in found.reasons and _lost_a_zero(found):
        parts.append(LOST_ZERO.of(language))
    sentence = "; ".join(parts)
    return sentence and f"{sentence[0].upper()}{sentence[1:]}."


def check_ogrn(text: str) -> OgrnCheck:
    """Check an OGRN (13 digits, organization) or OGRNIP (15, entrepreneur). Never raises."""
    ogrn = normal_ogrn(text)
    kind = {13: LEGAL_ENTITY, 15: INDIVIDUAL_ENTREPRENEUR}.get(len(ogrn), UNKNOWN)
    reasons = _ogrn_reasons(ogrn, kind)
    return OgrnCheck(is_valid=not reasons, kind=kind, ogrn=ogrn, reasons=reasons)


def _bare(text: str, labels: str) -> str:
    visible = "".join(sign for sign in text if not _is_filler(sign))
    unlabelled = re.sub(_LABEL.format(labels), "", visible, flags=re.IGNORECASE)
    return re.sub(r"(?<=[0-9])[.,]0+$", "", unlabelled)


def _is_filler(sign: str) -> bool:
    return sign.isspace() or sign == "\N{MINUS SIGN}" or unicodedata.category(sign) in ("Zs", "Cc", "Cf", "Pd")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]+", text) is not None  # str.isdigit would let other scripts' digits through


def _kind(inn: str) -> str:
    if not _is_number(inn) or inn.startswith("00"):
        return UNKNOWN
    if len(inn) == 10:
        return FOREIGN_ORGANIZATION if inn.startswith("9909") else LEGAL_ENTITY
    return INDIVIDUAL_ENTREPRENEUR if len(inn) == 12 else UNKNOWN


def _inn_reasons(inn: str) -> tuple[str, ...]:
    if not inn:
        return ("INN_EMPTY",)
    if not _is_number(inn):
        return ("INN_FORMAT",)
    if len(inn) not in (10, 12):
        return ("INN_LENGTH",)
    if inn.startswith("00"):
        return ("INN_FORMAT",)
    return () if _inn_adds_up(inn) else ("INN_CHECKSUM",)


def _inn_adds_up(inn: str) -> bool:
    if len(inn) == 10:
        return inn[9] == _control(inn, _WEIGHTS_10)
    return inn[10:] == _control(inn, _WEIGHTS_11) + _control(inn, _WEIGHTS_12)


def _control(inn: str, weights: tuple[int, ...]) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(inn, weights, strict=False))
    return str(total % 11 % 10)


def _kpp_reasons(kind: str, kpp: str) -> tuple[str, ...]:
    if not kpp:
        return ("KPP_REQUIRED",) if kind == LEGAL_ENTITY else ()
    if kind == INDIVIDUAL_ENTREPRENEUR:
        return ("KPP_FORBIDDEN",)
    return () if _KPP.fullmatch(kpp) else ("KPP_FORMAT",)


def _ogrn_reasons(ogrn: str, kind: str) -> tuple[str, ...]:
    if not ogrn:
        return ("OGRN_EMPTY",)
    if not _is_number(ogrn):
        return ("OGRN_FORMAT",)
    if kind == UNKNOWN:
        return ("OGRN_LENGTH",)
    if ogrn[0] not in ("123456789" if kind == LEGAL_ENTITY else "34"):
        return ("OGRN_FORMAT",)
    divisor = 11 if kind == LEGAL_ENTITY else 13
    return () if int(ogrn[:-1]) % divisor % 10 == int(ogrn[-1]) else ("OGRN_CHECKSUM",)


def _lost_a_zero(found: RequisitesCheck | OgrnCheck) -> bool:
    return isinstance(found, RequisitesCheck) and len(found.inn) in (9, 11) and _inn_adds_up(f"0{found.inn}")


def _error(found: RequisitesCheck) -> ActivityError:
    code = found.reasons[0]
    if code == "KPP_REQUIRED":
        return KppRequired(inn=found.inn)
    if code == "KPP_FORBIDDEN":
        return KppForbidden(inn=found.inn, kpp=found.kpp)
    if code == "KPP_FORMAT":
        return InputInvalid(field=Text("КПП", "KPP"), value=found.kpp, hint=_sentence(REASONS[code]))
    return InnInvalid(inn=found.inn, reason=REASONS[code])


def _sentence(text: Text) -> Text:
    return Text(f"{text.ru[0].upper()}{text.ru[1:]}.", f"{text.en[0].upper()}{text.en[1:]}.")
