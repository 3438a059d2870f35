"""Organizations, boxes, the token's user, counteragents and document types."""

from clients.diadoc.answers import StillInProgress
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import (
    AcquiredCounteragent,
    Box,
    Counteragent,
    CounteragentsPage,
    DocumentType,
    Employee,
    NotReady,
    Organization,
    OrganizationFeatures,
)
from clients.diadoc.models.organizations import (
    read_acquired_counteragent,
    read_box,
    read_counteragent,
    read_counteragents_page,
    read_employee,
    read_features,
    read_organization,
)
from clients.diadoc.models.posting import as_json
from clients.diadoc.models.types import read_document_type
from clients.diadoc.reading import Item
from clients.diadoc.transport import Transport
from errors import ServiceError, Unavailable

_METHOD_IS_GONE = (404, 405, 410)


class Organizations(Transport):
    """Who is who. Box ids are taken and given in the normal form."""

    def get_my_organizations(self) -> tuple[Organization, ...]:
        """Our organizations with the boxes that the token opens."""
        answer = self._get("GetMyOrganizations", params={"autoRegister": "false"})
        return _read_organizations(answer.json())

    def get_organization(
        self, *, box_id: str = "", org_id: str = "", fns_participant_id: str = "", inn: str = "", kpp: str = ""
    ) -> Organization:
        """By exactly one of the ids, or by INN (with KPP). An unknown KPP silently gives the head organization; of
        several with one INN none. Raises NotFoundThere."""
        named = {"orgId": org_id, "fnsParticipantId": fns_participant_id, "inn": inn, "kpp": kpp}
        answer = self._get("GetOrganization", params=named | {"boxId": box_id_on_the_wire(box_id)})
        return read_organization(answer.json())

    def get_organizations_by_inn_kpp(self, *, inn: str, kpp: str = "") -> tuple[Organization, ...]:
        """All of them: one INN and KPP may have a box here and twins at other operators. No KPP = every box of the
        INN; an entrepreneur has none."""
        answer = self._get("GetOrganizationsByInnKpp", params={"inn": inn, "kpp": kpp})
        return _read_organizations(answer.json())

    def get_box(self, *, box_id: str) -> Box:
        """Raises NotFoundThere."""
        return read_box(self._get("GetBox", params={"boxId": box_id_on_the_wire(box_id)}).json())

    def get_organization_features(self, *, box_id: str) -> OrganizationFeatures:
        """Paid features of a box of ours."""
        answer = self._get("GetOrganizationFeatures", params={"boxId": box_id_on_the_wire(box_id)})
        return read_features(answer.json())

    def get_my_employee(self, *, box_id: str) -> Employee:
        """The token's user in this box and their rights."""
        return read_employee(self._get("GetMyEmployee", params={"boxId": box_id_on_the_wire(box_id)}).json())

    def get_document_types(self, *, box_id: str) -> tuple[DocumentType, ...]:
        """What the box may send, by V3 or, where that is not there, V2. Large and seldom changed: keep it a day."""
        params = {"boxId": box_id_on_the_wire(box_id)}
        try:
            answer = self._get("V3/GetDocumentTypes", params=params)
        except ServiceError as error:
            if error.status not in _METHOD_IS_GONE:
                raise
            answer = self._get("V2/GetDocumentTypes", params=params)
        return tuple(map(read_document_type, answer.json().items("DocumentTypes")))


class Counteragents(Transport):
    """Our relations with other organizations."""

    def get_counteragents(
        self, *, box_id: str, status: str = "", query: str = "", after_index_key: str = "", page_size: int = 100
    ) -> CounteragentsPage:
        """A page; status: a CounteragentStatus; query (name, INN, KPP) excludes after_index_key."""
        params = {
            "myBoxId": box_id_on_the_wire(box_id),
            "counteragentStatus": status,
            "query": query,
            "afterIndexKey": after_index_key,
            "pageSize": page_size,
        }
        return read_counteragents_page(self._get("V3/GetCounteragents", params=params).json())

    def get_counteragent(self, *, box_id: str, counteragent_box_id: str) -> Counteragent:
        """Our relation with one organization. Raises NotFoundThere when there is none."""
        params = {"myBoxId": box_id_on_the_wire(box_id), "counteragentBoxId": box_id_on_the_wire(counteragent_box_id)}
        return read_counteragent(self._get("V3/GetCounteragent", params=params).json())

    def acquire_counteragent(self, *, box_id: str, counteragent_box_id: str, message: str = "") -> str:
        """Invite, or accept who invites us; the task's id. message: up to 2000 characters. Repeating does nothing.
        Raises NoAccess without the right, Conflict when a roaming request is needed first."""
        body = {"BoxId": box_id_on_the_wire(counteragent_box_id), "MessageToCounteragent": message}
        answer = self._post(
            "V3/AcquireCounteragent", params={"myBoxId": box_id_on_the_wire(box_id)}, body=as_json(body)
        )
        task_id = answer.json().text("TaskId")
        if not task_id:
            raise answer.failure(Unavailable, detail="an answer without a TaskId")
        return task_id

    def acquire_counteragent_result(self, *, task_id: str) -> AcquiredCounteragent | NotReady:
        """What came of an invitation. Raises Conflict when it failed."""
        try:
            answer = self._get("V2/AcquireCounteragentResult", params={"taskId": task_id})
        except StillInProgress as error:
            return NotReady(error.retry_after or 0)
        return read_acquired_counteragent(answer.json())


def _read_organizations(item: Item) -> tuple[Organization, ...]:
    return tuple(map(read_organization, item.items("Organizations")))
