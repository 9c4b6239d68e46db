"""The names are those of the conventions' own package, whatever Keyfold spells."""

from __future__ import annotations

import importlib

import pytest

from orm.driver.telemetry.attributes import FIELDS, SCHEMA_URL
from tests.unit.orm.telemetry.calls import CALLS
from tests.unit.orm.telemetry.observatory import Observatory

MODULES = (
    *(f"attributes.{of}_attributes" for of in ("aws", "cloud", "db", "error", "rpc", "server")),
    "metrics.db_metrics",
)


def published() -> set[str]:
    """The attributes and metrics that the package names, stable or in development."""
    modules = [importlib.import_module(f"opentelemetry.semconv._incubating.{it}") for it in MODULES]
    return {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }


def test_all_that_is_told_is_named_by_the_conventions_or_ours(observatory: Observatory) -> None:
    for request, answer in CALLS:
        observatory.over(answer).send(request)
    told = {name for name, _ in FIELDS.values()} | set(observatory.units())
    told |= {name for span in observatory.spans() for name in span.attributes or {}}
    ours = {name for name in told if name.startswith("keyfold.")}
    assert len(told - ours) > 20
    assert told - ours <= published()


def test_the_schema_is_one_that_was_published() -> None:
    schemas = importlib.import_module("opentelemetry.semconv.schemas")
    assert SCHEMA_URL in {schema.value for schema in schemas.Schemas}


@pytest.mark.parametrize("name", ["db.system", "db.name", "db.operation"])
def test_a_name_from_before_the_stable_conventions_is_not_told(
    observatory: Observatory, name: str
) -> None:
    for request, answer in CALLS:
        observatory.over(answer).send(request)
    assert all(name not in (span.attributes or {}) for span in observatory.spans())
