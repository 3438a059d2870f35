"""The head of somebody: of the department, of the one above it, never the person, never one who has left."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from activities.context import Context
from activities.heads import head_of
from clients.bitrix24.models import Department, User
from errors import NoAccess

INSTALLER = 99


@dataclass
class Company:
    """A portal with these departments and people, as far as a head is looked for."""

    departments: list[Department]
    dismissed: tuple[int, ...] = ()
    is_closed: bool = False

    def department_get(self) -> list[Department]:
        if self.is_closed:
            raise NoAccess(system="Битрикс24", method="department.get")
        return self.departments

    def user_get(self, filter: dict[str, Any]) -> list[User]:
        return [person(number, is_active=number not in self.dismissed) for number in filter["ID"]]

    def head_of(self, user: User | None) -> int:
        return head_of(cast(Context, self), user)

    @property
    def bitrix24(self) -> "Company":
        return self

    @property
    def portal(self) -> Any:
        return type("Portal", (), {"installer_user_id": INSTALLER})

    @property
    def registry(self) -> Any:
        return type("Registry", (), {"settings": staticmethod(lambda: type("Chosen", (), {"administrators": ()}))})


def person(number: int, *departments: int, is_active: bool = True) -> User:
    return User(number, is_active, "", "", "", "", "", departments)


def department(number: int, parent: int = 0, head: int = 0) -> Department:
    return Department(number, "", parent, head)


TREE = [department(1, head=10), department(2, parent=1), department(3, parent=2, head=30)]


@pytest.mark.parametrize(
    ("user", "head"),
    [
        (person(5, 3), 30),
        (person(5, 2), 10),  # a department without a head
        (person(30, 3), 10),  # himself
        (person(10, 1), INSTALLER),  # nobody is above him
        (person(5), INSTALLER),
        (person(5, 7), INSTALLER),  # a department that is no more
        (None, INSTALLER),
    ],
)
def test_the_nearest_head_above_somebody(user, head):
    assert Company(TREE).head_of(user) == head


def test_who_has_left_heads_nobody():
    assert Company(TREE, dismissed=(30,)).head_of(person(5, 3)) == 10


def test_a_circle_of_departments_ends():
    assert Company([department(1, parent=2), department(2, parent=1)]).head_of(person(5, 1)) == INSTALLER


def test_without_the_right_to_see_departments_an_administrator_stands_in():
    assert replace(Company(TREE), is_closed=True).head_of(person(5, 3)) == INSTALLER
