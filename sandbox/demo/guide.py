"""What a person with a browser is told: the addresses, who is who, what to click."""

from sandbox.demo.console import Console
from sandbox.demo.process import Process
from sandbox.demo.stage import Stage
from sandbox.diadoc.driver import LYUTIK, ROMASHKA
from sandbox.diadoc.pages.texts import texts
from sandbox.portal.driver import LocalApp

_RUSSIAN = """
Портал     {portal}/
           вы вошли как администратор; сделки, процессы, приложения
Приложение {app}
           страница b24-edo внутри портала
Диадок     {diadoc}/
           наш ящик, {ours};  ящик контрагента, {theirs}: {diadoc}/?box={theirs_box}
b24-edo    {product}
           состояние: {product}/readyz

Что нажать
  1. Откройте сделку:
{deals}
  2. Выберите «{process}» и нажмите «Запустить процесс». Обновите страницу:
     в журнале видно, как шаги проверяют реквизиты, собирают пакет и отправляют его.
  3. Откройте Диадок, наш ящик, и нажмите «{sign}» у обоих документов: так подпишет наш подписант.
  4. Там же у акта нажмите «{answer}». Или «{refuse}»: это другая ветка процесса.
  5. Вернитесь в сделку: стадия, поле «Подписанные документы» и лента изменились сами.
  Без процесса: вкладка «ЭДО» другой сделки или кнопка «Сформировать пакет Диадок» — отметьте документы и отправьте.
  В списках «Реестр документов ЭДО» и «Пакеты ЭДО», в уведомлениях и задачах портала видно то же самое.
  В шапке портала можно стать другим человеком; настройки, самопроверка, журнал и отчёты — на странице приложения.
  В сделке с опечаткой в ИНН процесс остановится на первой проверке и скажет почему.
  Запустите процесс в той же сделке ещё раз: бумаги отклонены как повтор, второй раз ничего не отправлено.

Команды (в другом окне)
  . {settings}
  {command} calls list
  {command} boxes list
  {command} activities list
  {command} doctor
  {command} report

Ключ приложения  {client_id}
Секрет           {client_secret}
Всё это живёт до Ctrl-C, потом исчезает.
"""
_ENGLISH = """
Portal       {portal}/?lang=en
             you are logged in as its administrator; deals, workflows, applications
Application  {app}
             the page of b24-edo inside the portal
Diadoc       {diadoc}/?lang=en
             our box, {ours};  the counteragent's, {theirs}: {diadoc}/?lang=en&box={theirs_box}
b24-edo      {product}
             how it is: {product}/readyz

What to click
  1. Open a deal:
{deals}
  2. Choose «{process}» and press «Start workflow». Reload the page: its journal shows how
     the steps check the requisites, gather the package and send it.
  3. Open Diadoc, our box, and press «{sign}» for both documents: that is our signer.
  4. There too, press «{answer}» for the act. Or «{refuse}»: the workflow has a branch for that.
  5. Go back to the deal: its stage, the field of signed documents and the timeline have changed by themselves.
  Without a workflow: the tab «EDI» of another deal, or its button «Make a Diadoc package»: tick documents and send.
  The registries «EDI document registry» and «EDI packages», notifications and tasks of the portal tell the same.
  The portal's header makes you another person; settings, self-check, journal and reports are on the application's page.
  In the deal with a typo in the INN the workflow ends at the first check and says why.
  Start the workflow on the same deal once more: the papers are turned down as duplicates, nothing is sent twice.

Commands (in another window)
  . {settings}
  {command} calls list
  {command} boxes list
  {command} activities list
  {command} doctor
  {command} report

Application's key  {client_id}
Its secret         {client_secret}
All of this lives until Ctrl-C and is gone then.
"""


def guide(
    console: Console,
    stage: Stage,
    app: LocalApp,
    process: Process,
    deals: dict[int, str],
    *,
    settings: str,
    command: str,
) -> str:
    """settings: the file that sets the environment of the commands; command: the path of b24-edo."""
    portal, language = stage.portal.first_url, "" if console.language == "ru" else "?lang=en"
    lines = [f"       {portal}/crm/deal/details/{number}/{language}  {title}" for number, title in deals.items()]
    buttons = texts(console.language)
    return console.say(ru=_RUSSIAN, en=_ENGLISH).format(
        portal=portal,
        app=f"{portal}/marketplace/app/{app.client_id}/{language}",
        diadoc=stage.diadoc.url,
        ours=ROMASHKA.name,
        theirs=LYUTIK.name,
        theirs_box=LYUTIK.box,
        product=stage.product.url,
        deals="\n".join(lines),
        sign=buttons["sign_by_sender"],
        answer=buttons["sign_by_recipient"],
        refuse=buttons["refuse"],
        process=process.name,
        settings=settings,
        command=command,
        client_id=app.client_id,
        client_secret=app.client_secret,
    )
