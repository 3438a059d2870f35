"""Counteragents: the list, invitations and their answers, the feed of what changed."""

from datetime import datetime
from typing import Any

from sandbox.diadoc import seed
from sandbox.diadoc.api import Answer, Call, api, pending
from sandbox.diadoc.body import Fields
from sandbox.diadoc.clock import from_ticks
from sandbox.diadoc.errors import Refused, bad, conflict, forbidden, not_found
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.organizations import matches_id, organization_json
from sandbox.diadoc.seed import Organization
from sandbox.diadoc.state import Relation, World

STATUSES = ("IsMyCounteragent", "InvitesMe", "IsInvitedByMe", "Rejected", "RejectsMe", "IsRejectedByMe")
_MIRROR = {
    "IsMyCounteragent": "IsMyCounteragent",
    "InvitesMe": "IsInvitedByMe",
    "IsInvitedByMe": "InvitesMe",
    "RejectsMe": "IsRejectedByMe",
    "IsRejectedByMe": "RejectsMe",
}
PAGE = 100
MESSAGE_LENGTH = 2000


def seed_relations(world: World) -> None:
    for box in seed.OUR_BOXES:
        for other, status in seed.RELATIONS.items():
            relate(world, box, other, status, message="Будем обмениваться документами")


def relate(world: World, box: str, other: str, status: str, *, message: str = "") -> None:
    """Change how two boxes see each other; each learns of it from its own feed."""
    for ours, theirs, seen, is_author in ((box, other, status, True), (other, box, _MIRROR[status], False)):
        at = world.clock.tick()
        relation = world.relations.get((ours, theirs)) or Relation(seen, at, "")
        relation.status, relation.changed, relation.index_key = seen, at, f"{at:016X}{theirs.replace('-', '').upper()}"
        if message and is_author:
            relation.from_us = message
        elif message:
            relation.to_us = message
        world.relations[ours, theirs] = relation
        event = {"IndexKey": relation.index_key, "Counteragent": counteragent_json(world, ours, theirs), "at": at}
        world.relation_events[ours].append(event)


