"""What bench.warm counts: CPU time inside execution, without that of emptying memory; and the leaves of an answer."""

from __future__ import annotations

from itertools import count

import pytest

from bench import _gateway, warm
from bench._gateway import Forgetful, Meter
from bench._table import Figure


@pytest.fixture
def ticks(monkeypatch):
    """A CPU clock that goes on by a second each time it is read."""
    seconds = count()
    monkeypatch.setattr(_gateway, "process_time", lambda: float(next(seconds)))
    return seconds


def test_what_is_executed_at_once_counts_from_begin_to_end(ticks):
    meter = Meter()

    assert meter.timed(lambda number, *, by: number * by)(3, by=2) == 6

    assert meter.executing == 1


async def test_what_has_to_be_awaited_counts_up_to_its_end(ticks):
    meter = Meter()

    async def execute():
        next(ticks)
        return "told"

    awaited = meter.timed(execute)()
    assert meter.executing == 0

    assert await awaited == "told"
    assert meter.executing == 2


async def test_an_execution_that_fails_counts_too(ticks):
    meter = Meter()

    async def execute():
        raise ValueError("of a fault")

    with pytest.raises(ValueError, match="of a fault"):
        await meter.timed(execute)()
    assert meter.executing == 1


@pytest.mark.parametrize(
    ("forgets", "path", "emptied"),
    [(True, "/graphql", 1), (True, "/_bench/state", 0), (False, "/graphql", 0)],
)
async def test_memory_is_emptied_before_a_question_while_that_is_wanted(ticks, forgets, path, emptied):
    seen = []

    async def shipped(scope, receive, send):
        seen.append(scope["path"])

    forgetful = Forgetful(shipped, lambda: seen.append("emptied"))
    forgetful.forgets = forgets

    await forgetful({"type": "http", "path": path}, nothing, nothing)

    assert seen == ["emptied"] * emptied + [path]
    assert forgetful.seconds == emptied


def test_leaves_are_what_has_nothing_below_it():
    answer = {"products": {"nodes": [{"name": "Oil", "seller": {"id": "1"}, "cover": None}, {"name": "Soap"}], "x": []}}

    assert warm.count_leaves(answer) == 4


def test_the_share_outside_is_what_is_not_executed():
    assert warm.Cost(cpu=0.008, executing=0.006).outside == pytest.approx(0.25)


def test_only_answers_from_memory_are_held_to_the_bound():
    stores = {warm.MEMORY: 0.75, warm.SQLITE: 0.5, warm.REDIS: 0.25}
    found = [warm.Found(warm.README, 215, store, warm.Cost(1, inside)) for store, inside in stores.items()]

    assert warm.held(found) == [Figure(f"outside {warm.README.name}", 0.25, warm.BOUND)]


def test_it_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        warm.main(["--help"])

    assert ended.value.code == 0
    assert "--smoke" in capsys.readouterr().out


async def nothing(*_):
    pass
