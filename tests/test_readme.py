"""The documents say what the code does: settings, commands, codes, metrics, log lines, links."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from prometheus_client.metrics import MetricWrapperBase

import errors
from activities import catalog
from activities.states import DOCFLOW_STATES, OUTCOMES
from app import main
from commands.calls import STATES
from config import Config, ConfigError, read_config
from docs import generate
from docs.markdown import rows_of
from handlers import metrics
from registry.portal_registry import PortalRegistry
from tests.conftest import SECRET_KEY
from tests.test_catalog import faults

ROOT = Path(__file__).parent.parent
READMES = {"README.md": "en", "README.ru.md": "ru"}
PAGES = [*READMES, "CONTRIBUTING.md", "docs/activities.md", "docs/activities.ru.md"]
NEEDED = {
    "PUBLIC_URL": "https://edo.example.ru",
    "SECRET_KEYS": SECRET_KEY,
    "BITRIX24_CLIENT_ID": "local.1",
    "BITRIX24_CLIENT_SECRET": "secret",
}
ABSENT = {"en": ("required", "empty"), "ru": ("обязательна", "пусто")}
FIRST = {"setting": {"en": "Variable", "ru": "Переменная"}, "command": {"en": "Command", "ru": "Команда"}}


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def bare(cell: str) -> str:
    return cell.strip("`")


def readers():
    return pytest.mark.parametrize(("path", "language"), READMES.items(), ids=READMES)


class Watched(dict):
    """An environment that remembers which variables were asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def get(self, key, default=None):
        self.asked.append(key)
        return super().get(key, default)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> dict[str, str | None]:
    """Every variable that config.py reads, with its default as text; None = required."""
    monkeypatch.chdir(tmp_path)
    environment = Watched(NEEDED)
    config = read_config(environment)
    with pytest.raises(ConfigError) as failure:
        read_config({})
    missing = set(re.findall(r"^  ([A-Z0-9_]+):", str(failure.value), re.MULTILINE))
    assert missing == set(NEEDED)
    return {name: None if name in missing else default_of(config, name) for name in environment.asked}


def default_of(config: Config, name: str) -> str:
    value = getattr(config, name.lower())
    if name == "DATA_DIR":
        return str(value.relative_to(Path.cwd()))
    if value == f"file://{config.data_dir}/blobs":
        return ""  # follows from another setting
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown(default: str | None, language: str) -> str:
    """A default as the table says it."""
    required, empty = ABSENT[language]
    return required if default is None else default or empty


@readers()
def test_the_settings_of_the_readme_are_those_of_the_code(path, language, settings):
    rows = rows_of(text_of(path), FIRST["setting"][language])

    told = {bare(row[0]): bare(row[1]) for row in rows}

    assert told == {name: shown(default, language) for name, default in settings.items()}
    assert all(row[2] for row in rows)


def test_the_sample_of_settings_names_each_once_with_its_default(settings):
    lines = re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", text_of(".env.example"), re.MULTILINE)

    told = {name: value.strip('"') for name, value in lines}

    assert len(lines) == len(told)
    assert set(told) == set(settings)
    chosen = {*NEEDED, "DATABASE_URL", "BLOB_URL", "ALLOWED_NETWORKS", "TRUSTED_PROXIES"}
    usual = {name: default for name, default in settings.items() if name not in chosen}
    assert {name: told[name] for name in usual} == usual


def commands(group: click.Group, prefix: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix}{name} ")
        else:
            found[prefix + name] = command
    return found


def parameters(command: click.Command) -> set[str]:
    options = {parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)}
    return options | {parameter.name.upper() for parameter in command.params if isinstance(parameter, click.Argument)}


@readers()
def test_the_commands_of_the_readme_are_those_of_the_program(path, language):
    rows = rows_of(text_of(path), FIRST["command"][language])

    told = {bare(row[0]): set(re.findall(r"--[a-z-]+|[A-Z][A-Z0-9_]+", row[2])) for row in rows}

    assert told == {name: parameters(command) for name, command in commands(main).items()}
    assert all(row[1] for row in rows)


@readers()
def test_commands_shown_anywhere_exist(path, language):
    known = commands(main)

    groups = {name.partition(" ")[0] for name in known if " " in name}
    alone = "|".join(sorted(set(known) - groups))
    used = re.findall(rf"b24-edo ((?:{alone})\b|(?:{'|'.join(sorted(groups))}) [a-z-]+)", text_of(path))

    assert len(used) > 8
    assert set(used) - set(known) == set()


@pytest.mark.parametrize("path", generate.pages())
def test_what_is_written_from_the_code_is_up_to_date(path):
    assert path not in generate.outdated(), "run: python -m docs.generate"


