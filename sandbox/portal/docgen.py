"""crm.documentgenerator.*: documents made of templates. The PDF comes later than the DOCX, or never."""

from typing import Any

from sandbox.portal import drive, events, links, paper
from sandbox.portal.crm import items
from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.crm.types import kind_of
from sandbox.portal.errors import RestError, missing
from sandbox.portal.methods import Call, Page, as_list, as_map, is_yes, method, page_of, whole
from sandbox.portal.model import Item, Portal
from sandbox.portal.rights import may_see
from sandbox.portal.values import decode_file
from sandbox.portal.world import iso, now

DOCX, PDF = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/pdf"


def refuse(text: str, code: str = "0") -> RestError:
    return RestError(code, text)


def add_template(portal: Portal, name: str, entity_types: list[str], region: str = "ru") -> int:
    number = portal.next_id("docgen_template", 39)
    moment = iso(now())
    portal.tables["docgen_templates"][number] = {
        "id": str(number),
        "name": name,
        "region": region,
        "code": None,
        "active": "Y",
        "sort": "500",
        "moduleId": "crm",
        "numeratorId": "1",
        "withStamps": "N",
        "entityTypeId": entity_types,
        "createTime": moment,
        "updateTime": moment,
        "isDeleted": "N",
    }
    return number


@method("crm.documentgenerator.template.list", scope="crm")
def template_list(call: Call) -> Page:
    """An object keyed by id, not a list."""
    _check_admin(call)
    rows = [row for row in call.portal.tables["docgen_templates"].values() if _fits(row, as_map(call.get("filter")))]
    rows = order_rows(rows, as_map(call.get("order")))
    return page_of(rows, call.get("start"), lambda page: {"templates": {row["id"]: dict(row) for row in page}})


@method("crm.documentgenerator.template.add", scope="crm")
def template_add(call: Call) -> dict[str, Any]:
    _check_admin(call)
    fields = as_map(call.required("fields"))
    for name in ("name", "file", "numeratorId", "region", "entityTypeId"):
        if not fields.get(name):
            raise refuse(f"Field {name} is required")
    decode_file(as_list(fields["file"]))
    kinds = [str(kind) for kind in as_list(fields["entityTypeId"])]
    number = add_template(call.portal, str(fields["name"]), kinds, str(fields["region"]))
    return {"template": call.portal.tables["docgen_templates"][number]}


@method("crm.documentgenerator.document.add", scope="crm")
def document_add(call: Call) -> dict[str, Any]:
    template = call.portal.tables["docgen_templates"].get(call.number("templateId"))
    kind = call.number("entityTypeId")
    owner = call.number("entityId")
    if template is None:
        raise refuse("Template not found")
    if kind_of(call.portal, kind) is None:
        raise refuse(f"No provider for entityTypeId {kind}")
    item = items.items_of(call.portal, kind).get(owner)
    if item is None or not may_see(call.user, kind):
        raise refuse("Access denied", "DOCGEN_ACCESS_ERROR")
    values = {**_values(call, item), **as_map(call.get("values"))}
    row = _new(call, item, template["name"], values, stamps=is_yes(call.get("stampsEnabled")))
    row["templateId"] = template["id"]
    body = paper.docx(_lines(row))
    row["file_id"] = call.portal.add_file(f"{row['title']}.docx", body, DOCX).id
    return {"document": {**_without_pdf(shown(call, row)), "id": row["id"]}}


