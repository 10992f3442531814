"""Asking another provider where one fails for a reason of its own: once for each call, and within the deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from upstream.endpoint import Endpoint
from upstream.errors import UpstreamError
from upstream.operation import Operation

T = TypeVar("T")

MOST_ASKED = 2
"""How many providers are asked for the same thing: those whose circuits are open are not asked, and don't count."""


async def first_of(
    candidates: Sequence[Endpoint], operation: Operation, ask: Callable[[Endpoint, Operation], Awaitable[T]]
) -> T:
    """The answer of the first candidate; where that fails, that of the next one of another provider.

    Raises   the first one's error; its message tells of each that was tried
    """
    failed: UpstreamError | None = None
    tried: set[str] = set()
    for endpoint in candidates:
        if endpoint.provider in tried:
            continue
        tried.add(endpoint.provider)
        is_last = all(other.provider in tried for other in candidates)
        try:
            return await ask(endpoint, operation if is_last or failed is not None else operation.hurried())
        except UpstreamError as error:
            failed = joined(failed, error)
            if is_spent(failed, operation):
                break
    assert failed is not None
    raise failed


def joined(failed: UpstreamError | None, error: UpstreamError) -> UpstreamError:
    """What is known to have failed, with one more."""
    return error if failed is None else failed.beside(error)


def is_spent(failed: UpstreamError, operation: Operation) -> bool:
    """Whether nobody else is to be asked."""
    return failed.asked >= MOST_ASKED or operation.remaining <= 0