@readers()
def test_every_error_code_is_explained_once(path, language):
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.AppError)]
    head = {"en": "Error code", "ru": "Код ошибки"}[language]

    told = [bare(row[0]) for row in rows_of(text_of(path), head)]

    assert sorted(told) == sorted({kind.code for kind in kinds})


@readers()
def test_every_activity_is_named(path, language):
    text = text_of(path)

    assert [code for code in catalog() if f"`{code}`" not in text] == []


@pytest.mark.parametrize("path", ["docs/activities.md", "docs/activities.ru.md"])
def test_the_catalogue_names_every_input_output_and_state(path):
    text = text_of(path)

    ids = [name for one in catalog().values() for name in (*one.inputs.fields, *one.outputs.fields)]

    assert [name for name in [*ids, *DOCFLOW_STATES, *OUTCOMES] if f"`{name}`" not in text] == []


@readers()
def test_states_of_calls_are_those_of_the_program(path, language):
    head = {"en": "State of a call", "ru": "Состояние вызова"}[language]

    assert [bare(row[0]) for row in rows_of(text_of(path), head)] == list(STATES)


def metric_names() -> set[str]:
    """As a scrape shows them: counters end in _total."""
    counted = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    described = [(family.name, family.type) for one in counted for family in one.describe()]
    own = {name + ("_total" if kind == "counter" else "") for name, kind in described}
    asked = re.findall(r"_(?:gauge|labelled)\(\s*\"(\w+)\"", text_of("handlers/figures.py"))
    return own | {f"b24edo_{name}" for name in asked}


@readers()
def test_the_metrics_of_the_readme_are_those_of_the_program(path, language):
    head = {"en": "Metric", "ru": "Метрика"}[language]

    told = [bare(row[0]) for row in rows_of(text_of(path), head)]

    assert sorted(told) == sorted(metric_names())
    assert set(re.findall(r"b24edo_\w+", text_of(path))) == set(told)


@readers()
def test_log_events_of_the_readme_are_written_somewhere(path, language):
    head = {"en": "Event", "ru": "Событие"}[language]
    rooms = ("activities", "clients", "handlers", "worker")
    source = "\n".join(file.read_text(encoding="utf-8") for room in rooms for file in (ROOT / room).rglob("*.py"))

    told = [bare(row[0]) for row in rows_of(text_of(path), head)]

    assert len(told) > 8
    assert [event for event in told if f'"{event}"' not in source] == []


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_something_that_is_there(path):
    text = text_of(path)
    links = re.findall(r"\]\(([^)\s]+)\)", text)

    files = {link.partition("#")[0] for link in links if not link.startswith(("http", "#"))}
    anchors = {link[1:] for link in links if link.startswith("#")}

    assert links
    assert [link for link in files if not (ROOT / path).parent.joinpath(link).exists()] == []
    assert [anchor for anchor in anchors if f'<a id="{anchor}"></a>' not in text] == []


@pytest.mark.parametrize("path", [*READMES, "CONTRIBUTING.md"])
def test_everything_is_tested_by_one_command_that_the_makefile_knows(path):
    used = set(re.findall(r"(?:`|^)make ([a-z]+)", text_of(path), re.MULTILINE))

    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))

    assert "test" in used
    assert used - targets == set()


@readers()
def test_both_readmes_have_the_same_shape(path, language):
    def shape(text: str) -> list[tuple[int, int]]:
        parts = re.split(r"^(#{2,3}) ", text, flags=re.MULTILINE)
        return [(len(mark), body.count("\n|")) for mark, body in zip(parts[1::2], parts[2::2], strict=True)]

    assert shape(text_of(path)) == shape(text_of("README.md"))


def test_the_sample_activity_of_the_guide_works(database, portal):
    source = re.search(r"```python\n(.+?)```", text_of("CONTRIBUTING.md"), re.DOTALL)
    declared: dict = {"__name__": "sample"}
    registry = PortalRegistry(database, portal.id)
    package = registry.packages.open_or_create(crm_item="D_1", name="")
    lines: list[str] = []
    context = SimpleNamespace(registry=registry, log=lambda ru, en: lines.append(en))

    exec(source[1], declared)  # the page shows a program; there is no other way to try it
    activity = declared["DiadocCountDocuments"]()
    answer = activity.dump_outputs(activity.run(context, **activity.load_inputs({"use_package": str(package.id)})))

    assert faults(activity) == []
    assert (answer["package_id"], answer["documents_count"]) == (package.id, 0)
    assert lines == [f"Documents in package {package.id}: 0"]