@method("crm.documentgenerator.document.upload", scope="crm")
def document_upload(call: Call) -> dict[str, Any]:
    fields = as_map(call.required("fields"))
    for name in ("entityTypeId", "entityId", "fileContent", "region", "title", "number"):
        if not fields.get(name):
            raise refuse(f"Field {name} is required")
    item = items.items_of(call.portal, whole(fields["entityTypeId"]) or 0).get(whole(fields["entityId"]) or 0)
    if item is None:
        raise refuse("Access denied", "DOCGEN_ACCESS_ERROR")
    row = _new(call, item, str(fields["title"]), _values(call, item), number=str(fields["number"]))
    row["file_id"] = call.portal.add_file(
        f"{row['title']}.docx", decode_file(["docx", str(fields["fileContent"])])[1], DOCX
    ).id
    if fields.get("pdfContent"):
        row["pdf_id"] = call.portal.add_file(
            f"{row['title']}.pdf", decode_file(["pdf", str(fields["pdfContent"])])[1], PDF
        ).id
    return {"document": {**shown(call, row), "id": row["id"]}}


@method("crm.documentgenerator.document.get", scope="crm")
def document_get(call: Call) -> dict[str, Any]:
    return {"document": shown(call, _find(call))}


@method("crm.documentgenerator.document.list", scope="crm")
def document_list(call: Call) -> Page:
    seen = [
        row for row in call.portal.tables["docgen_documents"].values() if may_see(call.user, int(row["entityTypeId"]))
    ]
    rows = filter_rows(seen, as_map(call.get("filter")))
    rows = order_rows(rows, as_map(call.get("order")) or {"id": "ASC"})

    def wrap(page: list[dict[str, Any]]) -> dict[str, Any]:
        return {"documents": [_listed(call, row) for row in page]}

    return page_of(rows, call.get("start"), wrap)


@method("crm.documentgenerator.document.update", scope="crm")
def document_update(call: Call) -> dict[str, Any]:
    row = _find(call)
    row["values"] |= as_map(call.get("values"))
    row["stampsEnabled"] = is_yes(call.get("stampsEnabled", 1))
    row |= {"updateTime": iso(now()), "pdf_id": 0, "isTransformationError": False}
    row["file_id"] = call.portal.add_file(f"{row['title']}.docx", paper.docx(_lines(row)), DOCX).id
    _make_pdf(call, row)
    _tell(call, row, "UPDATE")
    return {"document": _without_pdf(shown(call, row))}


@method("crm.documentgenerator.document.delete", scope="crm")
def document_delete(call: Call) -> None:
    row = _find(call)
    del call.portal.tables["docgen_documents"][row["id"]]
    _tell(call, row, "DELETE")


@method("crm.documentgenerator.document.getfields", scope="crm")
def document_fields(call: Call) -> dict[str, Any]:
    row = _find(call)
    return {"documentFields": {name: {"title": name, "value": value} for name, value in row["values"].items()}}


@method("crm.documentgenerator.document.enablepublicurl", scope="crm")
def enable_public_url(call: Call) -> dict[str, Any]:
    row = _find(call)
    on = is_yes(call.get("status", 1))
    row["publicUrl"] = f"{call.world.url_of(call.portal)}/~doc{row['id']}" if on else ""
    return {"publicUrl": row["publicUrl"]}


