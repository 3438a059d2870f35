"""The Authorization header, kept safe from .netrc."""

from requests import PreparedRequest
from requests.auth import AuthBase


class Authorization(AuthBase):
    """Sets the header, or none when the value is empty. A bare header would lose against a .netrc entry of the
    machine, which requests puts in its place for every request that comes without an auth object."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request
