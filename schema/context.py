"""What a field is given beside its source: the session of the operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import strawberry

from loaders.budget import Purse
from loaders.cost import Estimate
from loaders.session import Session
from schema.bounds import Limits

if TYPE_CHECKING:
    from schema.plan import Plan


@dataclass(slots=True)
class Context:
    """One request.

    session       what it has learned and how it learns more
    plan          what may be asked below each of its fields
    limit         credits that it may spend
    prices_only   whether it is not executed, only priced
    in_parts      whether its answer may come in parts
    name          of the operation, once the document is read; None where it has none
    estimate      what it costs at most, as soon as that is known
    purse         what was set aside for it
    settle        ends it, where its answer comes in parts: what has not been spent is given back
    hides         whether errors may tell nothing of the schema, and introspection is refused
    limits        bounds of its document, None where the operator wrote it
    """

    session: Session
    plan: Plan
    limit: int
    prices_only: bool = False
    in_parts: bool = False
    name: str | None = None
    estimate: Estimate | None = None
    purse: Purse | None = None
    settle: Callable[[], Awaitable[None]] | None = None
    hides: bool = False
    limits: Limits | None = None


Info: TypeAlias = strawberry.Info[Context, None]
