"""What exactly Diadoc objects to, told by its error code or, where it gives none, by the words of its text.

The codes are an open set and most texts were seen in reports of users only, so each predicate may answer no where a
person would say yes: the caller then shows the text as it is. All take any ServiceError of this client.
"""

from errors import Conflict, ServiceError

_REPEATABLE_ONCE = ("Delete", "Restore", "RecycleDraft")


def in_progress(error: ServiceError) -> bool:
    """The same operation_id is being worked on: wait and ask again."""
    return says(error, "processing is in progress")


def only_counteragents(error: ServiceError) -> bool:
    """The recipient takes documents from its counteragents only: send an invitation."""
    return says(error, "only from counteragents")


def blocked_sender(error: ServiceError) -> bool:
    """The recipient has blocked us."""
    return says(error, "blocked senders")


def locked_packet(error: ServiceError) -> bool:
    """The document belongs to a locked packet, which can only be handled as a whole."""
    return error.vendor_code.lower().endswith("notallowedforlockedpacket")


def lock_full_not_allowed(error: ServiceError) -> bool:
    """LockMode Full is a paid feature that the box has not; the status of this refusal is not documented."""
    return says(error, "lockmode.full")


def already_done(error: ServiceError) -> bool:
    """Deleting, restoring or recycling what already is: 409 has no other meaning there, but for locked packets."""
    repeated = error.method.rsplit("/", 1)[-1] in _REPEATABLE_ONCE
    return isinstance(error, Conflict) and repeated and not locked_packet(error)


def roaming_request_needed(error: ServiceError) -> bool:
    """An invitation to a client of another operator: a roaming request has to be set up first."""
    return isinstance(error, Conflict) and "AcquireCounteragent" in error.method


def cannot_sign(error: ServiceError) -> bool:
    """The token's user may not sign; saving unsigned (delay_send) needs no such right."""
    return error.vendor_code.lower().endswith("employeecannotsigndocuments")


def shelf_file_gone(error: ServiceError) -> bool:
    """A name_on_shelf that Diadoc does not know (any more): upload the file again. Status and words of this refusal
    are not documented, so any 400 or 404 that speaks of the shelf is taken for it."""
    return error.status in (400, 404) and (says(error, "shelf") or says(error, "полк"))


def no_print_form(error: ServiceError) -> bool:
    """This type of document has no print form, and never will. Other conflicts on a fresh document pass."""
    return says(error, "is not supported")


def says(error: ServiceError, words: str) -> bool:
    return words in error.detail.lower()
