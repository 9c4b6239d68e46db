"""What a user of models sees through mypy: checked, never run."""

from typing import assert_type

from orm import Key, Model, Table


class U(Model, key=Key("id")):
    id: str
    n: int = 0


def f(t: Table) -> None:
    assert_type(t.query(U).where(id="1").limit(3).all(), list[U])
    assert_type(t.get(U, id="1"), U | None)
    assert_type(t.get_or_fail(U, id="1"), U)
    assert_type(t.get_many(U, [{"id": "1"}]), list[U])
    assert_type(U(id="1").n, int)
    U()  # type: ignore[call-arg]
    U(id=1)  # type: ignore[arg-type]
