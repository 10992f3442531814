"""All of one kind in a market, by columns: what a list is filtered and sorted by."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from sandbox.parameter import Arguments
from sandbox.world import World

Cell = float | str


class Indexed(Protocol):
    @property
    def index(self) -> int: ...

    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Indexed)
Test = Callable[[int], bool]  # of an item's index


@dataclass(slots=True)
class Columns(Generic[Item]):
    """Items and the columns read so far: one is computed for all of them when first asked.

    compute   how, by name of column
    """

    world: World
    items: list[Item]
    compute: Mapping[str, Callable[[World, Item], Cell]]
    read: dict[str, dict[int, Cell]] = field(default_factory=dict)

    def column(self, name: str) -> dict[int, Cell]:
        """Cells by index."""
        if name not in self.read:
            compute = self.compute[name]
            self.read[name] = {item.index: compute(self.world, item) for item in self.items}
        return self.read[name]

    def tests(self, arguments: Arguments, equal: Iterable[str], ranges: Iterable[str]) -> Iterator[Test]:
        """Of the parameters that were sent: those that want a value, and the bounds that want a range."""
        for name in equal:
            if arguments.get(name) is not None:
                yield _equal(self.column(name), arguments.get(name))
        for name in ranges:
            low, high = arguments.get(f"min_{name}"), arguments.get(f"max_{name}")
            if low is not None or high is not None:
                yield _between(self.column(name), low, high)

    def found(self, tests: Iterable[Test]) -> list[Item]:
        """The items that pass, by id."""
        wanted = list(tests)
        passed = [item for item in self.items if all(test(item.index) for test in wanted)]
        return sorted(passed, key=lambda item: item.id)

    def ordered(self, items: list[Item], name: str, arguments: Arguments) -> list[Item]:
        """In the direction asked for, ties as they stand."""
        cells = self.column(name)
        descending = arguments.integer("sort_type", 1) == 1
        return sorted(items, key=lambda item: cells[item.index], reverse=descending)


def _equal(cells: dict[int, Cell], wanted: object) -> Test:
    return lambda index: cells[index] == wanted


def _between(cells: dict[int, Cell], low: object, high: object) -> Test:
    """Both bounds belong to the range."""
    least = low if isinstance(low, int | float) else float("-inf")
    most = high if isinstance(high, int | float) else float("inf")
    return lambda index: least <= float(cells[index]) <= most
