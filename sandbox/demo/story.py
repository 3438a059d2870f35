"""The story that is told: from a deal to Diadoc and back, step by step, with what was on the wire."""

from dataclasses import dataclass
from typing import Any

from sandbox.demo import administrator, wire, wording
from sandbox.demo.console import Console
from sandbox.demo.process import Process, papers_of, prepare_deal
from sandbox.demo.processes import Trouble
from sandbox.demo.stage import Stage
from sandbox.diadoc.driver import DIRECTOR, LYUTIK, PARTNER_SIGNER
from sandbox.portal.driver import DEAL, LocalApp

DELIVERY_SECONDS = 0.5
ADMINISTRATOR = {"ru": "Администратор", "en": "Administrator"}
MANAGER = {"ru": "Менеджер", "en": "Manager"}
SIGNER = {"ru": "Наш подписант", "en": "Our signer"}
COUNTERAGENT = {"ru": "Контрагент", "en": "Counteragent"}
DIADOC = {"ru": "Диадок", "en": "Diadoc"}
WORKFLOW = {"ru": "Процесс", "en": "Workflow"}
REASON = "Неверная сумма"


@dataclass(frozen=True)
class Ending:
    """What the story ended with. papers: what was attached to the deal, by file name; registries: kind → entityTypeId
    of the smart process that keeps it."""

    workflow: dict[str, Any]
    papers: dict[str, bytes]
    process: Process
    registries: dict[str, int]


