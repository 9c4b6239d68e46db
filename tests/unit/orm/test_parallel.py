"""Parallel calls within parallel calls share one lot of threads."""

from __future__ import annotations

import threading

import pytest

from orm.parallel import THREADS, in_parallel


class _Counted:
    """Calls that hold on for a moment, and how many threads were there at the most."""

    def __init__(self) -> None:
        self.most, self._guard, self._pause = 0, threading.Lock(), threading.Event()
        self._before = threading.active_count()

    def __call__(self, number: int) -> int:
        with self._guard:
            self.most = max(self.most, threading.active_count() - self._before)
        self._pause.wait(0.002)
        return number


@pytest.mark.parametrize("width", [2, 20])
def test_calls_within_calls_share_the_threads(width: int) -> None:
    counted = _Counted()

    def third(number: int) -> list[int]:
        return in_parallel(counted, range(number, number + width))

    def second(number: int) -> list[list[int]]:
        return in_parallel(third, range(number, number + 5))

    found = in_parallel(second, range(5))
    assert found[4][4] == list(range(8, 8 + width))
    assert 2 <= counted.most <= THREADS


def test_threads_are_free_again_after_a_call_that_failed() -> None:
    def fail(number: int) -> int:
        raise ValueError(number)

    def outer(_: int) -> int:
        with pytest.raises(ValueError, match="0"):
            in_parallel(fail, range(4))
        return len(set(in_parallel(_own_thread, range(8))))

    assert all(count > 1 for count in in_parallel(outer, range(2)))


def _own_thread(_: int) -> int:
    threading.Event().wait(0.005)
    return threading.get_ident()
