"""What the demonstration claims in the end, each claim looked up where it can be seen."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.demo.console import Console
from sandbox.demo.stage import Stage
from sandbox.demo.story import Ending
from sandbox.portal.driver import DEAL, SIGNED, STATE

STEPS = ["requisites", "invoice", "act", "check", "send", "download", "status"]
WON = "WON"
TOLD = ("log", "answer")  # lines that the application wrote
NO_REPLY = "RecipientResponseStatusNotAcceptable"
SIGNED_BY_BOTH = "WithRecipientSignature"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence in two languages. seen: what was found instead, shown when it is not true."""

    ru: str
    en: str
    is_true: bool
    seen: Any = ""


def check(stage: Stage, console: Console, ending: Ending) -> bool:
    """Print every claim with a yes or a no; whether all are true."""
    console.scene(ru="5. Что из этого вышло", en="5. What has come of it")
    all_true = True
    for claim in _claims(stage, ending):
        console.claim(claim.is_true, console.say(ru=claim.ru, en=claim.en), str(claim.seen))
        all_true = all_true and claim.is_true
    return all_true


def _claims(stage: Stage, ending: Ending) -> Iterator[Claim]:
    yield from _of_workflow(stage, ending.workflow)
    yield from _of_answers(stage, ending.workflow)
    yield from _of_diadoc(stage)
    yield from _of_files(stage, ending)
    yield from _of_registries(stage, ending.registries)
    yield _of_timeline(stage)


def _of_workflow(stage: Stage, workflow: dict[str, Any]) -> Iterator[Claim]:
    went = [step["name"] for step in workflow["steps"]]
    yield Claim(
        ru="Процесс прошёл до конца по всем шагам",
        en="The workflow went through all its steps to the end",
        is_true=workflow["state"] == "completed" and went == STEPS,
        seen=f"{workflow['state']}: {', '.join(went)}",
    )
    failed = {step["name"]: step["outputs"].get("error_code") for step in workflow["steps"] if _result(step) != "ok"}
    yield Claim(ru="Каждый шаг ответил «ok»", en="Every step answered «ok»", is_true=not failed, seen=failed)
    told = {line["step"] for line in workflow["journal"] if line["kind"] in TOLD and line["text"]}
    yield Claim(
        ru="В журнале процесса есть строки каждого шага",
        en="The workflow's journal has lines of every step",
        is_true=set(STEPS) <= told,
        seen=sorted(told),
    )
    yield _of_deal(stage, workflow["outputs"].get("status", {}).get("state_text", ""))


def _of_deal(stage: Stage, state_text: str) -> Claim:
    deal = stage.portal.item()
    return Claim(
        ru="Сделка выиграна, состояние записано в её поле",
        en="The deal is won, the state is written into its field",
        is_true=deal["STAGE_ID"] == WON and bool(state_text) and deal.get(STATE) == state_text,
        seen=f"{deal['STAGE_ID']}, {deal.get(STATE)!r}",
    )


def _of_answers(stage: Stage, workflow: dict[str, Any]) -> Iterator[Claim]:
    steps = len(workflow["steps"])
    taken = [one["statuses"] for one in stage.portal.deliveries() if one["kind"] == "activity"]
    yield Claim(
        ru="Каждый вызов принят с первого раза",
        en="Every call was taken at the first try",
        is_true=taken == [[200]] * steps,
        seen=taken,
    )
    sent = [one["status"] for one in stage.portal.requests("bizproc.event.send")]
    applied = [answer["applied"] for answer in workflow["answers"]]
    yield Claim(
        ru="На каждый вызов — ровно один ответ",
        en="Every call got exactly one answer",
        is_true=sent == [200] * steps and applied == [True] * steps,
        seen=f"{sent}, {applied}",
    )
    states = Counter(call["state"] for call in stage.product.listing("calls", "list"))
    yield Claim(
        ru="У b24-edo не осталось открытых вызовов",
        en="b24-edo has no open calls left",
        is_true=states == {"answered": steps},
        seen=dict(states),
    )


