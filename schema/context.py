"""What a field is given beside its source: the session of the operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from loaders.session import Session
from schema.plan import Plan


@dataclass(slots=True)
class Context:
    """One request.

    session   what it has learned and how it learns more
    plan      what may be asked below each of its fields
    """

    session: Session
    plan: Plan


Info: TypeAlias = strawberry.Info[Context, None]
