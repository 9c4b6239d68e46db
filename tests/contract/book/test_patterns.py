"""Every pattern of the book is executed: what it finds, what it costs and what it sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from orm.book import Pattern
from orm.codec import item_size_bytes
from orm.errors import ConfigurationError
from orm.indexes import AccessPattern
from orm.requests import GetItem, Query
from tests.contract.book.conftest import Shop

PLACEHOLDER = re.compile(r"[#:]\w+")


def asked(shop: Shop, pattern: Pattern) -> AccessPattern:
    return shop.connection.plan.entity(pattern.entry.entity).answer(pattern.entry.name).pattern


def answer(shop: Shop, pattern: Pattern, values: Mapping[str, Any]) -> list[Any]:
    """By brute force: the rows that answer a pattern, in its order."""
    found = asked(shop, pattern)
    rows = [row for row in of(shop, pattern) if holds(found, row, values)]
    if pattern.entry.sort:
        rows.sort(key=lambda row: getattr(row, pattern.entry.sort), reverse=found.descending)
    return rows


def of(shop: Shop, pattern: Pattern) -> list[Any]:
    return shop.rows[pattern.entry.entity]


def holds(found: AccessPattern, row: Any, values: Mapping[str, Any]) -> bool:
    stored = {name: getattr(row, name) for name in row.__struct_fields__}
    return (
        all(stored[name] == value for name, value in values.items())
        and all(guard.holds(stored) for guard in found.guards)
        and all(stored[name] is not None for name in (*found.fields, *found.needs))
    )


def questions(shop: Shop, pattern: Pattern) -> Iterator[dict[str, Any]]:
    """Some of the values that rows have, those of the first and last row among them."""
    names = pattern.entry.equal
    rows = [row for row in of(shop, pattern) if None not in (getattr(row, n) for n in names)]
    found = [{name: getattr(row, name) for name in names} for row in rows]
    different = [one for at, one in enumerate(found) if one not in found[:at]]
    yield from different[:: max(1, len(different) // 6)]


def keys(rows: Iterable[Any], pattern: Pattern, shop: Shop) -> list[Any]:
    """What tells rows apart, in their order; where the order leaves some equal, in any."""
    identity = shop.connection.plan.entity(pattern.entry.entity).identity
    sort = pattern.entry.sort
    found = [
        (getattr(row, sort) if sort else None, tuple(getattr(row, name) for name in identity))
        for row in rows
    ]
    places = {value: at for at, (value, _) in reversed(list(enumerate(found)))}
    return sorted((places[value], key) for value, key in found)


def test_every_pattern_finds_what_is_there(shop: Shop) -> None:
    """Over more than a hundred rows; no pattern is without an answer, and each is in order."""
    assert sum(map(len, shop.rows.values())) > 100
    assert len(shop.rows) >= 5
    for pattern in shop.generator.patterns():
        found = 0
        for values in questions(shop, pattern):
            rows, there = pattern.execute(values), answer(shop, pattern, values)
            assert keys(rows, pattern, shop) == keys(there, pattern, shop), (str(pattern), values)
            if pattern.entry.sort:
                order = [getattr(row, pattern.entry.sort) for row in rows]
                assert order == sorted(order, reverse=pattern.entry.descending), str(pattern)
            found += len(rows)
        assert found, str(pattern)


def test_every_pattern_costs_what_is_predicted(shop: Shop) -> None:
    """Within twice and half, by the rows that the key finds and the mean size of the rows that
    answer."""
    units, executed = set(), 0
    for pattern in shop.generator.patterns():
        for values in questions(shop, pattern):
            shop.listener.forget()
            rows = pattern.execute(values)
            scanned, consumed = shop.listener.scanned, shop.listener.units
            sizes = [size(shop, pattern, row) for row in answer(shop, pattern, values)] or [0]
            predicted = pattern.entry.predict(scanned, sum(sizes) / len(sizes))
            if rows:
                assert predicted / 2 <= consumed <= predicted * 2, (str(pattern), values)
                executed += 1
            units.add(consumed)
    assert executed > 100
    assert max(units) > 4  # answers of several blocks are among them


def size(shop: Shop, pattern: Pattern, row: Any) -> int:
    """The bytes of a row's item, or of what an index copies of it."""
    repository: Any = shop.connection.repository(pattern.entry.entity)
    item = repository.stored.item(row)
    if pattern.entry.attributes:
        config = shop.connection.config
        number = int(re.sub(r"\D", "", pattern.entry.index))
        names = {config.pk, config.sk, config.entity, *config.index_keys(number)}
        item = {name: item[name] for name in names | {*pattern.entry.attributes} if name in item}
    return item_size_bytes(item)


def test_an_index_that_copies_less_answers_with_what_it_copies(shop: Shop) -> None:
    pattern = shop.generator.pattern("Order", "board")
    assert set(pattern.entry.attributes) == {
        *("customer_id", "status", "placed", "total", "id", "deleted_at")
    }
    values = next(questions(shop, pattern))
    rows, there = pattern.execute(values), answer(shop, pattern, values)
    assert [(row.id, row.total) for row in rows] == [(row.id, row.total) for row in there]
    assert not hasattr(rows[0], "note")


