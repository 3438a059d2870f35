"""Throw a package away before anybody but us has seen it: gathered only, or waiting for our signature in Diadoc."""

from typing import Any

from activities import sending
from activities.base import Activity
from activities.context import Context
from activities.fields import Line, TextBlock, Whole, label
from activities.following import LAG, NotVisibleYet, refresh
from activities.gathering import WhichPackage, find_package
from activities.states import DocflowState
from activities.values import Text
from clients.diadoc import conflicts
from clients.diadoc.client import DiadocClient
from errors import AlreadySent, Conflict, NotFoundThere
from registry.tables import Package

STILL_OURS = (
    DocflowState.NOT_SENT,
    DocflowState.DRAFT,
    DocflowState.WAITING_FOR_OUR_SIGNATURE,
    DocflowState.REFUSED_BY_OUR_SIGNER,
    DocflowState.INVALID_SIGNATURE,
    DocflowState.DELETED,
)


class DiadocDeleteUnsent(Activity):
    code = "diadoc_delete_unsent"
    name = Text("Диадок: удалить неотправленное", "Diadoc: delete unsent")
    description = Text(
        "Удаляет пакет, который ещё не подписан и не отправлен контрагенту.",
        "Deletes a package that was not signed and sent to the counteragent yet.",
    )

    class Input(WhichPackage):
        reason = TextBlock(metadata=label(ru="Причина", en="Reason"))

    class Output(Activity.Output):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        docflow_state = Line(metadata=label(ru="Состояние документооборота (код)", en="Docflow state (code)"))

    def run(self, context: Context, **inputs: Any) -> dict[str, Any]:
        package = find_package(context, inputs["use_package"], inputs["package_name"], inputs["crm_item"])
        if package.state != "deleted":
            with context.registry.packages.exclusively(package.id):
                _delete(context, find_package(context, str(package.id)))
            facts = {"reason": inputs["reason"]}
            subject = f"package:{package.id}"
            context.registry.audit(actor=context.actor, action="package_deleted", subject=subject, **facts)
        return {"package_id": package.id, "docflow_state": "deleted"}


def _delete(context: Context, package: Package) -> None:
    if package.state == "sending":  # an earlier try may have got through
        package = _found_out(context, package)
    if package.state == "sent":
        _delete_there(context, package)
    context.registry.packages.mark_deleted(package.id)


def _found_out(context: Context, package: Package) -> Package:
    box = sending.box_of(context, package)
    documents = context.registry.packages.documents(package.id)
    posted = sending.look_up(context.diadoc(box), box, documents)
    if posted is not None:
        context.registry.packages.mark_posted(package.id, **posted)
    elif package.frozen_at and context.now() - package.frozen_at < LAG:
        detail = f"package {package.id} may have been posted and is not shown yet"
        raise NotVisibleYet(system="Диадок", method="GetDocumentsByCustomId", detail=detail)
    return find_package(context, str(package.id))


def _delete_there(context: Context, package: Package) -> None:
    box = sending.box_of(context, package)
    client, packages = context.diadoc(box), context.registry.packages
    refresh(packages.documents(package.id), client=client, packages=packages, box=box)
    states = {document.docflow_state for document in packages.documents(package.id)}
    if not states <= set(STILL_OURS):
        raise AlreadySent(package_id=package.id)
    message_id = find_package(context, str(package.id)).message_id or ""
    context.step("delete", _remove, client, box.box_id, message_id, DocflowState.DRAFT in states)


def _remove(client: DiadocClient, box_id: str, message_id: str, is_draft: bool) -> bool:
    try:
        if is_draft:
            client.recycle_draft(box_id=box_id, draft_id=message_id)
        else:
            client.delete(box_id=box_id, message_id=message_id)
    except NotFoundThere:
        return False  # a person was faster
    except Conflict as error:
        if not conflicts.already_done(error):
            raise
    return True
