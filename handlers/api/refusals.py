"""Why a program is not served, besides what handlers.refusals knows already."""

from handlers.refusals import Refused


class TokenInvalid(Refused):
    status, reason, code = 401, "token", "TOKEN_INVALID"
    ru = "Нужен действующий токен: Authorization: Bearer …. Его создаёт администратор на странице приложения."
    en = "A valid token is needed: Authorization: Bearer …. An administrator makes one on the application's page."


class OperatorNeeded(Refused):
    status, reason, code = 403, "role", "OPERATOR_NEEDED"
    ru = "Этот токен только для чтения. Нужен токен с ролью operator. Ничего не сделано."
    en = "This token may only read. A token of the role operator is needed. Nothing was done."


class TooOften(Refused):
    """retry_after: seconds."""

    status, reason, code, temporary = 429, "rate", "TOO_MANY_REQUESTS", True
    ru = "Слишком много запросов с этим токеном. Повторите через {retry_after} с."
    en = "Too many requests with this token. Try again in {retry_after} s."


class NotFoundHere(Refused):
    """Does not exist, or belongs to another portal, which is the same to whoever asks."""

    status, reason, code = 404, "not_there", "NOT_FOUND"
    ru = "Не найдено: {what} {number}."
    en = "Not found: {what} {number}."


class FileGone(Refused):
    """Our registry knows the file, but its bytes are not in the store any more."""

    status, reason, code = 410, "file_gone", "FILE_GONE"
    ru = "Файла больше нет в хранилище."
    en = "The file is not in the store any more."


class KeyReused(Refused):
    status, reason, code = 409, "key_reused", "IDEMPOTENCY_KEY_REUSED"
    ru = "С этим Idempotency-Key уже принят другой вызов ({call_id}). Ничего не сделано."
    en = "Another call ({call_id}) was taken with this Idempotency-Key. Nothing was done."


class InputsWrong(Refused):
    """faults: {input: [what is wrong with it]}."""

    status, reason, code = 422, "input", "INPUT_INVALID"
    ru = "Данные не подходят: {names}. Ничего не сделано."
    en = "The data do not fit: {names}. Nothing was done."
