"""Batches: order, references, chunks, errors of single commands."""

import json
import re
from urllib.parse import parse_qs

import pytest
import requests
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.bitrix24 import faults, references
from clients.bitrix24.batch import Command, query
from clients.bitrix24.form import parse_form
from errors import NotFoundThere, RateLimited, RequestRejected, Unavailable
from tests.clients.bitrix24_support import PORTAL, Kit


class PaperBatch:
    """Runs commands as a portal does: in order, references inside the request replaced, nothing for missing ones."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.seen: dict[str, dict] = {}
        self.errors: dict[str, list] = {}

    def __call__(self, request):
        body = json.loads(request.body)
        self.requests.append(list(body["cmd"]))
        results: dict = {}
        errors: dict = {}
        for name, line in body["cmd"].items():
            params = self._params(line, results)
            self.seen[name] = params
            waiting = self.errors.get(name)
            if waiting:
                errors[name] = waiting.pop(0)
                if body["halt"]:
                    break
            else:
                results[name] = {
                    "item": {"id": int(re.sub(r"\D", "", name) or 0), "tags": ["x", name]},
                    "asked": params,
                }
        result = {"result": results or [], "result_error": errors or [], "result_total": [], "result_next": []}
        return 200, {}, json.dumps({"result": result})

    def _params(self, line: str, results: dict) -> dict:
        given = parse_form(line.partition("?")[2].encode())
        return {name: self._put(value, results) if isinstance(value, str) else value for name, value in given.items()}

    def _put(self, text: str, results: dict) -> str:
        def found(match):
            value = results.get(match[1])
            for key in re.findall(r"\[([^\]]*)\]", match[2]):
                value = (value[int(key)] if isinstance(value, list) else value.get(key)) if value else None
            return "" if value is None else str(value)

        return re.sub(r"\$result\[([^\]]+)\]((?:\[[^\]]*\])*)", found, text)


@pytest.fixture
def paper(monkeypatch):
    monkeypatch.setattr(faults, "QUERY_LIMIT_SECONDS", 0.01)
    with responses.mock:
        batch = PaperBatch()
        responses.add_callback(responses.POST, PORTAL + "batch", callback=batch)
        yield batch


@pytest.fixture
def kit(paper):
    return Kit()


def get(number) -> Command:
    return Command("crm.item.get", {"id": number})


def test_more_than_fifty_commands_go_in_chunks(kit, paper):
    outcomes = kit.client.batch({f"c{number}": get(number) for number in range(120)})

    assert [len(names) for names in paper.requests] == [50, 50, 20]
    assert list(outcomes) == [f"c{number}" for number in range(120)]
    assert outcomes["c77"].value()["item"]["id"] == 77


def test_no_commands_need_no_request(kit, paper):
    assert kit.client.batch({}) == {}
    assert paper.requests == []


def test_a_reference_inside_a_request_is_left_to_the_portal(kit, paper):
    kit.client.batch({"a7": get(7), "b": get("$result[a7][item][id]")})

    assert "%24result%5Ba7%5D%5Bitem%5D%5Bid%5D" in kit.sent(0)["cmd"]["b"]
    assert paper.seen["b"] == {"id": "7"}


def test_a_reference_to_an_earlier_request_is_replaced_by_its_value(kit, paper):
    commands = {f"c{number}": get(number) for number in range(50)}
    commands["late"] = Command(
        "crm.item.list", {"filter": {"id": "$result[c7][item][id]"}, "text": "is $result[c8][item][tags][1]!"}
    )
    commands["whole"] = Command("crm.item.list", {"filter": "$result[c9][item]"})

    kit.client.batch(commands)

    assert paper.seen["late"] == {"filter": {"id": "7"}, "text": "is c8!"}
    assert paper.seen["whole"] == {"filter": {"id": "9", "tags": ["x", "c9"]}}


def test_commands_run_after_those_they_refer_to(kit, paper):
    kit.client.batch({"b": get("$result[a][item][id]"), "a": get(1), "c": get(2)})

    assert paper.requests == [["a", "b", "c"]]


@given(st.integers(1, 130).flatmap(lambda size: st.tuples(st.just(size), st.permutations(range(size)), st.randoms())))
@settings(max_examples=30, deadline=None)
def test_every_reference_finds_its_value_whatever_the_order_and_the_chunks(drawn):
    size, order, random = drawn
    needs = {number: random.randrange(number) if number and random.random() < 0.7 else None for number in range(size)}
    commands = {
        f"c{number}": get(0 if needs[number] is None else f"$result[c{needs[number]}][item][id]") for number in order
    }
    paper = PaperBatch()

    with responses.mock:
        responses.add_callback(responses.POST, PORTAL + "batch", callback=paper)
        outcomes = Kit().client.batch(commands)

    assert {name: outcomes[name].value()["asked"]["id"] for name in commands} == {
        f"c{number}": str(need or 0) for number, need in needs.items()
    }
    assert len(paper.requests) == -(-size // 50)


def test_a_chain_longer_than_pythons_stack_is_ordered():
    needs = {str(number): {str(number + 1)} if number < 5000 else set() for number in range(5001)}

    assert references.ordered(needs) == [str(number) for number in reversed(range(5001))]


@pytest.mark.parametrize(
    "commands",
    [
        {"a": get("$result[b][id]"), "b": get("$result[a][id]")},
        {"a": get("$result[a]")},
        {"a": get("$result[nobody][id]")},
        {"a[0]": get(1)},
    ],
    ids=["circle", "itself", "nobody", "brackets"],
)
def test_commands_that_cannot_be_ordered_are_a_mistake_before_anything_is_sent(kit, paper, commands):
    with pytest.raises(ValueError, match=r"circle|does not have|brackets"):
        kit.client.batch(commands)

    assert paper.requests == []


def test_a_text_from_outside_is_no_reference(kit, paper):
    kit.client.batch({"a": Command("crm.item.list", {"text": references.defused("$result[b][item]")}), "b": get(1)})

    assert paper.requests == [["a", "b"]]
    assert paper.seen["a"] == {"text": "$\u200bresult[b][item]"}


def test_one_failed_command_does_not_hide_the_others(kit, paper):
    paper.errors["b2"] = [{"error": "NOT_FOUND", "error_description": "Not found"}]

    outcomes = kit.client.batch({"a1": get(1), "b2": get(2), "c3": get(3)})

    assert isinstance(outcomes["b2"].error, NotFoundThere)
    assert outcomes["b2"].error.method == "crm.item.get"
    assert outcomes["a1"].value()["item"]["id"] == 1
    assert outcomes["c3"].error is None
    with pytest.raises(NotFoundThere):
        outcomes["b2"].value()


def test_a_command_that_refers_to_a_failed_one_of_an_earlier_request_is_not_sent(kit, paper):
    paper.errors["c0"] = [{"error": "NOT_FOUND", "error_description": "Not found"}]
    commands = {f"c{number}": get(number) for number in range(50)}
    commands |= {"late": get("$result[c0][item][id]"), "other": get(1), "blind": get("$result[c1][item][nothing]")}

    outcomes = kit.client.batch(commands)

    assert isinstance(outcomes["late"].error, RequestRejected)
    assert isinstance(outcomes["blind"].error, RequestRejected)
    assert outcomes["other"].error is None
    assert paper.requests[1] == ["other"]


def test_halt_stops_at_the_first_error_over_all_requests(kit, paper):
    paper.errors["c10"] = [{"error": "NOT_FOUND", "error_description": "Not found"}]

    outcomes = kit.client.batch({f"c{number}": get(number) for number in range(120)}, halt=True)

    assert list(outcomes) == [f"c{number}" for number in range(11)]
    assert isinstance(outcomes["c10"].error, NotFoundThere)
    assert len(paper.requests) == 1


def test_commands_refused_for_their_rate_are_sent_again_with_those_that_needed_them(kit, paper):
    limit = {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
    paper.errors["a5"] = [limit, limit]
    commands = {"a5": get(5), "b": get("$result[a5][item][id]"), "c": Command("crm.item.add", {"fields": {"x": "1"}})}

    outcomes = kit.client.batch(commands)

    assert paper.requests == [["a5", "b", "c"], ["a5", "b"], ["a5", "b"]]
    assert paper.seen["b"] == {"id": "5"}
    assert all(outcome.error is None for outcome in outcomes.values())
    assert kit.throttle.blocks == [(0.01, "")] * 2


def test_patience_with_the_rate_has_an_end(kit, paper, monkeypatch):
    monkeypatch.setattr("clients.bitrix24.batch.PATIENCE_SECONDS", 0.1)
    paper.errors["a"] = [{"error": "QUERY_LIMIT_EXCEEDED"}] * 1000

    outcomes = kit.client.batch({"a": get(1), "b": get(2)})

    assert isinstance(outcomes["a"].error, RateLimited)
    assert outcomes["b"].error is None


def test_a_method_blocked_for_long_is_not_waited_for(kit, paper):
    paper.errors["a"] = [{"error": "OPERATION_TIME_LIMIT"}]

    outcomes = kit.client.batch({"a": get(1)})

    assert isinstance(outcomes["a"].error, RateLimited)
    assert len(paper.requests) == 1


def test_a_request_that_fails_as_a_whole_fails_its_commands_and_all_after_it():
    with responses.mock:
        paper = PaperBatch()
        responses.add_callback(responses.POST, PORTAL + "batch", callback=lambda request: answers.pop(0)(request))
        answers = [paper, lambda request: requests.ConnectionError("gone")]
        commands = {f"c{number}": Command("crm.item.add", {"id": number}) for number in range(120)}

        outcomes = Kit().client.batch(commands)

    assert [outcomes[f"c{number}"].error is None for number in (0, 49, 50, 99, 100, 119)] == [True, True] + [False] * 4
    assert isinstance(outcomes["c119"].error, Unavailable)
    assert answers == []


@pytest.mark.parametrize(
    "result",
    [[], {"result": [], "result_error": []}, None, {"result": {"other": 1}}],
)
def test_a_command_that_the_answer_does_not_mention_has_no_result(result):
    with responses.mock:
        kit = Kit()
        kit.answers("batch", {"result": result})

        outcomes = kit.client.batch({"a": Command("crm.item.add")}, halt=True)

    assert isinstance(outcomes["a"].error, Unavailable)


def test_results_that_come_as_a_list_belong_to_numbered_commands():
    with responses.mock:
        kit = Kit()
        kit.answers("batch", {"result": {"result": ["x", "y"], "result_error": [], "result_total": [7]}})

        outcomes = kit.client.batch({"0": get(1), "1": get(2)})

    assert (outcomes["0"].value(), outcomes["1"].value(), outcomes["0"].total) == ("x", "y", 7)


def test_values_are_written_as_forms_need_them():
    line = query("m", {"flag": True, "off": False, "none": None, "ids": [1, 2], "empty": [], "f": {">=x": "я&="}})

    assert line.startswith("m?")
    assert parse_qs(line[2:], keep_blank_values=True) == {
        "flag": ["Y"],
        "off": ["N"],
        "none": [""],
        "ids[0]": ["1"],
        "ids[1]": ["2"],
        "f[>=x]": ["я&="],
    }


def test_an_empty_list_of_values_cannot_be_said_in_a_batch():
    with pytest.raises(ValueError, match="empty list"):
        query("crm.item.update", {"fields": {"UF_CRM_FILES": []}})
