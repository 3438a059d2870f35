"""`python -m sandbox.demo.playground`: everything installed and connected, for a person with a browser."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sandbox.demo import administrator
from sandbox.demo.console import LANGUAGES, Console, language_of
from sandbox.demo.guide import guide
from sandbox.demo.process import Process, papers_of, prepare_deal, read_process
from sandbox.demo.processes import ROOT, Trouble
from sandbox.demo.stage import Ports, Stage, opened
from sandbox.portal.driver import COMPANY_TYPE, COUNTERAGENT, DEAL, DEAL_TYPE, MANAGER, OWN_COMPANY, LocalApp

FIRST_PORT = 8600
SETTINGS = ROOT / "var" / "sandbox" / "settings.sh"
WRONG_INN = "9660003037"  # its check digit is wrong: the process takes its other branch


def main(words: Sequence[str] | None = None) -> int:
    options = _options(words)
    console = Console(options.lang)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    ports = Ports(product=options.port, diadoc=options.port + 1, portal=options.port + 2)
    try:
        with opened(ports) as stage:
            _set_up(stage, console)
            while True:
                stage.processes.ensure_alive()
                time.sleep(1)
    except Trouble as trouble:
        console.verdict(False, str(trouble))
        return 1
    except KeyboardInterrupt:
        console.verdict(True, console.say(ru="Всё остановлено.", en="Everything is stopped."))
        return 0
    finally:
        SETTINGS.unlink(missing_ok=True)


def _set_up(stage: Stage, console: Console) -> None:
    console.text(console.say(ru="Готовлю песочницу…", en="Setting the sandbox up…"))
    stage.portal.change_portal(language=console.language)
    app = administrator.save_card(stage)
    settings = stage.product.configure(app, stage.portal, stage.diadoc)
    stage.product.start()
    administrator.install(stage, app)
    administrator.wait_registered(stage)
    administrator.consent(stage, administrator.consent_address(stage))
    administrator.prepare_registries(stage)
    process = read_process(console.language)
    process.save(stage.portal)
    deals = _make_deals(stage, console, process)
    _write_settings(settings)
    _explain(stage, console, app, process, deals)


def _make_deals(stage: Stage, console: Console, process: Process) -> dict[int, str]:
    """Deals that wait for the process, by number: two good ones, one with wrong requisites."""
    portal = stage.portal
    company = portal.create_item(COMPANY_TYPE, {"TITLE": "ООО «Опечатка»"})
    portal.set_requisite(WRONG_INN, "966001001", "ООО «Опечатка»", company_id=company)
    deals = {DEAL: portal.item()["TITLE"]}
    for company_id, title in (
        (COUNTERAGENT, console.say(ru="Ещё одна поставка", en="One more delivery")),
        (company, console.say(ru="Сделка с опечаткой в ИНН", en="A deal with a typo in the INN")),
    ):
        fields = {"TITLE": title, "OPPORTUNITY": 120000, "ASSIGNED_BY_ID": MANAGER}
        sides = {"COMPANY_ID": company_id, "MYCOMPANY_ID": OWN_COMPANY}
        deals[portal.create_item(DEAL_TYPE, fields | sides)] = title
    papers = papers_of(process.variables)
    for deal_id in deals:
        prepare_deal(portal, deal_id, papers)
    return deals


def _write_settings(settings: dict[str, str]) -> None:
    """So that the commands of b24-edo can be tried on this installation."""
    SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(SETTINGS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"export {name}='{value}'\n" for name, value in settings.items())


def _explain(stage: Stage, console: Console, app: LocalApp, process: Process, deals: dict[int, str]) -> None:
    path = os.path.relpath(SETTINGS)
    command = os.path.relpath(Path(sys.executable).parent / "b24-edo")
    console.text(guide(console, stage, app, process, deals, settings=path, command=command))


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo.playground", description=__doc__)
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=language_of(dict(os.environ)), help="language of the guide"
    )
    parser.add_argument(
        "--port", type=int, default=FIRST_PORT, help="of the product; Diadoc and portal take the next two (%(default)s)"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
