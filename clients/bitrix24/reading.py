"""A portal's answers, translated once into models."""

from decimal import Decimal, InvalidOperation
from typing import Any

from clients.bitrix24 import wire
from clients.bitrix24.models import (
    CrmField,
    CrmItem,
    CrmType,
    Department,
    DriveFile,
    DriveFolder,
    FileRef,
    GeneratedDocument,
    Requisite,
    RequisiteLink,
    Task,
    TimelineActivity,
    TimelineComment,
    User,
    UserField,
    WorkflowInstance,
)


def crm_item(raw: Any, entity_type_id: int) -> CrmItem:
    item = wire.as_map(raw)
    return CrmItem(
        entity_type_id=wire.as_int(item.get("entityTypeId")) or entity_type_id,
        id=wire.as_int(item.get("id")),
        title=wire.as_text(item.get("title")),
        category_id=wire.as_int(item.get("categoryId")),
        stage_id=wire.as_text(item.get("stageId")),
        company_id=wire.as_int(item.get("companyId")),
        contact_id=wire.as_int(item.get("contactId")),
        contact_ids=tuple(filter(None, map(wire.as_int, wire.as_list(item.get("contactIds"))))),
        my_company_id=wire.as_int(item.get("mycompanyId")),
        assigned_by_id=wire.as_int(item.get("assignedById")),
        currency=wire.as_text(item.get("currencyId")),
        opportunity=_money(item.get("opportunity")),
        fields={name: _value(value) for name, value in item.items()},
    )


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "urlMachine" in value:
        return FileRef(id=wire.as_int(value.get("id")), url_machine=wire.as_text(value["urlMachine"]))
    if isinstance(value, list):
        return tuple(_value(item) for item in value)
    return value


