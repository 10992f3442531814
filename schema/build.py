"""The schema as a whole."""

from __future__ import annotations

import strawberry
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from schema.category import Category
from schema.errors import ErrorReport
from schema.influencer import Influencer
from schema.limits import ListLimit
from schema.live import Live
from schema.query import Query
from schema.scalar import SCALARS
from schema.seller import Seller
from schema.video import Video

MOST_TOKENS = 10_000
DOCUMENTS_KEPT = 256


class Schema(strawberry.Schema):
    """Strawberry's, but errors are told by ErrorReport alone, not to a log of its own."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        pass


schema = Schema(
    Query,
    types=[Seller, Influencer, Video, Live, Category],
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[
        ErrorReport,
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: ParserCache(maxsize=DOCUMENTS_KEPT),
        lambda: ValidationCache(maxsize=DOCUMENTS_KEPT),
        ListLimit,
    ],
)
