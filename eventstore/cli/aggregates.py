"""`keyfold aggregate`: the state of one aggregate, now or after an earlier commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from eventstore.aggregate import Aggregate, category_of, decider_of, invariants_of
from eventstore.cli.names import IdName, StreamName, Tenant, stream_named
from eventstore.decider import Decider
from eventstore.dynamodb import DynamoDBLog
from eventstore.errors import StreamNotFoundError
from eventstore.store import EventStore, Loaded
from eventstore.stream import StreamId
from orm.cli.output import ATTENTION, OK, Output
from orm.cli.target import NOWHERE, Target
from orm.errors import ConfigurationError
from orm.settings import Project

app = App(name="aggregate", help="Show the state of an aggregate of this project.")

HOLDS: Final = "holds"


@app.command
def show(
    stream: StreamName,
    id: IdName = None,
    /,
    *,
    at: Annotated[
        int | None, Parameter(validator=Number(gte=0), help="After this commit; else the last.")
    ] = None,
    tenant: Tenant = None,
    target: Target = NOWHERE,
) -> int:
    """Fold the events of one aggregate and show its state. Exit code 3 when an invariant is broken.

    The aggregates are those that the settings list under `aggregates`.

    Example: `keyfold aggregate show 'ACCOUNT#alice' --at 3`
    """
    project, named = target.project(), stream_named(stream, id, tenant)
    found = configured(project)
    known = found.get(named.category)
    if known is None:
        raise UnknownCategoryError(named.category, tuple(found))
    loaded = _load(target, project, known, named, at)
    checked = checks(known, loaded.state)
    _show(target.output, loaded, checked)
    return OK if all(result == HOLDS for result in checked.values()) else ATTENTION


class UnknownCategoryError(ConfigurationError):
    """No configured aggregate has this category."""

    exit_code = 2

    def __init__(self, category: str, known: tuple[str, ...]) -> None:
        super().__init__(
            "aggregates",
            f"none of category {category!r} is configured; there are {', '.join(known) or 'none'}",
            'add it to the settings, as in aggregates = ["package.module:Account"]',
        )
        self.args = (category, known)
        self.category, self.known = category, known


Known = type[Aggregate] | Decider[Any]


def configured(project: Project) -> dict[str, Known]:
    """The project's aggregates and deciders by category.

    Raises:
        ConfigurationError: one is neither, or two have one category.
    """
    found: dict[str, Known] = {}
    for text, one in zip(project.settings.aggregates, project.aggregates(), strict=True):
        category = _category(text, one)
        if found.setdefault(category, one) is not one:
            raise ConfigurationError("aggregates", f"two are of category {category!r}")
    return found


def _category(text: str, one: Any) -> str:
    if isinstance(one, Decider):
        return one.category
    if isinstance(one, type) and issubclass(one, Aggregate):
        return category_of(one)
    raise ConfigurationError("aggregates", f"{text!r} is neither an Aggregate nor a Decider")


def _decider(known: Known) -> Decider[Any]:
    return known if isinstance(known, Decider) else decider_of(known)


def _load(
    target: Target, project: Project, known: Known, stream: StreamId, at: int | None
) -> Loaded[Any]:
    log = DynamoDBLog(target.driver(project), project.settings.events_config)
    store = EventStore(log, [known])
    loaded = store.of_decider(_decider(known), tenant=stream.tenant).load(stream.id, up_to=at)
    if loaded.token.commit == 0 and at != 0:
        raise StreamNotFoundError(stream)
    if at is not None and loaded.token.commit < at:
        target.output.note(f"{stream} ends with commit {loaded.token.commit}")
    return loaded


def checks(known: Known, state: Any) -> dict[str, str]:
    """What becomes of each invariant: `holds`, or how it is broken."""
    if isinstance(known, Decider):
        return {}
    return {name: _check(law, state) for name, law in invariants_of(known).items()}


def _check(law: Callable[[Any], bool | None], state: Any) -> str:
    try:
        result = law(state)
    except Exception as error:  # a law may be stated with assert, or anything that raises
        return f"broken: {type(error).__name__}: {error}".rstrip(": ")
    return "broken" if result is False else HOLDS


def _show(output: Output, loaded: Loaded[Any], checked: dict[str, str]) -> None:
    stream = loaded.token.stream
    facts = {
        "stream": f"{stream.category}#{stream.id}",
        "tenant": stream.tenant,
        "commit": loaded.token.commit,
        "version": loaded.token.version,
        "state": msgspec.to_builtins(loaded.state, enc_hook=str),
        "invariants": checked,
    }
    if output.json:
        output.facts(facts)
        return
    shown = {name: facts[name] for name in ("stream", "commit", "version")}
    output.facts({**shown, **_fields(facts["state"]), **_laws(checked)})


def _fields(state: Any) -> dict[str, Any]:
    if not isinstance(state, dict):
        return {"state": state}
    return {f"state.{name}": value for name, value in state.items()}


def _laws(checked: dict[str, str]) -> dict[str, str]:
    return {f"invariant.{name}": result for name, result in checked.items()}
