"""A seller: a shop on TikTok Shop."""

from __future__ import annotations

import strawberry

from schema.field import attribute
from schema.node import Sourced, entity


@entity("A shop on TikTok Shop, as the products that name it tell of it.")
class Seller(Sourced):
    seller_id: strawberry.ID = attribute("id", "The upstream id, digits.")
