"""Rules that ask: plainly, awaited, so many at once, for so long, and none left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from orm.errors import ConfigurationError
from orm.validation import (
    RULES,
    AwaitNeededError,
    Context,
    InvalidRowError,
    RuleTimeoutError,
    Validator,
    rule,
)
from orm.validation.awaiting import gather_limited
from tests.unit.validation.making import Rows, attribute


class AsyncRows(Rows):
    """The same rows, awaited alone; counts how many questions run at once."""

    exists = None  # type: ignore[assignment]

    def __init__(self, rows: dict[str, object] | None = None, delay_seconds: float = 0.0) -> None:
        super().__init__(rows)
        self.delay_seconds, self.running, self.most, self.ended = delay_seconds, 0, 0, 0

    async def exists_async(self, *question: Any) -> bool:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.delay_seconds)
            return super().exists(*question)
        finally:
            self.running -= 1
            self.ended += 1


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The coroutine's result; no task may outlive it."""

    async def main() -> Any:
        try:
            return await coroutine
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


def many(count: int, rules: str = "unique") -> list[Any]:
    return [attribute(rules, f"f{n}") for n in range(count)]


def values(count: int) -> dict[str, object]:
    return {f"f{n}": n for n in range(count)}


@rule("even")
async def even(value: Any, _context: Context) -> str | None:
    await asyncio.sleep(0)
    return "must be even" if value % 2 else None


# --- plainly -----------------------------------------------------------------------------------


def test_unique_asks_for_its_own_attribute() -> None:
    rows = Rows({"1": "a"})
    thing = Validator("Thing", [attribute("unique")], lookup=rows)
    assert thing.check({"field": "a"}).rules("field") == ("unique",)
    assert not thing.check({"field": "b"})
    assert not thing.check({"field": "a"}, but_not="1")
    assert rows.asked[-1] == ("Thing", "field", "a", "1")


def test_unique_may_name_another() -> None:
    rows = Rows()
    Validator("Thing", [attribute("unique:Account,mail")], lookup=rows).check({"field": "a"})
    assert rows.asked == [("Account", "mail", "a", None)]


def test_exists_wants_a_row_and_leaves_none_out() -> None:
    rows = Rows({"1": "t1"})
    thing = Validator("Thing", [attribute("exists:Team")], lookup=rows)
    assert not thing.check({"field": "t1"}, but_not="1")
    failure = thing.check({"field": "t2"})["field"][0]
    assert (failure.rule, failure.message) == ("exists", "is no id of any Team")
    assert rows.asked[0] == ("Team", "id", "t1", None)


def test_nobody_is_asked_about_bad_or_missing_values() -> None:
    rows = Rows()
    thing = Validator("Thing", [attribute("nullable|email|unique")], lookup=rows)
    for value in ["x", None]:
        thing.check({"field": value})
    thing.check({})
    thing.check({"field": "a@b.org"}, only=set())
    assert rows.asked == []


def test_an_error_of_the_lookup_comes_through() -> None:
    class Broken:
        def exists(self, *_: Any) -> bool:
            raise ConnectionError("gone")

    thing = Validator("Thing", [attribute("unique")], lookup=Broken())
    with pytest.raises(ConnectionError, match="gone"):
        thing.check({"field": 1})
    with pytest.raises(ConnectionError, match="gone"):
        run(thing.check_async({"field": 1}))


@pytest.mark.parametrize("rules", ["even", "unique"])
def test_what_has_to_be_awaited_is_refused_plainly(rules: str) -> None:
    """Whatever the values are, so that it is noticed by the first save."""
    thing = Validator(
        "Thing",
        [attribute(rules), attribute("", "other")],
        rules=RULES.plus(even),
        lookup=AsyncRows(),
    )
    for attempt in (thing.validate, thing.check):
        with pytest.raises(AwaitNeededError, match=rf"Thing\.field, rule '{rules}'.*await"):
            attempt({})
    thing.validate({}, only={"other"})


# --- awaited -----------------------------------------------------------------------------------


def test_awaited_rules_stand_beside_the_others() -> None:
    own = [attribute("integer|even|unique"), attribute("min:3", "other")]
    thing = Validator("Thing", own, rules=RULES.plus(even), lookup=AsyncRows({"1": 3}))
    errors = run(thing.check_async({"field": 3, "other": "x"}))
    assert (errors.rules("field"), errors.rules("other")) == (("even", "unique"), ("min",))
    with pytest.raises(InvalidRowError, match="field: must be even"):
        run(thing.validate_async({"field": 3}))
    run(thing.validate_async({"field": 2}))


