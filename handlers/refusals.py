"""Why a request is not served: each reason with its HTTP status, a word for the metrics and a text for people."""

from typing import ClassVar

from errors import AppError


class Refused(AppError):
    """A request that is not served. status: HTTP; reason: the label in the metrics."""

    status: ClassVar[int] = 400
    reason: ClassVar[str] = "malformed"


class Malformed(Refused):
    code = "MALFORMED"
    ru = "Запрос не удалось прочитать: {detail}. Ничего не сделано."
    en = "The request cannot be read: {detail}. Nothing was done."


class TooLarge(Refused):
    status, reason, code = 413, "too_large", "TOO_LARGE"
    ru = "Запрос слишком большой. Ничего не сделано."
    en = "The request is too large. Nothing was done."


class WrongContentType(Refused):
    status, reason, code = 415, "content_type", "WRONG_CONTENT_TYPE"
    ru = "Ожидается форма или JSON. Ничего не сделано."
    en = "A form or JSON is expected. Nothing was done."


class ForeignNetwork(Refused):
    status, reason, code = 403, "network", "FOREIGN_NETWORK"
    ru = "С этого адреса запросы не принимаются."
    en = "Requests from this address are not taken."


class Forged(Refused):
    """The caller could not show that it is the portal it says."""

    status, reason, code = 403, "forged", "FORGED"
    ru = "Не подтверждено, что запрос пришёл с портала, который нас установил. Ничего не сделано."
    en = "It is not proven that the request comes from a portal that installed us. Nothing was done."


class NotInstalled(Refused):
    status, reason, code = 403, "not_installed", "NOT_INSTALLED"
    ru = "На этом портале приложение не установлено. Администратору нужно установить его заново."
    en = "The application is not installed on this portal. The administrator has to install it again."


class NotAdministrator(Refused):
    status, reason, code = 403, "not_administrator", "NOT_ADMINISTRATOR"
    ru = "Установить приложение может только администратор портала. Ничего не сохранено."
    en = "Only an administrator of the portal can install the application. Nothing was stored."


class UnknownActivity(Refused):
    status, reason, code = 404, "unknown_code", "UNKNOWN_ACTIVITY"
    ru = "Такого действия нет."
    en = "There is no such activity."


class OtherActivity(Refused):
    status, reason, code = 400, "code_mismatch", "OTHER_ACTIVITY"
    ru = "Адрес и запрос называют разные действия. Ничего не сделано."
    en = "The address and the request name different activities. Nothing was done."


class NotStored(Refused):
    """Neither the database nor the inbox took the call: it is lost, which is worth an alarm."""

    status, reason, code, temporary = 503, "not_stored", "NOT_STORED", True
    ru = "Сейчас запрос некуда записать. Он не принят."
    en = "There is nowhere to write the request at the moment. It was not taken."


class NotVerified(Refused):
    """The database is away and this process does not know the portal yet."""

    status, reason, code, temporary = 503, "not_verified", "NOT_VERIFIED", True
    ru = "Сейчас проверить портал нельзя. Запрос не принят."
    en = "The portal cannot be verified at the moment. The request was not taken."


class ConsentOver(Refused):
    status, reason, code = 400, "consent_over", "CONSENT_OVER"
    ru = "Ссылка для подключения Диадока уже использована или старше десяти минут. Получите новую."
    en = "The link that connects Diadoc has been used or is older than ten minutes. Get a new one."


class ConsentRefused(Refused):
    status, reason, code = 403, "consent_refused", "CONSENT_REFUSED"
    ru = "Доступ к Диадоку не был разрешён. Ящики не подключены."
    en = "Access to Diadoc was not granted. No boxes were connected."
