"""What concerns every portal: the database, the clock, the workers, the disk, our own address and the keys."""

import shutil
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from activities.connections import Connections
from activities.self_check.findings import Check, Said, age, ago, bad, day, fine, warn
from activities.values import Text
from clients import addresses
from clients.http import Http
from config import Config, is_loopback
from errors import Unavailable
from registry import condition
from registry.database import Database
from registry.overview import figures

QUEUE_SECONDS = 300.0  # a due call that waits longer has no worker
CLOCK_SECONDS = 120.0  # the clock lets something through every few seconds
INBOX_FILES = 1000
CERTIFICATE_SOON, CERTIFICATE_NOW = timedelta(days=21), timedelta(days=7)
DISK_LOW, DISK_FULL = 2 * 1024**3, 256 * 1024**2
SKEW_SECONDS, SKEW_TOO_FAR = 30.0, 300.0


def of_installation(connections: Connections, *, inbox_files: int) -> Iterator[Check]:
    config, database = connections.config, connections.database
    looks: tuple[tuple[str, str, str, Callable[[], Said | None]], ...] = (
        ("migrations", "Таблицы базы данных", "Tables of the database", lambda: migrations(database)),
        ("clock", "Планировщик", "Scheduler", lambda: clock(database)),
        ("queue", "Очередь вызовов", "Queue of calls", lambda: queue(database)),
        ("inbox", "Вызовы в файлах", "Calls in files", lambda: inbox(inbox_files)),
        ("disk", "Место на диске", "Disk space", lambda: disk(config.data_dir)),
        ("secret_keys", "Ключи шифрования", "Encryption keys", lambda: secret_keys(database, config.secret_keys)),
        ("public_address", "Наш адрес", "Our address", lambda: public_address(config)),
        ("certificate", "Сертификат адреса", "Certificate of the address", lambda: certificate(config.public_url)),
        ("clock_of_diadoc", "Часы и Диадок", "Clock and Diadoc", lambda: clock_of_diadoc(config)),
        ("methods", "Методы Диадока", "Methods of Diadoc", lambda: methods(database)),
    )
    for code, ru, en, look in looks:
        yield Check(code, Text(ru, en), look)


def migrations(database: Database) -> Said:
    if database.is_current():
        return fine("Таблицы соответствуют этой версии.", "The tables fit this version.")
    return bad(
        "Таблицы не от этой версии. Администратору сервера нужно выполнить: b24-edo db upgrade",
        "The tables are of another version. The administrator of the server has to run: b24-edo db upgrade",
    )


def clock(database: Database) -> Said:
    last = condition.last_tick(database)
    seconds = age(last)
    if last is not None and seconds < CLOCK_SECONDS:
        return fine("Работает.", "It runs.")
    since = ago(seconds)
    never = Text("никогда не работал", "has never run") if last is None else Text(f"молчит {since.ru}", f"{since.en}")
    return bad(
        f"Планировщик {never.ru}: ленты Диадока не читаются, сроки не проверяются. Администратору сервера нужно"
        " запустить его: python -m scheduler (или b24-edo run).",
        f"The scheduler is silent ({never.en}): feeds are not read, deadlines not checked. The administrator of the"
        " server has to start it: python -m scheduler (or b24-edo run).",
    )


def queue(database: Database) -> Said:
    seconds = age(figures(database).queue_since)
    if seconds < QUEUE_SECONDS:
        return fine("Вызовы не ждут исполнителя.", "No call waits for a worker.")
    waits = ago(seconds)
    return bad(
        f"Вызов ждёт исполнителя уже {waits.ru}. Администратору сервера нужно запустить b24-edo worker"
        " или увеличить WORKER_CONCURRENCY.",
        f"A call has been waiting for a worker for {waits.en}. The administrator of the server has to start"
        " b24-edo worker or to raise WORKER_CONCURRENCY.",
    )


def inbox(files: int) -> Said:
    if files == 0:
        return fine("Все вызовы в базе данных.", "All calls are in the database.")
    ru = f"Вызовов в файлах: {files}. Они перейдут в базу данных сами, когда она отвечает и работает веб-процесс."
    en = f"Calls in files: {files}. They move by themselves once the database answers and a web process runs."
    if files <= INBOX_FILES:
        return warn(ru, en)
    return bad(
        f"{ru} Их слишком много: администратору сервера нужно проверить базу данных.",
        f"{en} There are too many: the administrator of the server has to look at the database.",
    )


def disk(data_dir: Path) -> Said:
    there = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    ru, en = f"Свободно {free / 1024**3:.1f} ГБ.", f"{free / 1024**3:.1f} GB are free."
    if free >= DISK_LOW:
        return fine(ru, en)
    say = bad if free < DISK_FULL else warn
    return say(
        f"{ru} Администратору сервера нужно освободить место в DATA_DIR: без него документы не сохраняются.",
        f"{en} The administrator of the server has to free space in DATA_DIR: without it papers cannot be kept.",
    )


