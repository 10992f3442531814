"""A bounded memory of what was computed; what was not used for longest goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

Made = TypeVar("Made")


class Cache:
    """At most `most` things, each by a key that says all it depends on. For one thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._things: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under a key, made and kept if it is not."""
        if key in self._things:
            self._things.move_to_end(key)
            return cast(Made, self._things[key])
        thing = make()
        self._things[key] = thing
        if len(self._things) > self.most:
            self._things.popitem(last=False)
        return thing