class Story:
    """refuses: the counteragent refuses the act instead of signing it."""

    def __init__(self, stage: Stage, console: Console, process: Process, *, refuses: bool) -> None:
        self._stage, self._console, self._process, self._refuses = stage, console, process, refuses
        self._wire = wire.Wire(stage.portal, stage.diadoc)
        self._told_steps = 0

    def tell(self) -> Ending:
        """Play it to its end. Raises processes.Trouble when it gets stuck."""
        self._stage.portal.change_portal(language=self._console.language)
        self._stage.diadoc.settings(delivery_seconds=DELIVERY_SECONDS)
        self._open()
        app = self._configure()
        self._install(app)
        self._connect()
        registries = self._prepare()
        papers = self._attach()
        workflow_id = self._start()
        if self._wait_for_letter(workflow_id):
            self._sign(workflow_id)
        self._follow(workflow_id, until=lambda: False)
        return Ending(self._workflow(workflow_id), papers, self._process, registries)

    def _open(self) -> None:
        self._console.scene(ru="1. Песочница", en="1. The sandbox")
        portal = self._stage.portal
        self._console.did(
            self._console.say(ru="Портал", en="Portal"),
            self._console.say(
                ru=f"{portal.first_url}, сервер авторизации {portal.auth_url}",
                en=f"{portal.first_url}, auth server {portal.auth_url}",
            ),
        )
        self._did(DIADOC, ru=self._stage.diadoc.url, en=self._stage.diadoc.url)

    def _configure(self) -> LocalApp:
        self._console.scene(ru="2. Администратор ставит приложение", en="2. The administrator installs the application")
        app = administrator.save_card(self._stage)
        self._did(
            ADMINISTRATOR,
            ru=f"сохраняет карточку локального приложения; портал показывает ключ {app.client_id}",
            en=f"saves the card of a local application; the portal shows the key {app.client_id}",
        )
        product = self._stage.product
        product.configure(app, self._stage.portal, self._stage.diadoc)
        began_at = self._console.seconds
        product.start()
        seconds = self._console.seconds - began_at
        self._did(
            ADMINISTRATOR,
            ru=f"запускает b24-edo run на {product.url}: база, веб, обработчик и часы готовы за {seconds:.1f} с",
            en=f"starts b24-edo run at {product.url}: database, web, worker, scheduler are ready after {seconds:.1f} s",
        )
        return app

    def _install(self, app: LocalApp) -> None:
        page = administrator.install(self._stage, app)
        self._did(
            ADMINISTRATOR,
            ru="открывает приложение; его страница установки вызывает BX24.installFinish",
            en="opens the application; its installation page calls BX24.installFinish",
        )
        self._tell_wire(first=wire.Exchange(wire.PRODUCT, "POST /bitrix24/install", page.status))
        codes = administrator.wait_registered(self._stage)
        self._console.did(
            "b24-edo",
            self._console.say(
                ru=f"зарегистрировал роботов и действий: {len(codes)}",
                en=f"has registered {len(codes)} robots and activities",
            ),
        )
        self._tell_wire()

    def _connect(self) -> None:
        address = administrator.consent_address(self._stage)
        short = address.partition("?")[0]
        self._did(ADMINISTRATOR, ru=f"b24-edo boxes connect → {short}?…", en=f"b24-edo boxes connect → {short}?…")
        page = administrator.consent(self._stage, address)
        names = ", ".join(box["name"] for box in administrator.connected_boxes(self._stage))
        self._did(
            ADMINISTRATOR,
            ru=f"соглашается там как пользователь Диадока; подключены ящики: {names}",
            en=f"consents there as the Diadoc user; boxes connected: {names}",
        )
        self._tell_wire(first=wire.Exchange(wire.PRODUCT, "GET /diadoc/callback", page.status_code))

    def _prepare(self) -> dict[str, int]:
        registries = administrator.prepare_registries(self._stage)
        self._did(
            ADMINISTRATOR,
            ru="b24-edo registry prepare → в CRM появились «Реестр документов ЭДО» и «Пакеты ЭДО»",
            en="b24-edo registry prepare → the CRM has registries of documents and of packages",
        )
        self._tell_wire()
        return registries

    def _attach(self) -> dict[str, bytes]:
        self._console.scene(ru="3. Менеджер запускает процесс", en="3. The manager starts the process")
        papers = papers_of(self._process.variables)
        prepare_deal(self._stage.portal, DEAL, papers)
        deal = self._stage.portal.item()
        names = "; ".join(papers)
        self._did(
            MANAGER,
            ru=f"прикладывает к сделке «{deal['TITLE']}» файлы: {names}",
            en=f"attaches to the deal «{deal['TITLE']}»: {names}",
        )
        return papers

    def _start(self) -> str:
        workflow_id = self._stage.portal.start_workflow(self._process.save(self._stage.portal))
        name = self._process.name
        self._did(MANAGER, ru=f"запускает процесс «{name}»", en=f"starts the process «{name}»")
        return workflow_id

    def _wait_for_letter(self, workflow_id: str) -> bool:
        """Until the package is in Diadoc and the workflow waits; False when the workflow ends without that."""
        self._follow(workflow_id, until=lambda: bool(self._stage.diadoc.messages()))
        letters = self._stage.diadoc.messages()
        if not letters:
            return False
        self._did(
            WORKFLOW,
            ru="send: пакет в Диадоке без подписи; шаг ждёт исхода",
            en="send: the package is in Diadoc, not signed yet; the step waits for the outcome",
        )
        self._tell_wire()
        return True

    def _sign(self, workflow_id: str) -> None:
        self._console.scene(ru="4. Люди подписывают в Диадоке", en="4. People sign in Diadoc")
        diadoc = self._stage.diadoc
        (message_id,) = {message["MessageId"] for message in diadoc.messages()}
        diadoc.sign_by_sender(message_id)
        self._did(
            SIGNER,
            ru=f"{DIRECTOR.name} подписывает оба документа; Диадок отправляет их",
            en=f"{DIRECTOR.name} signs both documents; Diadoc sends them",
        )
        waiting = self._stage.processes.wait(self._delivered_and_unanswered, "the delivery")
        self._did(DIADOC, ru=f"документы доставлены: {LYUTIK.name}", en=f"the documents are delivered to {LYUTIK.name}")
        self._answer(message_id, waiting)

    def _answer(self, message_id: str, entity_ids: list[str]) -> None:
        diadoc = self._stage.diadoc
        if self._refuses:
            diadoc.refuse(message_id, REASON, entity_ids)
            self._did(COUNTERAGENT, ru=f"отказывает в подписи акта: {REASON}", en=f"refuses to sign the act: {REASON}")
        else:
            diadoc.act("sign_by_recipient", message_id=message_id, entity_ids=entity_ids, user=PARTNER_SIGNER.id)
            name = PARTNER_SIGNER.name
            self._did(COUNTERAGENT, ru=f"{name} подписывает акт", en=f"{name} signs the act")

    def _delivered_and_unanswered(self) -> list[str]:
        """Documents that the counteragent has and still has to sign, once everything is delivered."""
        documents = self._stage.diadoc.documents()
        if not all(document["DeliveryTimestampTicks"] for document in documents):
            return []
        waiting = "WaitingForRecipientSignature"
        return [one["EntityId"] for one in documents if one["RecipientResponseStatus"] == waiting]

    def _follow(self, workflow_id: str, until: Any) -> None:
        """Tell every step as it ends, until the workflow stands still or `until` is true."""

        def is_over() -> bool:
            workflow = self._workflow(workflow_id)
            self._tell_steps(workflow)
            self._ensure_taken()
            return workflow["state"] != "running" or until()

        self._stage.processes.wait(is_over, "the end of the workflow")
        self._tell_steps(self._workflow(workflow_id))

    def _ensure_taken(self) -> None:
        """A call that was not taken never comes again: there is nothing to wait for."""
        for delivery in self._stage.portal.deliveries():
            if delivery["is_done"] and set(delivery["statuses"]) != {200}:
                raise Trouble(f"b24-edo answered {delivery['statuses']} {delivery['errors']} to {delivery['name']}")

    def _tell_steps(self, workflow: dict[str, Any]) -> None:
        ended = [step for step in workflow["steps"] if step["state"] != "waiting"]
        for step in ended[self._told_steps :]:
            text = wording.sentence(self._console, step["name"], step["outputs"])
            head = f"{step['name']} ({step['code']})"
            self._did(WORKFLOW, ru=f"{head}: {text}", en=f"{head}: {text}")
            for line in self._journal_of(workflow, step["name"]):
                self._console.detail(self._console.say(ru="журнал", en="journal"), line)
            self._tell(self._wire.of_call(step["delivery_id"]))
        self._told_steps = len(ended)

    @staticmethod
    def _journal_of(workflow: dict[str, Any], step: str) -> list[str]:
        return [
            line["text"] for line in workflow["journal"] if line["step"] == step and line["kind"] in ("log", "answer")
        ]

    def _workflow(self, workflow_id: str) -> dict[str, Any]:
        return self._stage.portal.workflow(workflow_id)

    def _did(self, who: dict[str, str], *, ru: str, en: str) -> None:
        self._console.did(who[self._console.language], self._console.say(ru=ru, en=en))

    def _tell_wire(self, first: wire.Exchange | None = None) -> None:
        seen = self._wire.news()
        self._tell([first, *seen] if first else seen)

    def _tell(self, exchanges: list[wire.Exchange]) -> None:
        if exchanges:
            self._console.detail(self._console.say(ru="в сети", en="wire"), wire.line(exchanges))
