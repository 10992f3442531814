"""The root."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import category as of_category
from resolvers import influencer as of_influencer
from resolvers import live as of_live
from resolvers import product as of_product
from resolvers import search as of_search
from resolvers import seller as of_seller
from resolvers import video as of_video
from resolvers.provider import statuses
from resolvers.quota import quota
from schema.argument import (
    CategoryFilter,
    InfluencerFilter,
    InfluencerSort,
    LiveFilter,
    LiveSort,
    ProductFilter,
    ProductSort,
    SellerFilter,
    SellerSort,
    VideoFilter,
    VideoSort,
)
from schema.category import Category
from schema.export import EXPORT, EXPORTS, Export
from schema.field import Argument, answered, in_tree, listed, looked_up, looked_up_all, ranked, stated
from schema.influencer import Influencer, InfluencerConnection, InfluencerRanking
from schema.live import Live, LiveConnection
from schema.node import Node
from schema.period import DATE, LATEST, PERIOD, REGION
from schema.product import Product, ProductConnection, ProductRanking
from schema.provider import ProviderStatus
from schema.quota import Quota
from schema.scalar import URL
from schema.seller import Seller, SellerConnection, SellerRanking
from schema.video import Video, VideoConnection, VideoRanking
from schema.vocabulary import (
    CategoryLevel,
    InfluencerRankBy,
    ProductRankBy,
    SearchProductSort,
    SearchType,
    SellerOrigin,
    SellerRankBy,
    VideoRankBy,
)

SearchResult = Annotated[
    Product | Seller | Influencer | Video | Live,
    strawberry.union("SearchResult", description="Anything that a search finds."),
]
CATEGORY = Argument("category", CategoryFilter | None, "Within these categories.")


@strawberry.type(description="Where every question begins.")
class Query:
    node: Node | None = looked_up(None, "Any object by its global id; null where it is unknown. At most one call.")
    nodes: list[Node | None] = looked_up_all(
        None, "Objects by their global ids, in the order asked; null where unknown. Ten of a type share a call."
    )
    product: Product | None = looked_up("Product", "A product by its id; null where it is unknown. At most one call.")
    products_by_ids: list[Product | None] = looked_up_all(
        "Product",
        "Products by their ids, in the order asked; null where unknown. Ten share a call, none is asked twice.",
    )
    product_from_url: Product | None = answered(
        of_product.from_url,
        "The product that an address of TikTok leads to, null where it is unknown. An id in the path of a product's or "
        "a shop's page costs no call beyond the product's own; any other address one more, 2 credits.",
        Argument("url", URL, "A share link, or the address of a product's page."),
        reason="looked up by what is no fact of it",
        asks=("realtime.product.id",),
        finds=True,
        price=of_product.from_url_price,
    )
    products: ProductConnection | None = listed(
        of_product.PRODUCTS,
        "Products of a market. Ten rows share a call; a row tells all but reviews, trend and relations.",
        REGION,
        Argument("filter", ProductFilter | None, "Which products."),
        Argument("sort", ProductSort | None, "Without it: most units sold ever first."),
    )
    product_ranking: ProductRanking | None = ranked(
        of_product.product_ranking,
        of_product.RANKING,
        "The best products of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        PERIOD,
        Argument("by", ProductRankBy, "What they are ranked by.", ProductRankBy.UNITS),
        CATEGORY,
    )
    new_product_ranking: ProductRanking | None = ranked(
        of_product.new_product_ranking,
        of_product.NEW_RANKING,
        "New products of a day by the GMV that it brought them. EchoTik v2 alone. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        CATEGORY,
    )
    seller: Seller | None = looked_up("Seller", "A shop by its id; null where it is unknown. At most one call.")
    sellers_by_ids: list[Seller | None] = looked_up_all(
        "Seller", "Shops by their ids, in the order asked; null where unknown. One call for each."
    )
    sellers: SellerConnection | None = listed(
        of_seller.SELLERS,
        "Shops of a market. Ten rows share a call.",
        REGION,
        Argument("filter", SellerFilter | None, "Which shops."),
        Argument("sort", SellerSort | None, "Without it: most units sold ever first."),
    )
    seller_ranking: SellerRanking | None = ranked(
        of_seller.seller_ranking,
        of_seller.RANKING,
        "The best shops of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        PERIOD,
        Argument("by", SellerRankBy, "What they are ranked by.", SellerRankBy.UNITS),
        CATEGORY,
        Argument("origin", SellerOrigin | None, "Where they sell from."),
    )
    influencer: Influencer | None = answered(
        of_influencer.influencer,
        "An influencer by id or by handle, exactly one of the two; null where it is unknown. At most one call.",
        Argument("id", strawberry.ID | None, '"Influencer:<digits>", or the upstream id alone.'),
        Argument("handle", str | None, "The handle, with or without @, in any case."),
        reason="two arguments of which one must be given",
        finds=True,
        price=of_influencer.influencer_price,
    )
    influencers_by_ids: list[Influencer | None] = looked_up_all(
        "Influencer", "Influencers by their ids, in the order asked; null where unknown. Ten share a call."
    )
    influencers_by_handles: list[Influencer | None] = answered(
        of_influencer.by_handles,
        "Influencers by their handles, in the order asked; null where unknown. Ten share a call.",
        Argument("handles", list[str], "At most 500 handles, with or without @, in any case."),
        reason="looked up by a fact other than the id",
        finds=True,
        price=of_influencer.handles_price,
    )
    influencers: InfluencerConnection | None = listed(
        of_influencer.INFLUENCERS,
        "Influencers of a market. Ten rows share a call.",
        REGION,
        Argument("filter", InfluencerFilter | None, "Which influencers."),
        Argument("sort", InfluencerSort | None, "Without it: most followers first."),
    )
    influencer_ranking: InfluencerRanking | None = ranked(
        of_influencer.influencer_ranking,
        of_influencer.RANKING,
        "The best influencers of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        PERIOD,
        Argument("by", InfluencerRankBy, "What they are ranked by.", InfluencerRankBy.SALES),
        Argument("category", str | None, "What the account is about, in the provider's words."),
        Argument("productCategory", strawberry.ID | None, "A category that it sells.", kind="Category"),
    )
    video: Video | None = looked_up("Video", "A video by its id; null where it is unknown. At most one call.")
    videos_by_ids: list[Video | None] = looked_up_all(
        "Video", "Videos by their ids, in the order asked; null where unknown. Ten share a call."
    )
    videos: VideoConnection | None = listed(
        of_video.VIDEOS,
        "Videos of a market. Ten rows share a call; a row names the products and the author too.",
        REGION,
        Argument("filter", VideoFilter | None, "Which videos."),
        Argument("sort", VideoSort | None, "Without it: most likes first."),
    )
    video_ranking: VideoRanking | None = ranked(
        of_video.video_ranking,
        of_video.RANKING,
        "The best videos of a day, week or month, with what it added to them. Ten rows share a call.",
        REGION,
        DATE,
        LATEST,
        PERIOD,
        Argument("by", VideoRankBy, "What they are ranked by.", VideoRankBy.VIEWS),
        Argument("productCategory", strawberry.ID | None, "A level 1 category that it sells.", kind="Category"),
        Argument("madeByAi", bool | None, "Whether it was made by AI."),
    )
    live: Live | None = looked_up(
        "Live",
        "A live by its id; null where it is unknown. At most one call. No provider publishes a lookup of lives: it is "
        "known by the rows that were seen, or by a route that may not be there.",
    )
    lives: LiveConnection | None = listed(
        of_live.LIVES,
        "Lives of an influencer: providers serve `filter.influencer` alone, whose lives are all in one market. Ten "
        "rows share a call.",
        REGION,
        Argument("filter", LiveFilter | None, "Which lives; `influencer` must be given."),
        Argument("sort", LiveSort | None, "Not served yet. Without it: the provider's order."),
    )
    category: Category | None = looked_up(
        "Category", "A category by its id; null where it is unknown. At most one call for each level, kept for a week."
    )
    categories: list[Category] | None = in_tree(
        of_category.categories,
        of_category.categories_price,
        "A level of the category tree, or what lies below one category. One call, kept for a week.",
        Argument("level", CategoryLevel, "Which level.", CategoryLevel.L1),
        Argument("parent", strawberry.ID | None, "Only those below this category.", kind="Category"),
    )
    search: list[SearchResult] | None = answered(
        of_search.search,
        "What words find, grouped by type: at most 30 of each, one call for each type. EchoTik v3 alone.",
        Argument("text", str, "The words, 1 to 200 characters."),
        Argument("types", list[SearchType] | None, "What to find; without it products, shops and influencers."),
        REGION,
        Argument("first", int | None, "How many of each type, from 1 to 100; more than 30 gives 30.", 10),
        Argument("exact", bool, "Whether all the words must be found; else two of them do.", False),
        Argument("productSort", SearchProductSort | None, "How to sort products. Without it: by relevance."),
        reason="one list out of several calls, without pages",
        asks=tuple(listing.capability for listing in of_search.LISTINGS.values()),
        price=of_search.search_price,
    )
    quota: Quota = stated(quota, "What the asking client may spend, and has spent. Costs no call.")
    providers: list[ProviderStatus] = stated(statuses, "How each provider fares. Costs no call.")
    export: Export | None = EXPORT
    exports: list[Export] = EXPORTS