def shown(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """As get and list show it: its id is a text. The links are new each time."""
    base = f"{call.world.url_of(call.portal)}/bitrix/services/main/ajax.php?action=crm.documentgenerator.document"
    hidden = {"id", "file_id", "pdf_id"}
    document = {key: value for key, value in row.items() if key not in hidden}
    document |= {"id": str(row["id"]), "downloadUrl": f"{base}.getfile&id={row['id']}"}
    document["downloadUrlMachine"] = links.download_link(call, row["file_id"], "docgen") if row["file_id"] else ""
    if row["pdf_id"]:
        document["pdfUrl"] = f"{base}.getpdf&id={row['id']}"
        document["pdfUrlMachine"] = links.download_link(call, row["pdf_id"], "docgen")
    else:
        document["pdfUrl"] = ""
    return document


def _listed(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    select = [str(name) for name in as_list(call.get("select"))]
    document = {**shown(call, row), "fileId": row["file_id"], "pdfId": row["pdf_id"] or None, "imageId": None}
    return {name: document[name] for name in select if name in document} if select else document


def _without_pdf(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if not key.startswith("pdf")}


def _new(
    call: Call, item: Item, title: str, values: dict[str, Any], *, number: str = "", stamps: bool = False
) -> dict[str, Any]:
    count = call.portal.next_id("docgen_document", 91)
    moment = iso(now())
    row: dict[str, Any] = {
        "id": count,
        "title": f"{title} {number or count}",
        "number": number or str(count),
        "templateId": None,
        "entityTypeId": str(item.entity_type_id),
        "entityId": str(item.id),
        "createTime": moment,
        "updateTime": moment,
        "createdBy": str(call.user.id),
        "updatedBy": str(call.user.id),
        "stampsEnabled": stamps,
        "changeStampsEnabled": False,
        "changeStampsDisabledReason": "",
        "values": values,
        "publicUrl": "",
        "pullTag": f"TRANSFORMDOCUMENT{count}",
        "emailDiskFile": 0,
        "isTransformationError": False,
        "transformationErrorMessage": None,
        "transformationErrorCode": None,
        "file_id": 0,
        "pdf_id": 0,
    }
    call.portal.tables["docgen_documents"][count] = row
    _make_pdf(call, row)
    _tell(call, row, "ADD")
    return row


def _make_pdf(call: Call, row: dict[str, Any]) -> None:
    call.world.later(call.world.settings["pdf_delay_seconds"], lambda: _finish_pdf(call, row))


def _finish_pdf(call: Call, row: dict[str, Any]) -> None:
    error = call.world.settings["pdf_error"]
    if error:
        row |= {"isTransformationError": True, "transformationErrorMessage": error}
        row["transformationErrorCode"] = "TRANSFORM_ERROR"
    elif not row["pdf_id"]:
        body = paper.pdf(_lines(row))
        row["pdf_id"] = call.portal.add_file(f"{row['title']}.pdf", body, PDF).id
        name = f"document{row['id']}-{row['pdf_id']}.pdf"
        row["emailDiskFile"] = drive.store(call.portal, "documentgenerator", name, body, call.user.id)["ID"]


def _values(call: Call, item: Item) -> dict[str, Any]:
    company = items.items_of(call.portal, 4).get(item.values.get("COMPANY_ID") or 0)
    return {
        "DocumentCreateTime": iso(now()),
        "Title": item.values.get("TITLE") or "",
        "Total": f"{item.values.get('OPPORTUNITY') or 0:.2f}",
        "Currency": item.values.get("CURRENCY_ID") or "",
        "CompanyTitle": company.values["TITLE"] if company else "",
    }


def _lines(row: dict[str, Any]) -> list[str]:
    return [row["title"], "", *(f"{name}: {value}" for name, value in row["values"].items())]


def _find(call: Call) -> dict[str, Any]:
    number = whole(call.get("id"))
    if number is None:
        raise missing("id")
    row = call.portal.tables["docgen_documents"].get(number)
    if row is None:
        raise refuse("Document not found")
    if not may_see(call.user, int(row["entityTypeId"])):
        raise refuse("Access denied", "DOCGEN_ACCESS_ERROR")
    return row


def _check_admin(call: Call) -> None:
    """Whoever lists templates needs the right to change them."""
    if not call.user.is_admin:
        raise refuse("Access denied", "DOCGEN_ACCESS_ERROR")


def _fits(row: dict[str, Any], rules: dict[str, Any]) -> bool:
    kind = str(rules.pop("entityTypeId", "") or "")
    in_kind = not kind or any(kind.split("_")[0] == found.split("_")[0] for found in row["entityTypeId"])
    return in_kind and bool(filter_rows([row], rules))


def _tell(call: Call, row: dict[str, Any], verb: str) -> None:
    fields = {"ID": row["id"], "ENTITY_TYPE_ID": row["entityTypeId"], "ENTITY_ID": row["entityId"]}
    event = f"ONCRMDOCUMENTGENERATORDOCUMENT{verb}"
    events.fire(call.world, call.portal, event, {"FIELDS": fields}, call.user.id)
