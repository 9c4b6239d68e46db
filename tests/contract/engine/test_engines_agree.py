"""Random histories on both engines: the same answers, request by request, and the same streams."""

from __future__ import annotations

import os
import re
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from orm.driver import Transport
from orm.memory import MemoryTransport
from tests.contract.engine import requests as some
from tests.contract.engine.pair import Pair, Params, difference, unordered
from tests.contract.engine.stream_records import records
from tests.contract.engine.tables import table_params
from tests.counts import count

EXAMPLES = int(os.environ.get("KEYFOLD_EXAMPLES", count(30, 600)))
STEPS = 40
PAGES_MAX = 60

capacities = st.sampled_from(["NONE", "TOTAL", "INDEXES"])
modes = st.sampled_from(["NONE", "ALL_OLD"])


class EnginesAgree(RuleBasedStateMachine):
    """One script, two engines, the same answers."""

    local: Transport

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(MemoryTransport(), self.local)
        self.table = f"agree-{secrets.token_hex(6)}"
        self.pair.same("CreateTable", table_params(self.table))

    def ask(self, operation: str, params: Params, aside: tuple[str, ...] = ()) -> Any:
        return self.pair.same(operation, {"TableName": self.table, **params}, aside)

    @rule(
        item=some.items,
        condition=some.put_conditions,
        values=some.values_of,
        returned=modes,
        occupant=modes,
        capacity=capacities,
    )
    def put(self, item: Any, condition: Any, values: Any, **modes: str) -> None:
        params = {"Item": item, "ConditionExpression": condition, **_modes(**modes)}
        self.ask("PutItem", some.with_values(params, values))

    @rule(
        key=some.keys,
        condition=some.put_conditions,
        values=some.values_of,
        returned=modes,
        occupant=modes,
        capacity=capacities,
    )
    def delete(self, key: Any, condition: Any, values: Any, **modes: str) -> None:
        params = {"Key": key, "ConditionExpression": condition, **_modes(**modes)}
        self.ask("DeleteItem", some.with_values(params, values))

    @rule(
        key=some.keys,
        update=some.updates,
        condition=some.put_conditions,
        values=some.values_of,
        returned=st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]),
        occupant=modes,
        capacity=capacities,
    )
    def update(
        self, key: Any, update: str, condition: Any, values: Any, returned: str, **modes: str
    ) -> None:
        if returned.startswith("UPDATED") and _reaches_into_documents(update):
            returned = "ALL_NEW"  # updated-parts
        params = {
            "Key": key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            **_modes(returned=returned, **modes),
        }
        self.ask("UpdateItem", some.with_values(params, values))

    @rule(key=some.keys, strong=st.booleans(), path=st.none() | some.paths, capacity=capacities)
    def get(self, key: Any, strong: bool, path: str | None, capacity: str) -> None:
        params = {
            "Key": key,
            "ConsistentRead": strong,
            "ReturnConsumedCapacity": capacity,
            **({"ProjectionExpression": path} if path else {}),
        }
        self.ask("GetItem", params)

    @rule(
        pk=st.sampled_from(some.PARTITIONS),
        sign=st.sampled_from(["", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]),
        bounds=st.tuples(st.sampled_from(some.BOUNDS), st.sampled_from(some.BOUNDS)).map(sorted),
        sk=st.sampled_from(some.SORTS),
        exact=st.booleans(),
        forward=st.booleans(),
        strong=st.booleans(),
        limit=some.limits,
        condition=st.none() | some.conditions,
        values=some.values_of,
        capacity=capacities,
    )
    def query(
        self,
        pk: str,
        sign: str,
        bounds: list[str],
        sk: str,
        exact: bool,
        forward: bool,
        strong: bool,
        limit: int | None,
        condition: str | None,
        values: Any,
        capacity: str,
    ) -> None:
        """All pages of a query: the same items in the same order, and the same pages."""
        closed = sign in ("<=", ">=", "BETWEEN") and limit is not None  # limit-at-bound
        low = sk if sign == "=" or (exact and not closed) else bounds[0]
        given = {
            **values,
            ":pk": {"S": pk},
            ":low": {"S": low},
            ":high": {"S": max(low, bounds[1])},
        }
        params: Params = {
            "KeyConditionExpression": f"pk = :pk{_range(sign)}",
            "FilterExpression": condition,
            "ScanIndexForward": forward,
            "ConsistentRead": strong,
            "Limit": limit,
            "ReturnConsumedCapacity": capacity,
        }
        params = some.with_values(params, given)
        for _ in range(PAGES_MAX):
            code, body = self.ask("Query", params)
            if code != "ok" or "LastEvaluatedKey" not in body:
                return
            params = {**params, "ExclusiveStartKey": body["LastEvaluatedKey"]}

    @rule(
        index=st.sampled_from(["by-number", "by-group", "by-sort", "local"]),
        group=st.sampled_from(some.GROUPS),
        pk=st.sampled_from(some.PARTITIONS),
        number=some.numbers,
        select=st.sampled_from(["ALL_PROJECTED_ATTRIBUTES", "COUNT"]),
        capacity=capacities,
    )
    def query_index(
        self, index: str, group: str, pk: str, number: Any, select: str, capacity: str
    ) -> None:
        text, names = {
            "by-number": ("g = :g AND gn >= :n", [":g", ":n"]),
            "by-group": ("g = :g", [":g"]),
            "by-sort": ("g = :g AND sk > :sk", [":g", ":sk"]),
            "local": ("pk = :pk AND ls > :ls", [":pk", ":ls"]),
        }[index]
        values = {
            ":g": {"S": group},
            ":n": number,
            ":sk": {"S": "!"},
            ":pk": {"S": pk},
            ":ls": {"S": "L"},
        }
        params = {
            "IndexName": index,
            "KeyConditionExpression": text,
            "ExpressionAttributeValues": {name: values[name] for name in names},
            "Select": select,
            "ReturnConsumedCapacity": capacity,
        }
        self.ask("Query", params, ("order-of-ties",))

    @rule(index=st.sampled_from([None, "by-number", "by-group"]), limit=some.limits)
    def scan(self, index: str | None, limit: int | None) -> None:
        """All pages of a scan: the same items."""
        params = {"TableName": self.table, "IndexName": index, "Limit": limit}
        params = {name: value for name, value in params.items() if value is not None}
        ours, theirs = (_all_items(one, params) for one in (self.pair.memory, self.pair.local))
        ours, theirs = unordered(ours), unordered(theirs)
        assert ours == theirs, difference(params, ours, theirs)

    @rule(wanted=st.lists(some.keys, min_size=1, max_size=5), capacity=capacities)
    def batch_get(self, wanted: list[Any], capacity: str) -> None:
        request = {"RequestItems": {self.table: {"Keys": wanted}}}
        self.pair.same(
            "BatchGetItem", {**request, "ReturnConsumedCapacity": capacity}, ("batch-get-miss",)
        )

    @rule(
        puts=st.lists(some.items, max_size=3),
        deletes=st.lists(some.keys, max_size=2),
        capacity=capacities,
    )
    def batch_write(self, puts: list[Any], deletes: list[Any], capacity: str) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in puts]
        requests += [{"DeleteRequest": {"Key": key}} for key in deletes]
        self.pair.same(
            "BatchWriteItem",
            {"RequestItems": {self.table: requests}, "ReturnConsumedCapacity": capacity},
            ("delete-of-nothing",) if deletes else (),
        )

    @rule(
        actions=st.lists(
            st.tuples(
                st.sampled_from(["Put", "Delete", "Update", "ConditionCheck"]),
                some.items,
                some.put_conditions,
                some.values_of,
                modes,
            ),
            min_size=1,
            max_size=4,
            unique_by=lambda action: (action[1]["pk"]["S"], action[1]["sk"]["S"]),
        ),
        token=st.none() | st.sampled_from(["first", "second"]),
        capacity=capacities,
    )
    def transact(self, actions: list[Any], token: str | None, capacity: str) -> None:
        params: Params = {
            "TransactItems": [self._action(*action) for action in actions],
            "ReturnConsumedCapacity": capacity,
        }
        if token is not None:
            params["ClientRequestToken"] = f"{self.table}{token}"
        self.pair.same("TransactWriteItems", params, ("transaction-units",))

    @rule(wanted=st.lists(some.keys, min_size=1, max_size=4), capacity=capacities)
    def transact_get(self, wanted: list[Any], capacity: str) -> None:
        gets = [{"Get": {"TableName": self.table, "Key": key}} for key in wanted]
        params = {"TransactItems": gets, "ReturnConsumedCapacity": capacity}
        self.pair.same("TransactGetItems", params)

    def teardown(self) -> None:
        """What the streams say at the end is the same, too."""
        ours, theirs = (records(one, self.table) for one in (self.pair.memory, self.pair.local))
        assert ours == theirs, difference("all stream records", ours, theirs)
        self.pair.same("DeleteTable", {"TableName": self.table})

    def _action(
        self, kind: str, item: Any, condition: str | None, values: Any, occupant: str
    ) -> dict[str, Any]:
        key = {name: item[name] for name in ("pk", "sk")}
        body: Params = {"TableName": self.table, "ConditionExpression": condition}
        if occupant != "NONE":
            body["ReturnValuesOnConditionCheckFailure"] = occupant
        if kind == "Put":
            body["Item"] = item
        else:
            body["Key"] = key
        if kind == "Update":  # of attributes of one type each: operand-in-transaction
            body["UpdateExpression"] = "SET touched = :s ADD total :n"
        if kind == "ConditionCheck":
            body["ConditionExpression"] = condition or "attribute_exists(pk)"
        return {kind: some.with_values(body, values)}


