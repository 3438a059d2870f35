"""What Diadoc refuses: plain text, a status, and a dotted code in a header.

The texts are those seen in real reports where there are any; the others, and most codes, are invented by necessity.
"""


class Refused(Exception):
    """An answer other than success. `headers` go out with it."""

    def __init__(self, status: int, text: str, code: str = "", **headers: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text
        self.code = code or _CODES.get(status, "")
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


_CODES = {  # Http.BadRequest and DiadocApi.Conflict are known, the rest is invented
    400: "Http.BadRequest",
    401: "DiadocApi.Unauthorized",
    402: "DiadocApi.PaymentRequired",
    403: "DiadocApi.Forbidden",
    404: "DiadocApi.NotFound",
    405: "Http.MethodNotAllowed",
    409: "DiadocApi.Conflict",
    410: "Http.Gone",
    413: "Http.RequestEntityTooLarge",
    415: "Http.UnsupportedMediaType",
    429: "Http.TooManyRequests",
}


def bad(text: str) -> Refused:
    return Refused(400, text)


def forbidden(text: str, code: str = "") -> Refused:
    return Refused(403, text, code)


def not_found(text: str, code: str = "") -> Refused:
    return Refused(404, text, code)


def conflict(text: str, code: str = "") -> Refused:
    return Refused(409, text, code)


def unauthorized(text: str) -> Refused:
    return Refused(401, text, WWW_Authenticate='Bearer realm="Diadoc"')  # the value is invented


def cannot_sign() -> Refused:
    return forbidden("У вас нет права подписи в организации", "DocumentService.EmployeeCannotSignDocuments")


def locked_packet() -> Refused:
    text = "Действие невозможно: документ находится в неразрывном пакете"  # the text is invented, the code is not
    return conflict(text, "DocumentService.NotAllowedForLockedPacket")


def no_department() -> Refused:
    return not_found("Department wasn't found", "OrganizationBoxService.Department.NotFound")