def secret_keys(database: Database, keys: tuple[str, ...]) -> Said:
    found = condition.sealed_secrets(database, keys)
    if found.lost:
        return bad(
            f"Секретов, которые не открывает ни один из SECRET_KEYS: {found.lost}. Администратору сервера нужно вернуть"
            " старый ключ, а если его нет, подключить портал и ящики заново.",
            f"Secrets that none of SECRET_KEYS opens: {found.lost}. The administrator of the server has to bring the"
            " old key back or, where it is gone, to connect the portal and the boxes again.",
        )
    if found.older:
        return warn(
            f"Секретов под старым ключом: {found.older}. Администратору сервера нужно выполнить b24-edo db rotate-keys;"
            " до этого старый ключ не убирать.",
            f"Secrets under an older key: {found.older}. The administrator of the server has to run"
            " b24-edo db rotate-keys, and to keep the old key until then.",
        )
    if len(keys) > 1:
        return warn(
            "Все секреты под новым ключом. Администратор сервера может убрать старые из SECRET_KEYS и перезапустить.",
            "All secrets are under the newest key. The administrator of the server may drop the older ones from"
            " SECRET_KEYS and restart.",
        )
    return fine("Один ключ, все секреты под ним.", "One key, all secrets are under it.")


def public_address(config: Config) -> Said:
    url, http = f"{config.public_url}/healthz", Http(system=config.public_url, timeout_seconds=5.0)
    try:
        status = addresses.status_of(http, url)
    except Unavailable as error:
        return warn(
            f"{config.public_url} отсюда не отвечает ({error.detail}). Администратору сервера нужно убедиться, что"
            " адрес открыт из интернета: Битрикс24 приходит на него.",
            f"{config.public_url} does not answer from here ({error.detail}). The administrator of the server has to"
            " make sure that it is open to the internet: Bitrix24 calls us there.",
        )
    if status == 200:
        return fine(f"{config.public_url} отвечает.", f"{config.public_url} answers.")
    return bad(
        f"{config.public_url} отвечает {status}, это не наша служба. Администратору сервера нужно проверить PUBLIC_URL"
        " и прокси перед службой.",
        f"{config.public_url} answers {status}, which is not our service. The administrator of the server has to check"
        " PUBLIC_URL and the proxy in front of it.",
    )


def certificate(public_url: str) -> Said:
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        local = is_loopback(parts.hostname or "")
        return (fine if local else bad)("Адрес без TLS, только для проб.", "An address without TLS, for trying only.")
    try:
        until = addresses.certificate_end(public_url)
    except ssl.SSLCertVerificationError as error:
        return bad(
            f"Сертификату не поверит ни один портал ({error.verify_message}). Администратору сервера нужно выпустить"
            " новый и отдавать его вместе с промежуточными.",
            f"No portal will trust the certificate ({error.verify_message}). The administrator of the server has to"
            " get a new one and to serve it with its intermediate certificates.",
        )
    left = until - datetime.now(UTC)
    if left > CERTIFICATE_SOON:
        return fine(f"Действует до {day(until)}.", f"Good until {day(until)}.")
    return (bad if left < CERTIFICATE_NOW else warn)(
        f"Действует только до {day(until)} ({left.days} дн.). Администратору сервера нужно продлить его.",
        f"Good only until {day(until)} ({left.days} days). The administrator of the server has to renew it.",
    )


def clock_of_diadoc(config: Config) -> Said | None:
    http = Http(system="Диадок", timeout_seconds=5.0)
    return skew(addresses.clock_ahead(http, config.diadoc_api_url + "/"), Text("Диадока", "Diadoc"))


def skew(seconds: float | None, whose: Text) -> Said | None:
    """What a difference between our clock and another means; seconds: by which the other one is ahead."""
    if seconds is None:
        return None
    if abs(seconds) <= SKEW_SECONDS:
        return fine(f"Часы сходятся с часами {whose.ru}.", f"The clock agrees with that of {whose.en}.")
    apart = ago(abs(seconds))
    return (bad if abs(seconds) > SKEW_TOO_FAR else warn)(
        f"Часы расходятся с часами {whose.ru} на {apart.ru}: сроки и токены считаются неверно. Администратору сервера"
        " нужно включить синхронизацию времени (NTP).",
        f"The clock differs from that of {whose.en} by {apart.en}: deadlines and tokens are reckoned wrongly. The"
        " administrator of the server has to switch on time synchronisation (NTP).",
    )


def methods(database: Database) -> Said:
    ending = condition.ending_methods(database)
    if not ending:
        return fine("Диадок не объявлял об их отключении.", "Diadoc has not announced the end of any.")
    names = "; ".join(f"{method} ({ends[:10] or '?'})" for method, ends in ending.items())
    return warn(
        f"Диадок объявил об отключении: {names}. Администратору сервера нужно обновить приложение до этого срока.",
        f"Diadoc announced the end of {names}. The administrator of the server has to update the application before.",
    )
