"""A plan to be read: every key, every question and what answers it, always in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from orm.definitions import KeyTemplate
from orm.definitions.paths import KeyPath, template_text
from orm.indexes.answering import Answer
from orm.indexes.entity import EntityPlan
from orm.indexes.patterns import Route
from orm.indexes.plan import IndexPlan
from orm.indexes.readings import Reading


def plan_text(plan: IndexPlan, delimiter: str = "#") -> str:
    """The whole plan."""
    lines = [f"{len(plan.slots)} global secondary indexes"]
    for slot in plan.slots:
        copied = f"copies {', '.join(slot.include)}" if slot.include else "copies all"
        lines.append(f"  index {slot.number}: {', '.join(slot.entities)} ({copied})")
    for each in plan.entities.values():
        routes = [route for route in plan.routes if route.entity == each.entity]
        lines += ["", *_entity(each, routes, delimiter)]
    if plan.findings:
        lines += ["", "findings", *(f"  {finding}" for finding in plan.findings)]
    return "\n".join(lines) + "\n"


def _entity(plan: EntityPlan, routes: list[Route], delimiter: str) -> Iterator[str]:
    yield f"{plan.entity}{' (edge)' if plan.edge else ''}"
    for path in plan.paths:
        yield f"  {path_text(path, delimiter)}"
    for claim in plan.claims:
        yield f"  unique {', '.join(claim.attributes)}"
    for answer in plan.answers:
        yield f"  {answer.pattern}: {answer_text(answer, delimiter)}"
    for route in routes:
        steps = (" or " if route.either else ", then ").join(map(" / ".join, route.steps))
        after = f", sorted by {route.order} after reading" if route.order else ""
        yield f"  .{route.relation}: {steps or 'nothing'}{after}"


def path_text(path: KeyPath, delimiter: str = "#") -> str:
    """One path: where, both keys, and which rows."""
    pk, sk = path.texts(delimiter)
    keys = f"{pk} | {sk}" if sk else pk
    guards = f" if {' and '.join(map(str, path.guards))}" if path.guards else ""
    under = f" (with its {path.under})" if path.under else ""
    native = " (native)" if path.native else ""
    return f"{path.place}: {keys}{native}{guards}{under}"


def answer_text(answer: Answer, delimiter: str = "#") -> str:
    """How a question is answered: which path, by which beginning of its sort key."""
    filters = (
        f", left out unless {' and '.join(map(str, answer.filters))}" if answer.filters else ""
    )
    if answer.path is None or answer.reading is None:
        assert answer.claim is not None, "an answer has a path or a claim"
        return f"claim {answer.claim.name}, then the row it names{filters}"
    return f"{answer.path.place}, {_condition(answer.path, answer.reading, delimiter)}{filters}"


def _condition(path: KeyPath, reading: Reading, delimiter: str) -> str:
    if reading.single:
        return "whole key" if path.kind == "table" else f"sk = {path.texts(delimiter)[1]}"
    if path.native:
        return _native_condition(path, reading)
    begins = template_text(_given(path.order, reading.given), delimiter) + delimiter
    way = "" if reading.forward else ", backwards"
    ranged = f", by {reading.ranged}" if reading.ranged else ""
    shards = f", merged from {path.shards} shards" if path.shards > 1 else ""
    return f"sk begins {begins}{ranged}{way}{shards}"


def _native_condition(path: KeyPath, reading: Reading) -> str:
    given = (*path.hash, *path.sort[: reading.given])
    by = f"by {reading.ranged}{'' if reading.forward else ', backwards'}" if reading.ranged else ""
    return ", ".join(filter(None, [*(f"{name} given" for name in given), by])) or "all of it"


def _given(order: KeyTemplate, count: int) -> KeyTemplate:
    """The parts before attribute number `count`."""
    places = [place for place, part in enumerate(order) if not isinstance(part, str)]
    return order[: places[count]] if count < len(places) else order
