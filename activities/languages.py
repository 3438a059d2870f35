"""Which of our two languages a person reads."""

RUSSIAN_READERS = ("ru", "ua", "uk", "by", "be", "kz", "kk")


def language_of(portal_language: str) -> str:
    """ "ru" or "en", of a language code as Bitrix24 writes it."""
    return "ru" if portal_language.strip().lower()[:2] in RUSSIAN_READERS else "en"