def counteragent_json(world: World, box: str, other: str) -> dict[str, Any]:
    relation = world.relations[box, other]
    return {
        "LastEventTimestamp": _iso(from_ticks(relation.changed)),
        "Organization": organization_json(world.organizations[other]),
        "CurrentStatus": relation.status,
        "LastEventTimestampTicks": relation.changed,
        "IndexKey": relation.index_key,
        **({"MessageFromCounteragent": relation.to_us} if relation.to_us else {}),
        **({"MessageToCounteragent": relation.from_us} if relation.from_us else {}),
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


@api.get("/V3/GetCounteragents")
def get_counteragents(call: Call) -> dict[str, Any]:
    box, status, query = call.box("myBoxId"), call.get("counteragentStatus"), call.get("query")
    if status and status not in STATUSES:
        raise bad("counteragentStatus must have valid value")
    if query and call.get("afterIndexKey"):
        raise bad("query and afterIndexKey cannot be used together")
    found = [
        (relation.index_key, other)
        for (ours, other), relation in call.world.relations.items()
        if ours == box and _has_status(relation, status) and _fits(call.world.organizations[other], query)
    ]
    after, size = call.get("afterIndexKey"), call.number("pageSize", PAGE, 1, PAGE)
    page = [other for key, other in sorted(found) if key > after][:size]
    return {
        "TotalCount": len(found),
        "Counteragents": [counteragent_json(call.world, box, other) for other in page],
        "TotalCountType": "Equal",
    }


def _has_status(relation: Relation, status: str) -> bool:
    if status == "Rejected":
        return relation.status in ("RejectsMe", "IsRejectedByMe")
    return status in ("", relation.status)


def _fits(organization: Organization, query: str) -> bool:
    wanted = query.lower()
    return wanted in organization.name.lower() or wanted in (organization.inn, organization.kpp)


@api.get("/V3/GetCounteragent")
def get_counteragent(call: Call) -> dict[str, Any]:
    box, other = call.box("myBoxId"), call.world.organization(call.need("counteragentBoxId")).box
    if (box, other) not in call.world.relations:
        raise not_found("Контрагент не найден")
    return counteragent_json(call.world, box, other)


@api.post("/V3/AcquireCounteragent")
def acquire_counteragent(call: Call) -> dict[str, str]:
    box = call.box("myBoxId")
    if not call.caller.can_manage_counteragents:
        raise forbidden("У вас нет права работать с контрагентами")  # the text is invented
    body = call.body("AcquireCounteragentRequest")
    if len(body.text("MessageToCounteragent")) > MESSAGE_LENGTH:
        raise bad(f"MessageToCounteragent is longer than {MESSAGE_LENGTH}")
    if body.has("InvitationDocument"):
        raise bad("InvitationDocument is not emulated here")
    other = _whom(call, body)
    if other.box == box:
        raise bad("Counteragent must differ from own organization")
    task_id = new_id()
    call.world.tasks[task_id] = _invite(call.world, box, other, body.text("MessageToCounteragent"))
    return {"TaskId": task_id}


def _whom(call: Call, body: Fields) -> Organization:
    keys = [key for key in ("BoxId", "OrgId", "Inn") if body.text(key)]
    if len(keys) != 1:
        raise bad("Exactly one of BoxId, OrgId, Inn must be specified")
    value = body.text(keys[0])
    if keys[0] == "BoxId":
        return call.world.organization(value)
    found = [
        one
        for one in call.world.organizations.values()
        if (one.inn == value and not one.is_branch if keys[0] == "Inn" else matches_id(one, "orgId", value))
    ]
    if not found:
        raise not_found(f"Organization {value[:60]} is not found")
    return found[-1]  # among several the one created last


def _invite(world: World, box: str, other: Organization, message: str) -> dict[str, Any] | Refused:
    """What the task will answer. Inviting somebody who invites us is accepting; repeating changes nothing."""
    if other.is_roaming and not other.roaming_set_up:
        return conflict("Требуется настройка роуминга с оператором контрагента")  # the text is invented
    status = world.relation_status(box, other.box)
    if status == "RejectsMe":
        return conflict("Контрагент заблокировал вашу организацию")  # the text is invented
    if status == "InvitesMe" or (world.settings["invitations"] == "accept" and status != "IsMyCounteragent"):
        relate(world, box, other.box, "IsMyCounteragent", message=message)
    elif status not in ("IsMyCounteragent", "IsInvitedByMe"):
        relate(world, box, other.box, "IsInvitedByMe", message=message)
    return {"BoxId": other.box}


@api.get("/V2/AcquireCounteragentResult")
def acquire_counteragent_result(call: Call) -> Answer | dict[str, Any]:
    task_id = call.need("taskId").lower()
    result = call.world.tasks.get(task_id)
    if result is None:
        raise not_found("Task is not found")
    if call.world.count("acquire", task_id) < call.world.settings["acquire_pending_calls"]:
        return pending(call.world)
    if isinstance(result, Refused):
        raise result
    return result


@api.post("/V2/BreakWithCounteragent")
def break_with_counteragent(call: Call) -> Answer:
    box, other = call.box("myBoxId"), call.world.organization(call.need("counteragentBoxId")).box
    if not call.caller.can_manage_counteragents:
        raise forbidden("У вас нет права работать с контрагентами")
    relate(call.world, box, other, "IsRejectedByMe", message=call.get("comment"))
    return Answer()


@api.get("/V1/GetCounteragentEvents", "/GetCounteragentEvents")
def get_counteragent_events(call: Call) -> dict[str, Any]:
    events = call.world.relation_events[call.box()]
    after = call.get("afterIndexKey")
    if after and after not in [event["IndexKey"] for event in events]:
        raise bad("cursor must have valid value")
    first, last = call.number("timestampFromTicks", 0, 0, 2**63), call.number("timestampToTicks", 2**63, 0, 2**63)
    start = next((number + 1 for number, event in enumerate(events) if event["IndexKey"] == after), 0)
    fitting = [event for event in events[start:] if first <= event["at"] <= last]
    page = fitting[: call.number("limit", PAGE, 1, PAGE)]
    return {
        "TotalCount": len(fitting),
        "Events": [{key: value for key, value in event.items() if key != "at"} for event in page],
        "TotalCountType": "Equal",
    }
