"""What stands in the journal of a workflow, in Russian and in English."""

TEXTS = {
    "started": ("Запущен: {name}", "Started: {name}"),
    "completed": ("Завершён", "Completed"),
    "called": ("Вызвано приложение: {code}", "The application has been called: {code}"),
    "answered": ("Получен ответ приложения", "An answer of the application has been received"),
    "timeout": ("Время ожидания ответа вышло", "The time to wait for an answer is over"),
    "yes": ("Условие {left} = «{value}»: да", 'Condition {left} = "{value}": yes'),
    "no": ("Условие {left} = «{value}»: нет", 'Condition {left} = "{value}": no'),
    "fields": ("Изменены поля: {names}", "Fields changed: {names}"),
    "moved": ("Перемещён на стадию {stage}", "Moved to the stage {stage}"),
    "left": ("Элемент ушёл со стадии {stage}", "The item has left the stage {stage}"),
    "deleted": ("Документ удалён", "The document has been deleted"),
    "circles": ("Шаблон ходит по кругу", "The template runs in circles"),
    "unknown": ("Неизвестный шаг: {step}", "Unknown step: {step}"),
    "terminated": ("Прерван", "Terminated"),
    "killed": ("Удалён", "Killed"),
}


def text(language: str, key: str, **facts: str) -> str:
    """A line in the portal's language: "ru", anything else is English."""
    return TEXTS[key][0 if language == "ru" else 1].format(**facts)