def test_what_is_sent_is_what_the_book_says(shop: Shop) -> None:
    """Index, key condition, consistency and the number of readings."""
    for pattern in shop.generator.patterns():
        entry = pattern.entry
        values = next(questions(shop, pattern))
        shop.listener.forget()
        rows = pattern.execute(values)
        sent = [one for one in shop.listener.sent if isinstance(one, Query)]
        if entry.via == "claim":
            assert re.fullmatch(template(entry.key_condition), claim_text(shop)), str(pattern)
        else:
            assert len(sent) == entry.shards
            assert {one.index_name or "" for one in sent} == {entry.index}
            for one in sent:
                assert re.fullmatch(template(entry.key_condition), text(one)), str(pattern)
        strong = {one.consistent_read for one in shop.listener.sent} - {False, None}
        assert strong == ({True} if entry.consistency == "strong" else set())
        filtered = any(one.filter_expression for one in sent)
        assert filtered == bool(entry.filters), str(pattern)
        assert rows or entry.name != "by primary key"


def template(condition: str) -> str:
    """A key condition of the book, with anything in place of its braces."""
    escaped = re.escape(condition).replace("U\\+10FFFF…", "\U0010ffff+")
    return re.sub(r"\\{\w+\\}", '[^"]+', escaped)


def text(sent: Query[Any]) -> str:
    """A key condition as it is sent, with names and values in place."""
    said: dict[str, str] = dict(sent.expression_attribute_names or {})
    for name, wire in (sent.expression_attribute_values or {}).items():
        said[name] = f'"{wire.get("S")}"'
    found = PLACEHOLDER.sub(lambda match: said[match[0]], sent.key_condition_expression)
    return re.sub(r"[()]", "", found) if "begins_with" not in found else outer(found)


def outer(condition: str) -> str:
    """Without the parentheses around each part of a conjunction."""
    return " AND ".join(
        part.removeprefix("(").removesuffix(")") if part.startswith("(") else part
        for part in condition.split(" AND ")
    )


def claim_text(shop: Shop) -> str:
    (sent,) = [one for one in shop.listener.sent if isinstance(one, GetItem)]
    return " AND ".join(f'{name} = "{wire["S"]}"' for name, wire in sent.key.items())


def test_an_order_may_be_ranged_over(shop: Shop) -> None:
    """Both ends included, or one left open; in the direction of the pattern, over all shards."""
    for name in ("newest", "newest (trashed)", "kept", "with coupon"):
        pattern = shop.generator.pattern("Order", name)
        values = next(questions(shop, pattern))
        whole = answer(shop, pattern, values)
        ends = sorted(row.placed for row in whole)
        low, high = ends[1], ends[-2]
        for least, most in ((low, high), (low, None), (None, high)):
            rows = pattern.execute(values, low=least, high=most)
            there = [
                row
                for row in whole
                if (least is None or row.placed >= least) and (most is None or row.placed <= most)
            ]
            assert keys(rows, pattern, shop) == keys(there, pattern, shop)
        first = pattern.execute(values, limit=2)
        assert keys(first, pattern, shop) == keys(whole[:2], pattern, shop)


def test_a_lookup_that_finds_nothing_costs_the_least(shop: Shop) -> None:
    for entity, name, values in (
        ("Customer", "by primary key", {"id": "nobody"}),
        ("Customer", "by email", {"email": "nobody@example.com"}),
        ("Line", "of order", {"order_id": "none"}),
    ):
        pattern = shop.generator.pattern(entity, name)
        shop.listener.forget()
        assert pattern.execute(values) == []
        # DynamoDB Local counts nothing for a query without an answer, AWS and the memory engine do
        assert shop.listener.units in (pattern.entry.predict(0, 0), 0)


def test_letters_of_a_unique_value_count_as_declared(shop: Shop) -> None:
    found = shop.generator.pattern("Customer", "by email").execute(email="ANN3@example.COM")
    assert [row.id for row in found] == ["c3"]


def test_other_values_than_asked_are_refused_and_nothing_is_sent(shop: Shop) -> None:
    pattern = shop.generator.pattern("Order", "open")
    shop.listener.forget()
    with pytest.raises(ConfigurationError, match="Order, pattern 'open': was given id") as refused:
        pattern.execute(id="o1")
    assert refused.value.hint == "give it customer_id"
    with pytest.raises(ConfigurationError, match="was given customer_id=None"):
        pattern.execute(customer_id=None)
    with pytest.raises(ConfigurationError, match="nothing to range over"):
        shop.generator.pattern("Order", "by primary key").execute(id="o1", low=1)
    with pytest.raises(ConfigurationError, match="no pattern 'opn'") as refused:
        shop.generator.pattern("Order", "opn")
    assert refused.value.hint == "did you mean 'open'?"
    assert shop.listener.sent == []