def _modes(capacity: str, occupant: str, returned: str) -> Params:
    modes = {
        "ReturnConsumedCapacity": capacity,
        "ReturnValuesOnConditionCheckFailure": occupant,
        "ReturnValues": returned,
    }
    return {name: mode for name, mode in modes.items() if mode != "NONE"}


def _range(sign: str) -> str:
    if sign == "BETWEEN":
        return " AND sk BETWEEN :low AND :high"
    if sign == "begins_with":
        return " AND begins_with(sk, :low)"
    return f" AND sk {sign} :low" if sign else ""


def _reaches_into_documents(update: str) -> bool:
    return re.search(r"\w[.\[]", update) is not None


def _all_items(engine: Transport, params: Params) -> list[Any]:
    found: list[Any] = []
    alone = Pair(engine, engine)
    for _ in range(PAGES_MAX):
        code, body = alone.both("Scan", params)[0]
        assert code == "ok"
        found += body["Items"]
        if "LastEvaluatedKey" not in body:
            return found
        params = {**params, "ExclusiveStartKey": body["LastEvaluatedKey"]}
    raise AssertionError("a scan of a small table does not end")


@pytest.fixture
def machine(local_transport: Transport) -> type[EnginesAgree]:
    return type("EnginesAgreeHere", (EnginesAgree,), {"local": local_transport})


def test_random_histories_have_the_same_answers(machine: type[EnginesAgree]) -> None:
    """Whatever is asked in whatever order, memory answers what DynamoDB Local answers."""
    print(f"{EXAMPLES} histories of up to {STEPS} requests (KEYFOLD_EXAMPLES)")
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
