"""The words of the graph: enums that records, endpoints and the schema share."""

from __future__ import annotations

from enum import Enum, IntEnum


class Region(Enum):
    """A market, by its ISO 3166 code."""

    US = "US"
    GB = "GB"
    ID = "ID"
    TH = "TH"
    PH = "PH"
    MY = "MY"
    VN = "VN"
    SG = "SG"
    MX = "MX"
    BR = "BR"
    SA = "SA"
    ES = "ES"
    DE = "DE"
    FR = "FR"
    IT = "IT"
    IE = "IE"
    JP = "JP"


class Window(Enum):
    """The last N full days, or all time."""

    ALL_TIME = "ALL_TIME"
    LAST_1_DAY = "LAST_1_DAY"
    LAST_7_DAYS = "LAST_7_DAYS"
    LAST_15_DAYS = "LAST_15_DAYS"
    LAST_30_DAYS = "LAST_30_DAYS"
    LAST_60_DAYS = "LAST_60_DAYS"
    LAST_90_DAYS = "LAST_90_DAYS"


class SalesChannel(Enum):
    VIDEO = "VIDEO"
    LIVE = "LIVE"


class SalesTrend(Enum):
    STABLE = "STABLE"
    UP = "UP"
    DOWN = "DOWN"


class SellerOrigin(Enum):
    LOCAL = "LOCAL"
    CROSS_BORDER = "CROSS_BORDER"


class SellingMode(Enum):
    """How an account sells."""

    NONE = "NONE"
    VIDEO = "VIDEO"
    LIVE = "LIVE"
    VIDEO_AND_LIVE = "VIDEO_AND_LIVE"
    SHOWCASE = "SHOWCASE"


class CategoryLanguage(Enum):
    """A language of category names, by its BCP 47 tag."""

    EN_US = "en-US"
    TH_TH = "th-TH"
    ID_ID = "id-ID"
    ZH_CN = "zh-CN"
    MS_MY = "ms-MY"
    VI_VN = "vi-VN"


class CategoryLevel(IntEnum):
    L1 = 1
    L2 = 2
    L3 = 3


class RankPeriod(Enum):
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class SortDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


class CircuitState(Enum):
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class ProductSortField(Enum):
    UNITS = "UNITS"
    GMV = "GMV"
    AVERAGE_PRICE = "AVERAGE_PRICE"
    UNITS_7D = "UNITS_7D"
    UNITS_30D = "UNITS_30D"
    GMV_7D = "GMV_7D"
    GMV_30D = "GMV_30D"


class ProductInfluencerSortField(Enum):
    FOLLOWERS = "FOLLOWERS"
    LIKES = "LIKES"
    UNITS = "UNITS"
    GMV = "GMV"
    VIDEOS = "VIDEOS"
    VIEWS = "VIEWS"
    LIVE_VIEWS = "LIVE_VIEWS"


class ProductVideoSortField(Enum):
    VIEWS = "VIEWS"
    LIKES = "LIKES"
    SHARES = "SHARES"
    UNITS = "UNITS"
    GMV = "GMV"
    POSTED_AT = "POSTED_AT"


class ProductLiveSortField(Enum):
    PEAK_VIEWERS = "PEAK_VIEWERS"
    PRODUCTS = "PRODUCTS"
    UNITS = "UNITS"
    GMV = "GMV"
    VIEWS = "VIEWS"


class ProductRankBy(Enum):
    UNITS = "UNITS"
    INFLUENCERS = "INFLUENCERS"


class Rank(IntEnum):
    """The class of an endpoint's rows, best first: a detail row beats a list row where both tell a fact."""

    DETAIL = 0
    LIST = 1
    RELATION = 2
    RANKING = 3


class SellerSortField(Enum):
    UNITS = "UNITS"
    GMV = "GMV"
    AVERAGE_PRICE = "AVERAGE_PRICE"


class SellerProductSortField(Enum):
    UNITS = "UNITS"
    GMV = "GMV"
    AVERAGE_PRICE = "AVERAGE_PRICE"
    UNITS_7D = "UNITS_7D"
    GMV_7D = "GMV_7D"


class SellerInfluencerSortField(Enum):
    FOLLOWERS = "FOLLOWERS"
    UNITS = "UNITS"
    GMV = "GMV"


class SellerVideoSortField(Enum):
    VIEWS = "VIEWS"
    UNITS = "UNITS"
    GMV = "GMV"


class SellerLiveSortField(Enum):
    VIEWS = "VIEWS"
    UNITS = "UNITS"
    GMV = "GMV"


class InfluencerSortField(Enum):
    FOLLOWERS = "FOLLOWERS"
    NEW_FOLLOWERS_30D = "NEW_FOLLOWERS_30D"
    VIDEOS = "VIDEOS"
    AVERAGE_VIEWS = "AVERAGE_VIEWS"
    INTERACTION_RATE = "INTERACTION_RATE"
    PRODUCTS = "PRODUCTS"


class InfluencerProductSortField(Enum):
    UNITS = "UNITS"
    GMV = "GMV"
    AVERAGE_PRICE = "AVERAGE_PRICE"
    VIDEO_UNITS = "VIDEO_UNITS"
    VIDEO_GMV = "VIDEO_GMV"


class InfluencerVideoSortField(Enum):
    VIEWS = "VIEWS"
    UNITS = "UNITS"
    GMV = "GMV"
    POSTED_AT = "POSTED_AT"


class VideoSortField(Enum):
    LIKES = "LIKES"
    POSTED_AT = "POSTED_AT"
    VIEWS = "VIEWS"


class LiveSortField(Enum):
    VIEWS = "VIEWS"
    PEAK_VIEWERS = "PEAK_VIEWERS"
    PRODUCTS = "PRODUCTS"
    UNITS = "UNITS"
    GMV = "GMV"
    STARTED_AT = "STARTED_AT"


class SearchType(Enum):
    PRODUCT = "PRODUCT"
    SELLER = "SELLER"
    INFLUENCER = "INFLUENCER"
    VIDEO = "VIDEO"
    LIVE = "LIVE"


class SearchProductSort(Enum):
    RELEVANCE = "RELEVANCE"
    AVERAGE_PRICE = "AVERAGE_PRICE"
    UNITS_7D = "UNITS_7D"
    GMV_7D = "GMV_7D"
    UNITS = "UNITS"
    GMV = "GMV"
    INFLUENCERS = "INFLUENCERS"
    VIDEOS = "VIDEOS"


class SellerRankBy(Enum):
    UNITS = "UNITS"
    INFLUENCERS = "INFLUENCERS"


class InfluencerRankBy(Enum):
    FOLLOWERS = "FOLLOWERS"
    SALES = "SALES"


class VideoRankBy(Enum):
    VIEWS = "VIEWS"
    SALES = "SALES"
