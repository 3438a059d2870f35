"""Which of our two languages a person reads."""

from flask import g, request

from activities.languages import language_of


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
