"""Workflows: registering robots and activities, answering their calls, starting and watching workflows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.bitrix24 import faults, reading, wire
from clients.bitrix24.caller import Caller
from clients.bitrix24.models import EventSent, SentState, WorkflowInstance, WorkflowTemplate
from errors import NoAccess, NotFoundThere, ServiceError, SubscriptionEnded, Unavailable

Localized = str | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A robot or an activity as the portal is to offer it.

    name, description: a text or {language: text}; properties, return_properties: {id: description} in the vendor's
    keys (Name, Type, Required, Multiple, Options, Default); document_type: (module, entity, type), decides which
    field types are legal; include, exclude: document types (or "b24", "box") it is shown for; placement_handler: our
    settings page, "" = the portal draws the settings. Source: bizproc.robot.add.
    """

    code: str
    handler: str
    name: Localized
    description: Localized = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    return_properties: Mapping[str, Any] = field(default_factory=dict)
    use_subscription: bool = True
    auth_user_id: int = 0
    document_type: tuple[str, str, str] | None = None
    include: tuple[Any, ...] = ()
    exclude: tuple[Any, ...] = ()
    placement_handler: str = ""

    def fields(self) -> dict[str, Any]:
        """Everything but the code, in the vendor's words; what is not set is left out."""
        optional = {
            "DESCRIPTION": self.description,
            "AUTH_USER_ID": self.auth_user_id,
            "DOCUMENT_TYPE": self.document_type,
            "FILTER": self._filter(),
            "PLACEMENT_HANDLER": self.placement_handler,
        }
        return {
            "HANDLER": self.handler,
            "NAME": self.name,
            "PROPERTIES": self.properties,
            "RETURN_PROPERTIES": self.return_properties,
            # never left out: the portal's default is told in four different ways
            "USE_SUBSCRIPTION": "Y" if self.use_subscription else "N",
            "USE_PLACEMENT": "Y" if self.placement_handler else "N",
            **{key: value for key, value in optional.items() if value},
        }

    def _filter(self) -> dict[str, Any]:
        both = {"INCLUDE": self.include, "EXCLUDE": self.exclude}
        return {key: value for key, value in both.items() if value}


class BizprocMethods(Caller):
    def bizproc_robot_add(self, registration: Registration) -> None:
        """Raises Conflict when the code is taken by a robot or an activity; NoAccess without an administrator."""
        self._add("bizproc.robot.add", registration)

    def bizproc_robot_update(self, registration: Registration) -> None:
        """Replaces what was registered; NotFoundThere when there is no such robot."""
        self._update("bizproc.robot.update", registration)

    def bizproc_robot_list(self) -> tuple[str, ...]:
        """The codes of our own robots."""
        return tuple(map(str, wire.as_list(self.call("bizproc.robot.list"))))

    def bizproc_robot_delete(self, code: str) -> None:
        self.call("bizproc.robot.delete", {"CODE": code})

    def bizproc_activity_add(self, registration: Registration) -> None:
        """As bizproc_robot_add, for the block of activities in the designer."""
        self._add("bizproc.activity.add", registration)

    def bizproc_activity_update(self, registration: Registration) -> None:
        self._update("bizproc.activity.update", registration)

    def bizproc_activity_list(self) -> tuple[str, ...]:
        """The codes of our own activities."""
        return tuple(map(str, wire.as_list(self.call("bizproc.activity.list"))))

    def bizproc_activity_delete(self, code: str) -> None:
        self.call("bizproc.activity.delete", {"CODE": code})

    def bizproc_event_send(
        self, *, event_token: str, return_values: Mapping[str, Any] | None = None, log_message: str = ""
    ) -> EventSent:
        """Answer a waiting activity; it goes on even without values. Never repeated here after an unclear failure.

        return_values: {id: value}; booleans go out as Y/N, times as ISO 8601, None as "". What the portal says about
        the waiting activity comes back as EventSent; what concerns the portal as a whole is raised.
        """
        values = {name: _return_value(value) for name, value in (return_values or {}).items()}
        params = {"event_token": event_token, "return_values": values, "log_message": log_message}
        try:
            result = self.call("bizproc.event.send", {key: value for key, value in params.items() if value})
        except ServiceError as error:
            return _refused(error)
        if result is not True:
            raise Unavailable(system=wire.SYSTEM, method="bizproc.event.send", detail="the answer is not true")
        return EventSent(SentState.ACCEPTED)

    def bizproc_activity_log(self, *, event_token: str, log_message: str) -> None:
        """A line in the journal of a workflow whose activity still waits; seen only when the template keeps one."""
        self.call("bizproc.activity.log", {"event_token": event_token, "log_message": log_message})

    def bizproc_workflow_start(
        self, *, template_id: int, document_id: tuple[str, str, str], parameters: Mapping[str, Any] | None = None
    ) -> str:
        """The id of the started workflow."""
        params = {"TEMPLATE_ID": template_id, "DOCUMENT_ID": document_id, "PARAMETERS": parameters or {}}
        return wire.as_text(self.call("bizproc.workflow.start", params))

    def bizproc_workflow_template_list(self, *, document_type: tuple[str, str, str]) -> tuple[WorkflowTemplate, ...]:
        """The templates of a document type, without those of automation rules; for administrators only."""
        params = {"SELECT": ["ID", "NAME"], "FILTER": {"DOCUMENT_TYPE": document_type}, "ORDER": {"NAME": "ASC"}}
        found = map(wire.as_map, self.list_pages("bizproc.workflow.template.list", params))
        return tuple(WorkflowTemplate(wire.as_int(one.get("ID")), wire.as_text(one.get("NAME"))) for one in found)

    def bizproc_workflow_instances(self, filter: Mapping[str, Any] | None = None) -> Iterator[WorkflowInstance]:
        """Running workflows; finished ones are gone. filter: by ID, DOCUMENT_ID, TEMPLATE_ID, … with operators."""
        select = ["ID", "MODIFIED", "OWNED_UNTIL", "STARTED", "TEMPLATE_ID", "DOCUMENT_ID"]
        params = {"SELECT": select, "FILTER": filter or {}, "ORDER": {"STARTED": "ASC"}}
        return map(reading.workflow_instance, self.list_pages("bizproc.workflow.instances", params))

    def _add(self, method: str, registration: Registration) -> None:
        self.call(method, {"CODE": registration.code, **registration.fields()})

    def _update(self, method: str, registration: Registration) -> None:
        params: dict[str, Any] = {"CODE": registration.code, "FIELDS": registration.fields()}
        if registration.placement_handler:  # builds of 2023 look for it here
            params["PLACEMENT_HANDLER"] = registration.placement_handler
        self.call(method, params, repeat=True)


def _return_value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_return_value(item) for item in value]
    if isinstance(value, bool):
        return "Y" if value else "N"
    return "" if value is None else value


def _refused(error: ServiceError) -> EventSent:
    code = error.vendor_code.upper()
    if isinstance(error, NotFoundThere) and code == "404":
        return EventSent(SentState.NOT_FOUND, error.detail)
    if code == "423":
        return EventSent(SentState.LOCKED, error.detail)
    if isinstance(error, (NoAccess, SubscriptionEnded)) and code == "ACCESS_DENIED":
        return EventSent(SentState.ACCESS_DENIED, error.detail, faults.is_about_plans(error.detail))
    raise error
