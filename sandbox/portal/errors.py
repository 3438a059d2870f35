"""What the REST interface refuses with: code, text, status, as printed in the vendor's tables."""

from typing import Any


class RestError(Exception):
    """code: a string or (a quirk of older methods) a number; argument: the parameter that was wrong, "" = none."""

    def __init__(self, code: str | int, text: str, status: int = 400, argument: str = "") -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.status, self.argument = code, text, status, argument

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"error": self.code, "error_description": self.text}
        return {**body, "argument": self.argument} if self.argument else body


def access_denied(detail: str = "", status: int = 403) -> RestError:
    return RestError("ACCESS_DENIED", f"Access denied! {detail}".strip(), status)


def item_access_denied() -> RestError:
    """`crm.item.*` and its kin deny with 400."""
    return RestError("ACCESS_DENIED", "Access denied", 400)


def not_found(text: str = "Not found") -> RestError:
    return RestError("NOT_FOUND", text, 400)


def missing(name: str) -> RestError:
    return RestError("100", f"Could not find value for parameter {{{name}}}", 400)


def method_not_found() -> RestError:
    return RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