def test_a_plain_lookup_serves_the_awaited_call_too() -> None:
    thing = Validator("Thing", [attribute("unique")], lookup=Rows({"1": "a"}))
    assert run(thing.check_async({"field": "a"})).rules("field") == ("unique",)


def test_a_validator_without_such_rules_can_be_awaited() -> None:
    thing = Validator("Thing", [attribute("min:3")])
    assert run(thing.check_async({"field": "a"})).rules("field") == ("min",)


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_never_more_than_the_limit_run_at_once(limit: int) -> None:
    rows = AsyncRows(delay_seconds=0.001)
    run(Validator("Thing", many(20), lookup=rows).validate_async(values(20), limit=limit))
    assert rows.most == min(limit, 20)
    assert rows.ended == len(rows.asked) == 20


def test_a_slow_rule_is_an_error_of_its_own() -> None:
    @rule("slow")
    async def slow(_value: Any, _context: Context) -> str | None:
        await asyncio.sleep(60)
        return None

    rows = AsyncRows(delay_seconds=30)
    own = [attribute("slow"), *many(3)]
    thing = Validator("Thing", own, rules=RULES.plus(slow), lookup=rows)
    call = thing.validate_async({"field": 1, **values(3)}, only={"field"}, timeout_seconds=0.01)
    with pytest.raises(RuleTimeoutError, match=r"Thing\.field, rule 'slow'.*0\.01 s"):
        run(call)


def test_one_timeout_ends_the_others() -> None:
    rows = AsyncRows(delay_seconds=60)
    thing = Validator("Thing", many(5), lookup=rows)
    with pytest.raises(RuleTimeoutError):
        run(thing.validate_async(values(5), timeout_seconds=0.01))
    assert rows.running == 0
    assert rows.ended == 5


def test_a_timeout_of_the_rules_own_is_not_taken_for_ours() -> None:
    @rule("tired")
    async def tired(_value: Any, _context: Context) -> str | None:
        raise TimeoutError("mine")

    thing = Validator("Thing", [attribute("tired")], rules=RULES.plus(tired))
    with pytest.raises(TimeoutError, match="mine"):
        run(thing.validate_async({"field": 1}))


def test_each_rule_has_the_whole_time() -> None:
    """Waiting for others to end does not count."""
    rows = AsyncRows(delay_seconds=0.05)
    thing = Validator("Thing", many(4), lookup=rows)
    run(thing.validate_async(values(4), limit=1, timeout_seconds=0.15))
    assert rows.ended == 4


def test_cancelling_the_caller_ends_all() -> None:
    rows = AsyncRows(delay_seconds=60)
    thing = Validator("Thing", many(8), lookup=rows)

    async def main() -> None:
        call = asyncio.create_task(thing.validate_async(values(8), limit=3))
        while rows.running < 3:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert rows.running == 0

    run(main())
    assert rows.ended == 3


def test_an_error_ends_the_others() -> None:
    rows = AsyncRows(delay_seconds=60)

    @rule("failing")
    async def failing(_value: Any, _context: Context) -> str | None:
        while rows.running < 2:
            await asyncio.sleep(0)
        raise ConnectionError("gone")

    own = [*many(2), attribute("failing")]
    thing = Validator("Thing", own, rules=RULES.plus(failing), lookup=rows)
    with pytest.raises(ConnectionError, match="gone"):
        run(thing.validate_async({"field": 1, **values(2)}))
    assert rows.running == 0


def test_a_rule_that_cancels_itself_gives_no_answer() -> None:
    async def job() -> str:
        raise asyncio.CancelledError

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await gather_limited([job], 1, 1.0)

    run(main())


@pytest.mark.parametrize(("limit", "timeout"), [(0, 1.0), (1, 0.0), (1, -1.0)])
def test_senseless_bounds_are_refused(limit: int, timeout: float) -> None:
    thing = Validator("Thing", [attribute("unique")], lookup=AsyncRows())
    with pytest.raises(ConfigurationError):
        run(thing.validate_async({"field": 1}, limit=limit, timeout_seconds=timeout))
