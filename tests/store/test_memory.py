"""A store that never holds more than it may, and gives stale things only to who asks for them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.entry import Entry
from store.memory import OVERHEAD, MemoryStore

PROPERTY = settings(max_examples=100, deadline=None, database=None)

EACH = OVERHEAD + 100


class Clock:
    """Unix seconds as a test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def entry(value: Any, at: float = 1000, expires: float = 2000, weight: int = 100) -> Entry:
    return Entry(value, at, expires, weight)


async def held(store: MemoryStore, *names: str, since: float = 0, stale: bool = False) -> list[Any]:
    found = store.look([(name,) for name in names], since=since, stale=stale)
    return [None if entry is None else entry.value for entry in found]


async def put(store: MemoryStore, **entries: Entry) -> None:
    store.keep([((name,), entry) for name, entry in entries.items()])


async def test_what_was_put_is_given_in_the_order_of_the_keys():
    store = MemoryStore(10 * EACH, Clock())
    await put(store, a=entry(1), b=entry(2))

    assert await held(store, "b", "x", "a", "b") == [2, None, 1, 2]
    assert (len(store), store.bytes) == (2, 2 * EACH)


async def test_the_least_recently_used_gives_way():
    store = MemoryStore(3 * EACH, Clock())
    await put(store, a=entry(1), b=entry(2), c=entry(3))
    await held(store, "a")

    await put(store, d=entry(4))

    assert await held(store, "a", "b", "c", "d") == [1, None, 3, 4]


async def test_to_be_written_again_is_to_be_used():
    store = MemoryStore(2 * EACH, Clock())
    await put(store, a=entry(1), b=entry(2))

    await put(store, a=entry(3))
    await put(store, c=entry(4))

    assert await held(store, "a", "b", "c") == [3, None, 4]


async def test_a_stale_entry_is_given_only_to_who_asks_for_it():
    clock = Clock()
    store = MemoryStore(10 * EACH, clock)
    await put(store, a=entry(1, expires=1010), b=entry(2, expires=float("inf")))

    clock.now = 1009.9
    assert await held(store, "a") == [1]
    clock.now = 1010
    assert await held(store, "a", "b") == [None, 2]
    assert await held(store, "a", "b", stale=True) == [1, 2]


async def test_to_look_for_a_stale_entry_in_vain_is_not_to_use_it():
    clock = Clock()
    store = MemoryStore(2 * EACH, clock)
    await put(store, a=entry(1, expires=1010), b=entry(2))
    clock.now = 1010
    assert await held(store, "a") == [None]

    await put(store, c=entry(3))

    assert await held(store, "a", "b", "c", stale=True) == [None, 2, 3]


async def test_what_was_fetched_before_is_not_given_to_who_asks_for_what_was_since():
    store = MemoryStore(10 * EACH, Clock())
    await put(store, a=entry(1, at=990), b=entry(2, at=991))

    assert await held(store, "a", "b", since=991) == [None, 2]
    assert await held(store, "a", "b", since=991, stale=True) == [None, 2]
    assert await held(store, "a", "b") == [1, 2]


async def test_of_two_writes_the_newer_answer_stays_whichever_came_first():
    store = MemoryStore(10 * EACH, Clock())
    await put(store, a=entry("new", at=1005), b=entry("old", at=1001))
    await put(store, a=entry("old", at=1001), b=entry("new", at=1005))

    assert await held(store, "a", "b") == ["new", "new"]


async def test_of_two_writes_at_the_same_time_the_later_stays():
    store = MemoryStore(10 * EACH, Clock())
    await put(store, a=entry(1))
    await put(store, a=entry(2, weight=7))

    assert await held(store, "a") == [2]
    assert store.bytes == OVERHEAD + 7


async def test_what_has_no_room_alone_is_not_kept_and_drives_nobody_out():
    store = MemoryStore(2 * EACH, Clock())
    await put(store, a=entry(1))
    await put(store, big=entry(2, weight=10 * EACH))

    assert await held(store, "a", "big") == [1, None]


async def test_what_has_no_room_any_more_leaves_no_older_answer_behind():
    store = MemoryStore(2 * EACH, Clock())
    await put(store, a=entry("old", at=1000))
    await put(store, a=entry("new", at=1001, weight=10 * EACH))

    assert await held(store, "a") == [None]
    assert (len(store), store.bytes) == (0, 0)


async def test_a_store_without_room_keeps_nothing():
    store = MemoryStore(0, Clock())
    await put(store, a=entry(1, weight=0))

    assert await held(store, "a") == [None]
    assert (len(store), store.bytes) == (0, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 6) | st.none(),
        st.integers(0, 5),
        st.integers(0, 4 * EACH),
    ),
    max_size=40,
)


@PROPERTY
@given(steps=STEPS, room=st.integers(0, 6 * EACH))
async def test_the_store_is_never_above_its_bound(steps: list[tuple[str, int | None, int, int]], room: int):
    clock = Clock()
    store = MemoryStore(room, clock)
    written: dict[str, list[Entry]] = {}
    for name, age, lasts, weight in steps:
        clock.now += 1
        if age is not None:
            told = Entry(object(), clock.now - age, clock.now + lasts, weight)
            written.setdefault(name, []).append(told)
            await put(store, **{name: told})
        (found,) = store.look([(name,)])
        assert found is None or (found in written[name] and found.expires_at > clock.now)
        assert OVERHEAD * len(store) <= store.bytes <= room
        assert store.bytes > 0 or len(store) == 0
