"""Which of our two languages a person reads."""

from flask import g, request

RUSSIAN_READERS = ("ru", "ua", "uk", "by", "be", "kz", "kk")


def language_of(portal_language: str) -> str:
    """ "ru" or "en", of a language code as Bitrix24 writes it."""
    return "ru" if portal_language.strip().lower()[:2] in RUSSIAN_READERS else "en"


def asked_language() -> str:
    """What the request asks for: the portal's LANG, else the browser's; remembered for the rest of the request."""
    if "language" not in g:
        told = request.args.get("LANG", "")
        g.language = language_of(told) if told else request.accept_languages.best_match(["ru", "en"], "en")
    return g.language


def choose_language(portal_language: str) -> str:
    """Answer this request in the portal's language."""
    if portal_language:
        g.language = language_of(portal_language)
    return asked_language()
