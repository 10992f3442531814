"""The enums of the graph, with what each value means."""

from __future__ import annotations

from enum import Enum, EnumType
from typing import Any

import strawberry

from entities import vocabulary as words
from upstream.providers import PROVIDERS


def _named(enum: type[Enum], description: str, **values: str) -> Any:
    """A GraphQL enum over an enum of the graph; every value is described."""
    missing = set(enum.__members__) ^ set(values)
    assert not missing, f"{enum.__name__}: {missing} described wrongly or not at all"
    definition: Any = strawberry.enum(enum, description=description)
    for value in definition.__strawberry_definition__.values:
        value.description = values[value.name]
    return definition


Provider = _named(
    EnumType.__call__(Enum, "Provider", {provider.word: provider.name for provider in PROVIDERS}),
    "Who sells the data.",
    **{provider.word: provider.about for provider in PROVIDERS},
)
Region = _named(
    words.Region,
    "A market, by its ISO 3166 code. Not every provider serves each.",
    US="United States.",
    GB="United Kingdom.",
    ID="Indonesia.",
    TH="Thailand.",
    PH="Philippines.",
    MY="Malaysia.",
    VN="Vietnam.",
    SG="Singapore.",
    MX="Mexico.",
    BR="Brazil.",
    SA="Saudi Arabia.",
    ES="Spain.",
    DE="Germany.",
    FR="France.",
    IT="Italy.",
    IE="Ireland.",
    JP="Japan.",
)
Window = _named(
    words.Window,
    "The days that a measure covers: the last N full days (UTC), or everything so far.",
    ALL_TIME="Everything that the provider has counted.",
    LAST_1_DAY="The last full day.",
    LAST_7_DAYS="The last 7 full days.",
    LAST_15_DAYS="The last 15 full days. Products alone have it.",
    LAST_30_DAYS="The last 30 full days.",
    LAST_60_DAYS="The last 60 full days. Products alone have it.",
    LAST_90_DAYS="The last 90 full days.",
)
SalesChannel = _named(
    words.SalesChannel,
    "Through what something is sold.",
    VIDEO="Videos with the product linked.",
    LIVE="Live shopping.",
)
SalesTrend = _named(
    words.SalesTrend,
    "Where sales went over 7 days, as the provider judges.",
    STABLE="About as before.",
    UP="Rising.",
    DOWN="Falling.",
)
SellerOrigin = _named(
    words.SellerOrigin,
    "Where a shop sells from.",
    LOCAL="The market's own country.",
    CROSS_BORDER="Another country.",
)
CategoryLevel = _named(
    words.CategoryLevel,
    "Depth in the category tree.",
    L1="Broadest.",
    L2="Within an L1.",
    L3="Narrowest, within an L2.",
)
RankPeriod = _named(
    words.RankPeriod,
    "What a ranking counts.",
    DAY="One day.",
    WEEK="Seven days from a Monday.",
    MONTH="A calendar month.",
)
SortDirection = _named(words.SortDirection, "Which end comes first.", ASC="Smallest first.", DESC="Largest first.")
CircuitState = _named(
    words.CircuitState,
    "Whether a provider is being asked.",
    CLOSED="It is.",
    OPEN="It is not, for a while: its quota is used up, its credentials are refused, or it is down.",
    HALF_OPEN="The next call tries whether it answers again.",
)
ProductRankBy = _named(
    words.ProductRankBy,
    "What products are ranked by.",
    UNITS="Units sold in the period.",
    INFLUENCERS="Influencers who sold it in the period.",
)
ProductSortField = _named(
    words.ProductSortField,
    "What a list of products is sorted by.",
    UNITS="Units sold ever.",
    GMV="GMV ever.",
    AVERAGE_PRICE="Mean SKU price.",
    UNITS_7D="Units sold in the last 7 days.",
    UNITS_30D="Units sold in the last 30 days.",
    GMV_7D="GMV of the last 7 days.",
    GMV_30D="GMV of the last 30 days.",
)
ProductInfluencerSortField = _named(
    words.ProductInfluencerSortField,
    "What the influencers of a product are sorted by.",
    FOLLOWERS="Followers.",
    LIKES="Likes of all their videos.",
    UNITS="Units that they sold of this product.",
    GMV="GMV that they made with this product.",
    VIDEOS="Videos that they posted.",
    VIEWS="Views of all their videos.",
    LIVE_VIEWS="Views of all their lives.",
)
ProductVideoSortField = _named(
    words.ProductVideoSortField,
    "What the videos of a product are sorted by.",
    VIEWS="Views.",
    LIKES="Likes.",
    SHARES="Shares.",
    UNITS="Units sold through the video.",
    GMV="GMV of the video.",
    POSTED_AT="When it was posted.",
)
ProductLiveSortField = _named(
    words.ProductLiveSortField,
    "What the lives of a product are sorted by.",
    PEAK_VIEWERS="Most viewers at one moment.",
    PRODUCTS="Products shown.",
    UNITS="Units of this product sold in the live.",
    GMV="GMV of this product in the live.",
    VIEWS="Views. EchoTik v2 cannot sort by it.",
)
SellingMode = _named(
    words.SellingMode,
    "How an account sells.",
    NONE="It does not.",
    VIDEO="By video.",
    LIVE="Live.",
    VIDEO_AND_LIVE="By video and live.",
    SHOWCASE="Through its showcase.",
)
CategoryLanguage = _named(
    words.CategoryLanguage,
    "A language of category names.",
    EN_US="English.",
    TH_TH="Thai.",
    ID_ID="Indonesian.",
    ZH_CN="Chinese, simplified.",
    MS_MY="Malay.",
    VI_VN="Vietnamese.",
)
SellerRankBy = _named(
    words.SellerRankBy,
    "What shops are ranked by.",
    UNITS="Units sold in the period.",
    INFLUENCERS="Influencers in the period.",
)
InfluencerRankBy = _named(
    words.InfluencerRankBy,
    "What influencers are ranked by.",
    FOLLOWERS="Followers gained in the period.",
    SALES="Units sold in the period.",
)
VideoRankBy = _named(
    words.VideoRankBy,
    "What videos are ranked by.",
    VIEWS="Views in the period.",
    SALES="Units sold in the period.",
)
SellerSortField = _named(
    words.SellerSortField,
    "What a list of shops is sorted by.",
    UNITS="Units sold ever.",
    GMV="GMV ever.",
    AVERAGE_PRICE="Mean SKU price.",
)
SellerProductSortField = _named(
    words.SellerProductSortField,
    "What the products of a shop are sorted by.",
    UNITS="Units sold ever.",
    GMV="GMV ever.",
    AVERAGE_PRICE="Mean SKU price.",
    UNITS_7D="Units sold in the last 7 days.",
    GMV_7D="GMV of the last 7 days.",
)
SellerInfluencerSortField = _named(
    words.SellerInfluencerSortField,
    "What the influencers of a shop are sorted by.",
    FOLLOWERS="Followers.",
    UNITS="Units sold.",
    GMV="GMV.",
)
SellerVideoSortField = _named(
    words.SellerVideoSortField,
    "What the videos of a shop are sorted by.",
    VIEWS="Views.",
    UNITS="Units sold.",
    GMV="GMV.",
)
SellerLiveSortField = _named(
    words.SellerLiveSortField,
    "What the lives of a shop are sorted by.",
    VIEWS="Views.",
    UNITS="Units sold.",
    GMV="GMV.",
)
InfluencerSortField = _named(
    words.InfluencerSortField,
    "What a list of influencers is sorted by.",
    FOLLOWERS="Followers.",
    NEW_FOLLOWERS_30D="Followers gained in 30 days.",
    VIDEOS="Videos posted.",
    AVERAGE_VIEWS="Mean views of a video.",
    INTERACTION_RATE="Interactions over views.",
    PRODUCTS="Products promoted.",
)
InfluencerProductSortField = _named(
    words.InfluencerProductSortField,
    "What the products of an influencer are sorted by.",
    UNITS="Units of the product sold ever, by anybody.",
    GMV="GMV of the product ever, by anybody.",
    AVERAGE_PRICE="Mean SKU price.",
    VIDEO_UNITS="Units sold through this influencer's videos.",
    VIDEO_GMV="GMV of this influencer's videos.",
)
InfluencerVideoSortField = _named(
    words.InfluencerVideoSortField,
    "What the videos of an influencer are sorted by.",
    VIEWS="Views.",
    UNITS="Units sold.",
    GMV="GMV.",
    POSTED_AT="When it was posted.",
)
VideoSortField = _named(
    words.VideoSortField,
    "What a list of videos is sorted by.",
    LIKES="Likes.",
    POSTED_AT="When it was posted.",
    VIEWS="Views.",
)
LiveSortField = _named(
    words.LiveSortField,
    "What a list of lives is sorted by. No provider sorts them yet.",
    VIEWS="Views.",
    PEAK_VIEWERS="Most viewers at one moment.",
    PRODUCTS="Products shown.",
    UNITS="Units sold.",
    GMV="GMV.",
    STARTED_AT="When it began.",
)
SearchType = _named(
    words.SearchType,
    "What a search finds.",
    PRODUCT="Products, by their titles.",
    SELLER="Shops, by their names.",
    INFLUENCER="Influencers, by names and handles.",
    VIDEO="Videos.",
    LIVE="Lives.",
)
SearchProductSort = _named(
    words.SearchProductSort,
    "What found products are sorted by, largest first.",
    RELEVANCE="How well the words fit.",
    AVERAGE_PRICE="Mean SKU price.",
    UNITS_7D="Units sold in the last 7 days.",
    GMV_7D="GMV of the last 7 days.",
    UNITS="Units sold ever.",
    GMV="GMV ever.",
    INFLUENCERS="Influencers who sell it.",
    VIDEOS="Videos that show it.",
)
