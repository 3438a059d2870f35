"""What workflows can ask us to do: one file, one activity. `catalog()` finds them by this folder."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.base import Activity

SYSTEMS = ("diadoc_", "directum_")


@cache
def catalog() -> "dict[str, Activity]":
    """Every activity by its code. Raises ImportError naming a file that is not one activity."""
    return find_activities(importlib.import_module(__name__))


def find_activities(package: ModuleType) -> "dict[str, Activity]":
    """The activities of a package: each module named after a system declares one, with the file's name as its code."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names if name.startswith(SYSTEMS)]
    return {activity.code: activity for activity in map(_the_activity, modules)}


def _the_activity(module: ModuleType) -> "Activity":
    from activities.base import Activity  # base needs this package first

    declared = [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Activity) and thing.__module__ == module.__name__
    ]
    name = module.__name__.rpartition(".")[2]
    if [activity.code for activity in declared] != [name]:
        raise ImportError(f"{module.__name__} must declare exactly one activity, with the code {name!r}")
    return declared[0]()
