"""Download what Diadoc has of a package once everybody has signed, and put it where people of the CRM look for it."""

from typing import Any

from activities import downloading, file_names, saving, timeline
from activities.base import Activity
from activities.context import Context
from activities.downloading import CONTENTS, Fetched, Missing
from activities.fields import Choice, Flag, Line, Many, Whole, label
from activities.gathering import item_of
from activities.saving import WhereToSave
from activities.sending import box_of
from activities.status import status_outputs
from activities.subjects import Subject, WhichDocument, find_subject, refreshed
from activities.values import Text
from errors import DraftDeleted, NotFinal
from registry.blobs import Blob

PLACES = ("save_to", "target_field", "field_mode", "drive_folder_id")


class DiadocDownloadSigned(Activity):
    code = "diadoc_download_signed"
    name = Text(ru="Диадок: скачать подписанный документ", en="Diadoc: download signed document")
    description = Text(
        ru="Скачивает архив с подписями, печатную форму и другие файлы и сохраняет их в поле, на Диск или в ленту.",
        en="Downloads the archive with signatures, the print form and more to a field, the Drive or the timeline.",
    )

    class Input(WhichDocument, WhereToSave):
        contents = Many(
            Choice(CONTENTS),
            load_default=lambda: ["archive", "print_form"],
            metadata=label(ru="Что скачать", en="What to download"),
        )
        only_final = Flag(
            load_default=True,
            metadata=label(
                ru="Только завершённый документооборот",
                en="Only a finished docflow",
                help_ru="Да — пока документооборот идёт, ничего не скачивать",
                help_en="Yes: download nothing while the docflow goes on",
            ),
        )

    class Output(Activity.Output):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        files_count = Whole(metadata=label(ru="Файлов сохранено", en="Files saved"))
        file_names = Many(Line(), metadata=label(ru="Имена файлов", en="File names"))
        sha256 = Many(Line(), metadata=label(ru="SHA-256 файлов", en="SHA-256 of the files"))
        drive_file_ids = Many(Whole(), metadata=label(ru="Номера файлов на Диске", en="Drive file ids"))
        missing = Many(Line(), metadata=label(ru="Чего Диадок не дал", en="What Diadoc did not give"))

    def run(self, context: Context, contents: list[str], only_final: bool, **inputs: Any) -> dict[str, Any]:
        where = {name: inputs.pop(name) for name in PLACES}
        subject = find_subject(context, **inputs)
        item = item_of(context, inputs["crm_item"], subject.package)
        places = saving.places(context, item, **where)
        subject = _ready(context, subject, only_final)
        documents = [subject.document] if subject.document else subject.documents
        fetched, missing = downloading.fetch(context, box_of(context, subject.package), documents, contents)
        files = [one.file for one in fetched]
        zip_name = file_names.of_package(subject.package.id, context.language)
        saving.into_field(context, places, files, zip_name=zip_name)
        if "registry" in where["save_to"]:
            _keep(context, fetched)
        ids = saving.onto_drive(context, places, files)
        comment = _comment(context, subject, missing)
        saving.into_timeline(context, places, files, comment=comment, drive_file_ids=ids)
        context.step("audit", _audit, context, subject, fetched)
        return {
            "package_id": subject.package.id,
            "files_count": len(files),
            "file_names": [one.file_name for one in files],
            "sha256": [one.sha256 for one in files],
            "drive_file_ids": ids,
            "missing": [one.code for one in missing],
            "error_text": "\n".join(one.text(context.language) for one in missing),
        }


def _ready(context: Context, subject: Subject, only_final: bool) -> Subject:
    """The subject as Diadoc tells it now, unless it ended long ago. Raises NotFinal, DraftDeleted."""
    if subject.package.state == "deleted":
        raise DraftDeleted(document=subject.package.id)
    if not _status(context, subject)["is_final"]:
        subject = refreshed(context, subject)
    status = _status(context, subject)
    if subject.package.state != "sent" or (only_final and not status["is_final"]):
        raise NotFinal(state=status["state_text"])
    return subject


def _status(context: Context, subject: Subject) -> dict[str, Any]:
    return status_outputs(context, subject.package, subject.documents, subject.document)


def _keep(context: Context, fetched: list[Fetched]) -> None:
    for one in fetched:
        blob = Blob(key=one.file.blob, sha256=one.file.sha256, size=one.file.size)
        context.registry.packages.keep_file(one.document.id, kind=one.kind, file_name=one.file.file_name, blob=blob)


def _comment(context: Context, subject: Subject, missing: list[Missing]) -> str:
    language, number = context.language, subject.package.id
    state = _status(context, subject)["state_text"]
    lines = [Text(f"Пакет {number}: {state}.", f"Package {number}: {state}.").of(language)]
    return timeline.plain("\n".join([*lines, *(one.text(language) for one in missing)]))


def _audit(context: Context, subject: Subject, fetched: list[Fetched]) -> bool:
    facts = {"files": {one.file.file_name: one.file.sha256 for one in fetched}}
    about = f"package:{subject.package.id}"
    context.registry.audit(actor=context.actor, action="files_downloaded", subject=about, **facts)
    return True
