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


class PageReplayed(Refused):
    """The portal's post that opened a page came a second time."""

    status, reason, code = 409, "replayed", "PAGE_REPLAYED"
    ru = "Эта страница уже открывалась. Откройте её в Битрикс24 ещё раз."
    en = "This page has been opened already. Open it in Bitrix24 again."


class PageOver(Refused):
    status, reason, code = 401, "page_over", "PAGE_OVER"
    ru = "Страница открыта слишком давно. Обновите её. Ничего не сделано."
    en = "The page was opened too long ago. Reload it. Nothing was done."


class PageStale(Refused):
    """The page was made by another version of ours than the one that answers now."""

    status, reason, code = 409, "page_stale", "PAGE_STALE"
    ru = "Приложение обновилось, и страница устарела. Обновите её. Ничего не сделано."
    en = "The application was updated and the page is stale. Reload it. Nothing was done."


class NotAllowed(Refused):
    status, reason, code = 403, "not_allowed", "NOT_ALLOWED"
    ru = "Вам это не разрешено: права раздаёт администратор на странице приложения. Ничего не сделано."
    en = "You are not allowed to do this: an administrator grants rights on the application's page. Nothing was done."


class ItemNotShown(Refused):
    """The portal does not show the CRM item to the person who opened the page on it."""

    status, reason, code = 403, "item_not_shown", "ITEM_NOT_SHOWN"
    ru = "Битрикс24 не показывает вам этот элемент CRM."
    en = "Bitrix24 does not show this CRM item to you."


class NotThere(Refused):
    """What a page asks for does not exist, or not for who looks at it."""

    status, reason, code = 404, "not_there", "NOT_THERE"
    ru = "Этого здесь нет."
    en = "There is no such thing here."


class ChosenWrong(Refused):
    """A value that cannot be chosen. what: its name for people, in both languages at once or neutral."""

    status, reason, code = 422, "chosen_wrong", "CHOSEN_WRONG"
    ru = "Это значение не подходит: {what}. Ничего не сохранено."
    en = "This value does not fit: {what}. Nothing was stored."


class Busy(Refused):
    """Too many people ask for pages at this moment; calls of workflows must not wait for them."""

    status, reason, code, temporary = 503, "busy", "BUSY", True
    ru = "Сейчас слишком много запросов. Ничего не сделано, повторите через несколько секунд."
    en = "There are too many requests at this moment. Nothing was done, try again in a few seconds."
