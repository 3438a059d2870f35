"""What the pages say, in Russian and in English."""

_TEXTS = {
    "language": ("ru", "en"),
    "title": ("Портал-песочница", "Sandbox portal"),
    "deals": ("Сделки", "Deals"),
    "deal": ("Сделка", "Deal"),
    "stage": ("Стадия", "Stage"),
    "sum": ("Сумма", "Sum"),
    "workflows": ("Бизнес-процессы", "Workflows"),
    "no_workflows": ("Ни один процесс ещё не запускали.", "No workflow has been started yet."),
    "journal": ("Журнал", "Journal"),
    "waits": ("ждёт ответа шага", "waits for an answer to step"),
    "running": ("выполняется", "running"),
    "completed": ("завершён", "completed"),
    "terminated": ("прерван", "terminated"),
    "failed": ("ошибка", "failed"),
    "apps": ("Приложения", "Applications"),
    "no_apps": ("Приложений ещё нет.", "There are no applications yet."),
    "installed": ("установлено", "installed"),
    "not_installed": ("установка не завершена", "installation is not finished"),
    "robots": ("роботы и действия", "robots and activities"),
    "open": ("Открыть", "Open"),
    "fields": ("Поля", "Fields"),
    "timeline": ("Лента", "Timeline"),
    "empty": ("Пока пусто.", "Nothing here yet."),
    "start": ("Запустить процесс", "Start workflow"),
    "move": ("Переместить", "Move"),
    "attach": ("Приложить файл", "Attach file"),
    "home": ("Все сделки", "All deals"),
    "not_complete": (
        "Приложение ещё не установлено до конца. Обратитесь к администратору портала.",
        "The application is not installed completely. Ask the portal's administrator.",
    ),
    "other_language": ("English", "Русский"),
}


def texts(language: str) -> dict[str, str]:
    """All texts in one language: "en", anything else is Russian."""
    index = 1 if language == "en" else 0
    return {name: pair[index] for name, pair in _TEXTS.items()}
