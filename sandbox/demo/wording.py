"""Outputs of the sample process's steps in a sentence each."""

from collections.abc import Callable
from typing import Any

from sandbox.demo.console import Console

Outputs = dict[str, Any]


def sentence(console: Console, step: str, outputs: Outputs) -> str:
    """What a step of process.json found out or did; its error where it failed."""
    if outputs.get("result") != "ok":
        return f"{outputs.get('result')} {outputs.get('error_code', '')}: {outputs.get('error_text', '')}"
    return _SENTENCES[step](console, outputs) if step in _SENTENCES else "ok"


def _requisites(console: Console, found: Outputs) -> str:
    if found["is_valid"] != "Y":
        return found["reasons_text"]
    return console.say(
        ru=f"ИНН {found['inn']}, КПП {found['kpp']} верны; в Диадоке это {found['counteragent_name']}, "
        f"отправить можно: {found['can_send']}",
        en=f"INN {found['inn']}, KPP {found['kpp']} are right; Diadoc knows {found['counteragent_name']}, "
        f"may send: {found['can_send']}",
    )


def _added(console: Console, done: Outputs) -> str:
    return console.say(
        ru=f"документ {done['document_id']} в пакете {done['package_id']}: {done['file_name']}, "
        f"{done['file_size']} байт",
        en=f"document {done['document_id']} in package {done['package_id']}: {done['file_name']}, "
        f"{done['file_size']} bytes",
    )


def _checked(console: Console, found: Outputs) -> str:
    if found["is_ready"] != "Y":
        return found["faults"]
    return console.say(
        ru=f"ошибок нет, документов {found['documents_count']}, получатель {found['counteragent_name']}",
        en=f"no faults, {found['documents_count']} documents, for {found['counteragent_name']}",
    )


def _sent(console: Console, done: Outputs) -> str:
    reason = f" ({done['refusal_reason']})" if done.get("refusal_reason") else ""
    return console.say(
        ru=f"исход {done['outcome']}: {done['state_text']}{reason}",
        en=f"outcome {done['outcome']}: {done['state_text']}{reason}",
    )


def _downloaded(console: Console, done: Outputs) -> str:
    return console.say(
        ru=f"в сделку сохранено файлов: {done['files_count']}", en=f"{done['files_count']} files saved to the deal"
    )


def _status(console: Console, found: Outputs) -> str:
    states = ", ".join(found["document_states"])
    return f"{found['state_text']} ({states})"


_SENTENCES: dict[str, Callable[[Console, Outputs], str]] = {
    "requisites": _requisites,
    "invoice": _added,
    "act": _added,
    "check": _checked,
    "send": _sent,
    "download": _downloaded,
    "status": _status,
}