def _money(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


def crm_field(name: str, raw: Any) -> CrmField:
    item = wire.as_map(raw)
    return CrmField(
        name=name,
        type=wire.as_text(item.get("type")),
        title=wire.as_text(item.get("title")),
        is_multiple=wire.as_flag(item.get("isMultiple")),
        is_required=wire.as_flag(item.get("isRequired")),
        is_read_only=wire.as_flag(item.get("isReadOnly")) or wire.as_flag(item.get("isImmutable")),
        is_custom=wire.as_flag(item.get("isDynamic")) or name.upper().startswith("UF_"),
    )


def crm_type(raw: Any) -> CrmType:
    item = wire.as_map(raw)
    return CrmType(
        id=wire.as_int(item.get("id")),
        entity_type_id=wire.as_int(item.get("entityTypeId")),
        title=wire.as_text(item.get("title")),
        flags=frozenset(name for name, value in item.items() if name.startswith("is") and wire.as_flag(value)),
        parents=tuple(filter(None, map(_related, wire.as_list(wire.as_map(item.get("relations")).get("parent"))))),
    )


def _related(raw: Any) -> int:
    return wire.as_int(wire.as_map(raw).get("entityTypeId"))


def user_field(raw: Any) -> UserField:
    item = wire.as_map(raw)
    return UserField(
        id=wire.as_int(item.get("id")),
        entity_id=wire.as_text(item.get("entityId")),
        name=wire.as_text(item.get("fieldName")),
        type=wire.as_text(item.get("userTypeId")),
        is_multiple=wire.as_flag(item.get("multiple")),
        xml_id=wire.as_text(item.get("xmlId")),
    )


def requisite(raw: Any) -> Requisite:
    item = wire.as_map(raw)

    def text(name: str) -> str:
        return wire.as_text(item.get(name)).strip()

    return Requisite(
        id=wire.as_int(item.get("ID")),
        owner_type_id=wire.as_int(item.get("ENTITY_TYPE_ID")),
        owner_id=wire.as_int(item.get("ENTITY_ID")),
        preset_id=wire.as_int(item.get("PRESET_ID")),
        sort=wire.as_int(item.get("SORT")),
        name=text("NAME"),
        inn=text("RQ_INN"),
        kpp=text("RQ_KPP"),
        ogrn=text("RQ_OGRN") or text("RQ_OGRNIP"),
        company_name=text("RQ_COMPANY_NAME"),
        company_full_name=text("RQ_COMPANY_FULL_NAME"),
        first_name=text("RQ_FIRST_NAME"),
        last_name=text("RQ_LAST_NAME"),
        second_name=text("RQ_SECOND_NAME"),
    )


def requisite_link(raw: Any) -> RequisiteLink:
    item = wire.as_map(raw)
    return RequisiteLink(
        entity_type_id=wire.as_int(item.get("ENTITY_TYPE_ID")),
        entity_id=wire.as_int(item.get("ENTITY_ID")),
        requisite_id=wire.as_int(item.get("REQUISITE_ID")),
        my_company_requisite_id=wire.as_int(item.get("MC_REQUISITE_ID")),
    )


def timeline_comment(raw: Any) -> TimelineComment:
    item = wire.as_map(raw)
    return TimelineComment(id=wire.as_int(item.get("ID")), text=wire.as_text(item.get("COMMENT")))


def timeline_activity(raw: Any) -> TimelineActivity:
    item = wire.as_map(raw)
    return TimelineActivity(
        id=wire.as_int(item.get("ID")),
        owner_type_id=wire.as_int(item.get("OWNER_TYPE_ID")),
        owner_id=wire.as_int(item.get("OWNER_ID")),
        subject=wire.as_text(item.get("SUBJECT")),
        is_completed=wire.as_flag(item.get("COMPLETED")),
        responsible_id=wire.as_int(item.get("RESPONSIBLE_ID")),
        originator_id=wire.as_text(item.get("ORIGINATOR_ID")),
        origin_id=wire.as_text(item.get("ORIGIN_ID")),
    )


def generated_document(raw: Any) -> GeneratedDocument:
    item = wire.as_map(raw)
    return GeneratedDocument(
        id=wire.as_int(item.get("id")),
        title=wire.as_text(item.get("title")),
        number=wire.as_text(item.get("number")),
        template_id=wire.as_int(item.get("templateId")),
        entity_type_id=wire.as_int(item.get("entityTypeId")),
        entity_id=wire.as_int(item.get("entityId")),
        created_at=wire.as_time(item.get("createTime")),
        is_transformation_error=wire.as_flag(item.get("isTransformationError")),
        transformation_error=wire.plain(item.get("transformationErrorMessage")),
        docx_url_machine=wire.as_text(item.get("downloadUrlMachine")),
        pdf_url_machine=wire.as_text(item.get("pdfUrlMachine")),
    )


def drive_file(raw: Any) -> DriveFile:
    item = wire.as_map(raw)
    return DriveFile(
        id=wire.as_int(item.get("ID")),
        name=wire.as_text(item.get("NAME")),
        size=wire.as_int(item.get("SIZE")),
        parent_id=wire.as_int(item.get("PARENT_ID")),
        download_url=wire.as_text(item.get("DOWNLOAD_URL")),
        detail_url=wire.as_text(item.get("DETAIL_URL")),
    )


def drive_folder(raw: Any) -> DriveFolder:
    item = wire.as_map(raw)
    return DriveFolder(
        id=wire.as_int(item.get("ID")),
        name=wire.as_text(item.get("NAME")),
        parent_id=wire.as_int(item.get("PARENT_ID")),
    )


def user(raw: Any) -> User:
    item = wire.as_map(raw)
    return User(
        id=wire.as_int(item.get("ID")),
        is_active=wire.as_flag(item.get("ACTIVE")),
        name=wire.as_text(item.get("NAME")),
        last_name=wire.as_text(item.get("LAST_NAME")),
        second_name=wire.as_text(item.get("SECOND_NAME")),
        email=wire.as_text(item.get("EMAIL")),
        work_position=wire.as_text(item.get("WORK_POSITION")),
        department_ids=tuple(filter(None, map(wire.as_int, wire.as_list(item.get("UF_DEPARTMENT"))))),
    )


def department(raw: Any) -> Department:
    item = wire.as_map(raw)
    return Department(
        id=wire.as_int(item.get("ID")),
        name=wire.as_text(item.get("NAME")),
        parent_id=wire.as_int(item.get("PARENT")),
        head_user_id=wire.as_int(item.get("UF_HEAD")),
    )


def task(raw: Any) -> Task:
    item = wire.as_map(raw)
    return Task(
        id=wire.as_int(item.get("id")),
        title=wire.as_text(item.get("title")),
        responsible_id=wire.as_int(item.get("responsibleId")),
    )


def workflow_instance(raw: Any) -> WorkflowInstance:
    item = wire.as_map(raw)
    return WorkflowInstance(
        id=wire.as_text(item.get("ID")),
        template_id=wire.as_int(item.get("TEMPLATE_ID")),
        document_id=wire.as_text(item.get("DOCUMENT_ID")),
        started_at=wire.as_time(item.get("STARTED")),
        modified_at=wire.as_time(item.get("MODIFIED")),
        owned_until=wire.as_time(item.get("OWNED_UNTIL")),
    )
