"""`b24-edo requisites check`: the same rules that packages are checked by; needs no settings."""

import json
import sys

import click

from activities import requisites


@click.group("requisites", help="INN and KPP.")
def group() -> None:
    pass


@group.command("check", help="Check an INN and, where there is one, a KPP. Exit code 0 when valid, 1 when not.")
@click.argument("inn")
@click.argument("kpp", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option("--lang", "language", type=click.Choice(["ru", "en"]), default="ru")
def check(inn: str, kpp: str, as_json: bool, language: str) -> None:
    found = requisites.check(inn, kpp)
    if as_json:
        shown = {"is_valid": found.is_valid, "kind": found.kind, "inn": found.inn, "kpp": found.kpp}
        click.echo(json.dumps({**shown, "reasons": list(found.reasons)}, ensure_ascii=False))
    else:
        click.echo(requisites.reasons_text(found, language) or f"{found.inn} {found.kpp}: OK ({found.kind})")
    sys.exit(0 if found.is_valid else 1)