def _of_diadoc(stage: Stage) -> Iterator[Claim]:
    letters = [message["MessageId"] for message in stage.diadoc.messages()]
    posts = [one["status"] for one in stage.diadoc.requests("PostMessage")]
    yield Claim(
        ru="В Диадоке ровно одно письмо, отправлено один раз",
        en="There is exactly one letter in Diadoc, sent once",
        is_true=len(letters) == 1 and posts == [200],
        seen=f"{letters}, {posts}",
    )
    documents = stage.diadoc.documents()
    seen = {one["TypeNamedId"]: one["RecipientResponseStatus"] for one in documents}
    expected = {"ProformaInvoice": NO_REPLY, "AcceptanceCertificate": SIGNED_BY_BOTH}
    yield Claim(
        ru="Счёт доставлен с нашей подписью; акт подписан обеими сторонами",
        en="The invoice is delivered with our signature; the act is signed by both sides",
        is_true=seen == expected and all(map(_is_ours_and_there, documents)),
        seen=seen,
    )


def _of_files(stage: Stage, ending: Ending) -> Iterator[Claim]:
    saved = stage.portal.files(SIGNED)
    names = [name for name, _ in saved]
    archives = [_entries(content) for name, content in saved if name.lower().endswith(".zip")]
    for (name, content), signatures in zip(ending.papers.items(), (1, 2), strict=True):
        yield _of_archive(archives, name, content, signatures)
    are_pdf = [content.startswith(b"%PDF-") for name, content in saved if name.lower().endswith(".pdf")]
    yield Claim(
        ru="Печатные формы обоих документов — PDF",
        en="The print forms of both documents are PDF",
        is_true=are_pdf == [True, True],
        seen=names,
    )
    hung = [(one["name"], one["content"]) for entry in stage.portal.timeline() for one in entry["files"]]
    yield Claim(
        ru="Те же файлы лежат в ленте сделки",
        en="The same files hang in the deal's timeline",
        is_true=bool(saved) and sorted(hung) == sorted(saved),
        seen=[name for name, _ in hung],
    )


def _of_registries(stage: Stage, registries: dict[str, int]) -> Iterator[Claim]:
    documents = _items(stage, registries["documents"])
    states = sorted(_value(item, "STATE_CODE") for item in documents)
    with_files = [bool(_value(item, "FILE") and _value(item, "SIGNED_FILES")) for item in documents]
    yield Claim(
        ru="В реестре документов оба документа, с файлами и состоянием",
        en="The document registry holds both documents, with files and states",
        is_true=states == ["delivered", "signed_by_counteragent"] and all(with_files),
        seen=f"{states}, {with_files}",
    )
    packages = [
        (_value(item, "STATE_CODE"), item["values"].get("PARENT_ID_2"))
        for item in _items(stage, registries["packages"])
    ]
    yield Claim(
        ru="В реестре пакетов один пакет, он подписан и связан со сделкой",
        en="The registry of packages holds one, signed and bound to the deal",
        is_true=packages == [("signed_by_counteragent", DEAL)],
        seen=packages,
    )


def _of_timeline(stage: Stage) -> Claim:
    entries = [entry for entry in stage.portal.timeline() if entry["kind"] == "configurable"]
    completed = [entry["fields"].get("completed") for entry in entries]
    return Claim(
        ru="В ленте сделки одна запись о пакете, и она завершена",
        en="The deal's timeline has one entry about the package, and it is completed",
        is_true=completed == ["Y"],
        seen=completed,
    )


def _items(stage: Stage, entity_type_id: int) -> list[dict[str, Any]]:
    return stage.portal.table(f"items_{entity_type_id}")


def _value(item: dict[str, Any], field: str) -> Any:
    """A field of a registry's item, whatever number its type has on this portal."""
    return next((value for name, value in item["values"].items() if name.endswith(f"_EDO_{field}")), "")


def _of_archive(archives: list[dict[str, bytes]], name: str, content: bytes, signatures: int) -> Claim:
    holding = [archive for archive in archives if content in archive.values()]
    counted = [sum(entry.lower().endswith(".sgn") for entry in archive) for archive in holding]
    return Claim(
        ru=f"Архив хранит отправленный файл байт в байт, подписей в нём {signatures}: {name}",
        en=f"An archive holds the very bytes that were sent, signatures in it {signatures}: {name}",
        is_true=counted == [signatures],
        seen=counted,
    )


def _is_ours_and_there(document: dict[str, Any]) -> bool:
    return document["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid" and bool(
        document["DeliveryTimestampTicks"]
    )


def _result(step: dict[str, Any]) -> str:
    return str(step["outputs"].get("result", ""))


def _entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
