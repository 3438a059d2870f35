"""Many commands in few requests."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qs_codec import EncodeOptions, Format, ListFormat, encode

from clients.bitrix24 import faults, references, wire
from clients.bitrix24.caller import Caller, is_read
from clients.http import PATIENCE_SECONDS
from errors import RateLimited, RequestRejected, ServiceError, Unavailable

CHUNK = 50
_OPTIONS = EncodeOptions(list_format=ListFormat.INDICES, format=Format.RFC1738)


@dataclass(frozen=True)
class Command:
    """One command; texts in params may refer to results of others: "$result[name][item][id]"."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one command: its result, or its error."""

    result: Any = None
    error: ServiceError | None = None
    total: int | None = None

    def value(self) -> Any:
        """The result. Raises the error if there is one."""
        if self.error:
            raise self.error
        return self.result


class BatchMethods(Caller):
    def batch(self, commands: Mapping[str, Command], *, halt: bool = False) -> dict[str, Outcome]:
        """Run any number of commands, 50 a request, everyone after those it refers to; an outcome for each.

        halt: nothing is sent after the first error; commands that did not run have no outcome. What the portal
        refused because of its rate is repeated for up to 3 s. A command that refers to one that failed in an earlier
        request is not sent; inside one request the portal itself puts nothing in the reference's place.
        Raises ValueError for references to nobody or in a circle; anything else is an outcome, also of a request
        that failed as a whole. Texts from outside go through references.defused() first. Source: batch.
        """
        return _Run(self, commands, halt).outcomes()


class _Run:
    def __init__(self, caller: Caller, commands: Mapping[str, Command], halt: bool) -> None:
        self._caller, self._commands, self._halt = caller, commands, halt
        if any("[" in name or "]" in name for name in commands):
            raise ValueError("brackets in a command's name cannot be referred to")
        self._needs = {name: references.needed_by(command.params) for name, command in commands.items()}
        self._left = references.ordered(self._needs)
        self._done: dict[str, Outcome] = {}
        self._patience_until: float | None = None

    def outcomes(self) -> dict[str, Outcome]:
        while self._left and not (self._halt and self._has_failed()):
            self._step(self._left[:CHUNK])
        return {name: self._done[name] for name in self._commands if name in self._done}

    def _has_failed(self) -> bool:
        return any(outcome.error for outcome in self._done.values())

    def _step(self, chunk: list[str]) -> None:
        lines = self._lines(chunk)
        if not lines:
            return
        try:
            found = self._send(lines)
        except ServiceError as error:
            # what comes after would most likely fail likewise, and must not overtake what it may depend on
            self._settle({name: Outcome(error=error) for name in (lines if self._halt else self._left)})
            return
        again = self._to_repeat(found)
        self._settle({name: outcome for name, outcome in found.items() if name not in again})

    def _lines(self, chunk: list[str]) -> dict[str, str]:
        """What goes on the wire; commands with broken references are settled here."""
        known = {name: outcome.result for name, outcome in self._done.items() if not outcome.error}
        lines = {}
        for name in chunk:
            command = self._commands[name]
            failed = {needed for needed in self._needs[name] if needed in self._done} - known.keys()
            try:
                if failed:
                    raise references.BrokenReference(sorted(failed)[0])
                lines[name] = query(command.method, references.replaced(command.params, known))
            except references.BrokenReference as error:
                detail = f"not sent: it refers to a result that is not there ({error})"
                rejected = RequestRejected(system=wire.SYSTEM, method=command.method, detail=detail)
                self._settle({name: Outcome(error=rejected)})
                if self._halt:
                    break
        return lines

    def _send(self, lines: dict[str, str]) -> dict[str, Outcome]:
        harmless = all(is_read(self._commands[name].method) for name in lines)
        result = self._caller.call("batch", {"halt": int(self._halt), "cmd": lines}, repeat=harmless)
        answer = wire.as_map(result)
        results, errors = wire.as_map(answer.get("result")), wire.as_map(answer.get("result_error"))
        totals = wire.as_map(answer.get("result_total"))
        found = {}
        for name in lines:
            if name in errors:
                found[name] = Outcome(error=self._fault(name, errors[name]))
            elif name in results:
                found[name] = Outcome(results[name], total=totals.get(name))
            elif not (self._halt and errors):
                method = self._commands[name].method
                found[name] = Outcome(error=Unavailable(system=wire.SYSTEM, method=method, detail="no result"))
        return found

    def _fault(self, name: str, raw: Any) -> ServiceError:
        body = {"error": "", **wire.as_map(raw)} if isinstance(raw, dict) else {"error": raw}
        return faults.fault(body, method=self._commands[name].method)

    def _to_repeat(self, found: dict[str, Outcome]) -> set[str]:
        """Those the portal did not even try, with those that ran on their missing results and did no harm."""
        again = {name for name, outcome in found.items() if self._is_worth_waiting(outcome.error)}
        if not again or not self._have_patience():
            return set()
        for name in found:
            harmless = found[name].error or is_read(self._commands[name].method)
            if self._needs[name] & again and harmless:
                again.add(name)
        return again

    def _is_worth_waiting(self, error: ServiceError | None) -> bool:
        return isinstance(error, RateLimited) and (error.retry_after or 0) < PATIENCE_SECONDS

    def _have_patience(self) -> bool:
        """Wait a little; False when we have waited long enough."""
        now = time.monotonic()
        self._patience_until = self._patience_until or now + PATIENCE_SECONDS
        if now + faults.QUERY_LIMIT_SECONDS > self._patience_until:
            return False
        self._caller._throttle.block(faults.QUERY_LIMIT_SECONDS)
        time.sleep(faults.QUERY_LIMIT_SECONDS)
        return True

    def _settle(self, outcomes: dict[str, Outcome]) -> None:
        self._done |= outcomes
        self._left = [name for name in self._left if name not in self._done]


def query(method: str, params: Mapping[str, Any]) -> str:
    """A command as the portal takes it. Raises ValueError for an empty list below the first level: a form cannot
    say "no values", and leaving it out would say something else."""
    given = {name: value for name, value in params.items() if value not in ([], {}, ())}
    return f"{method}?{encode(_flat(given), _OPTIONS)}" if given else method


def _flat(value: Any) -> Any:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, (Mapping, list, tuple)):
        if not value:
            raise ValueError("a batch cannot express an empty list")
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        return {str(key): _flat(item) for key, item in items}
    return value
