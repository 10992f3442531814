"""Every route of KeyAPI that is emulated, with the parameters of its own documents."""

from hmac import compare_digest

from sandbox.echotik.category import categories
from sandbox.echotik.cover import signed_covers
from sandbox.echotik.influencer import influencers_of_product
from sandbox.echotik.influencer_catalog import influencer_list, influencer_ranking
from sandbox.echotik.influencer_lists import lives_of_influencer, products_of_influencer, videos_of_influencer
from sandbox.echotik.influencer_row import influencer_detail, influencer_trend
from sandbox.echotik.live import lives_of_product
from sandbox.echotik.product import detail, trend
from sandbox.echotik.ranking import product_ranking
from sandbox.echotik.realtime import product_comments, product_id, product_v3
from sandbox.echotik.review import reviews_of_product
from sandbox.echotik.routes import (
    DAYS,
    INFLUENCER_SORT,
    LANGUAGE,
    LEVELS,
    MADE_BY_AI,
    MOST_PAGES,
    ORIGIN,
    PARENT,
    PRODUCT,
    PRODUCT_CATEGORY,
    PRODUCT_FILTERS,
    PRODUCT_RANK,
    RANK,
    ROOM,
    SELLER,
    SELLER_FLAGS,
    SELLER_RANK,
    TIMES,
    USER,
    VIDEO,
    VIDEO_SORT,
    batch,
    code,
    paging,
    ranges,
    sort,
    text,
)
from sandbox.echotik.search import search_items
from sandbox.echotik.seller import seller_list, seller_ranking, seller_trend
from sandbox.echotik.seller_lists import influencers_of_seller, lives_of_seller, products_of_seller, videos_of_seller
from sandbox.echotik.tiktok import captions, comments, download, influencer_now, live_now, video_now
from sandbox.echotik.video import videos_of_product
from sandbox.echotik.video_catalog import video_list, video_ranking
from sandbox.echotik.video_row import products_of_videos, video_detail, video_trend
from sandbox.keyapi.credit import Credits
from sandbox.keyapi.envelope import FAILURES, INVALID, MISSING, Answer, failure_body, live, twin
from sandbox.keyapi.influencer import videos_now
from sandbox.keyapi.product import product_in_app, product_list
from sandbox.keyapi.shop import products_now, shop_detail
from sandbox.parameter import Parameter
from sandbox.provider import Account, Provider
from sandbox.route import Asked, Route, Setting
from sandbox.world.market import REGIONS

V1 = "v1"
PREFIX = "/keyapi/v1/tiktok/"
REALTIME = 2  # credits
PAGING = paging(defaults=False)
REGION = Parameter(name="region", required=True, choices=REGIONS)
HANDLE = text("unique_id", required=True)
CURSOR = Parameter(name="offset", kind="integer", least=0)
CREATOR_FILTERS = (
    PRODUCT_CATEGORY,
    text("influencer_category_name"),
    text("seller_id"),
    *ranges("total_followers_cnt", "total_digg_cnt", "interaction_rate", "total_views_cnt", "total_views_7d_cnt"),
    *ranges("per_video_product_views_avg_cnt"),
    text("gender"),
    text("influencer_language"),
    code("show_case_flag", 1),
    code("sales_flag", 4),
    *sort("influencer_sort_field_v2", 6),
)
VIDEO_FILTERS = (
    code("sales_flag", 1),
    MADE_BY_AI,
    code("is_ad", 1),
    PRODUCT_CATEGORY,
    text("product_id"),
    *TIMES,
    *ranges("duration", "total_views_cnt"),
    *sort("video_sort_field", 3),
)


def analytics(path: str, answer: Answer, *parameters: Parameter) -> Route:
    """Yesterday's figures, from EchoTik."""
    return Route(V1, f"{path}/analytics", PREFIX, parameters, answer)


def realtime(path: str, answer: Answer, *parameters: Parameter) -> Route:
    """A live read."""
    return Route(V1, path, PREFIX, parameters, answer, cost=REALTIME)


def unpublished(path: str, answer: Answer, *parameters: Parameter, cost: int = REALTIME) -> Route:
    """A live read that is documented under a page of which only the address is known."""
    return Route(V1, path, PREFIX, parameters, live(answer), cost=cost, published=False)


PRODUCT_ROUTES = (
    analytics("product/list", product_list, REGION, *PAGING, *PRODUCT_FILTERS),
    analytics("product/detail", twin(detail), batch("product_ids")),
    analytics("product/trends", twin(trend), PRODUCT, *DAYS, *PAGING),
    analytics("product/reviews", twin(reviews_of_product), PRODUCT, *PAGING),
    analytics("product/creators", twin(influencers_of_product), PRODUCT, *INFLUENCER_SORT, *PAGING),
    analytics("product/videos", twin(videos_of_product), PRODUCT, *TIMES, *VIDEO_SORT, *PAGING),
    analytics(
        "product/livestreams", twin(lives_of_product), PRODUCT, *TIMES, *sort("product_live_sort_field", 5), *PAGING
    ),
    analytics("product/ranking", twin(product_ranking), REGION, *RANK, PRODUCT_RANK, *LEVELS, *PAGING),
)
SHOP_ROUTES = (
    analytics("shop/list", twin(seller_list), REGION, *PAGING, *LEVELS, *SELLER_FLAGS, *sort("seller_sort_field", 3)),
    analytics("shop/detail", shop_detail, SELLER),
    analytics("shop/trends", twin(seller_trend), SELLER, *DAYS, *PAGING),
    analytics("shop/products", twin(products_of_seller), SELLER, *sort("seller_product_sort_field", 5), *PAGING),
    analytics("shop/creators", twin(influencers_of_seller), SELLER, *sort("seller_influencer_sort_field", 3), *PAGING),
    analytics("shop/videos", twin(videos_of_seller), SELLER, *sort("seller_video_sort_field", 3), *PAGING),
    analytics("shop/livestreams", twin(lives_of_seller), SELLER, *sort("seller_live_sort_field", 3), *PAGING),
    analytics("shop/ranking", twin(seller_ranking), REGION, *RANK, SELLER_RANK, *LEVELS, ORIGIN, *PAGING),
)
INFLUENCER_ROUTES = (
    analytics("influencer/list", twin(influencer_list), REGION, *PAGING, *CREATOR_FILTERS),
    analytics(
        "influencer/detail",
        twin(influencer_detail),
        batch("user_ids", required=False),
        batch("unique_ids", required=False),
    ),
    analytics("influencer/trends", twin(influencer_trend), USER, *DAYS, *PAGING),
    analytics(
        "influencer/products",
        twin(products_of_influencer),
        USER,
        text("category_id"),
        *sort("influencer_product_sort_field", 5),
        *PAGING,
    ),
    analytics(
        "influencer/videos",
        twin(videos_of_influencer),
        text("user_id"),
        text("unique_id"),
        *sort("influencer_video_sort_field", 4),
        *PAGING,
    ),
    analytics("influencer/livestreams", twin(lives_of_influencer), USER, *PAGING),
    analytics(
        "influencer/ranking",
        twin(influencer_ranking),
        REGION,
        *RANK,
        code("influencer_rank_field", 2, least=1, required=True),
        text("influencer_category_name"),
        PRODUCT_CATEGORY,
        *PAGING,
    ),
)
VIDEO_ROUTES = (
    analytics("video/list", twin(video_list), REGION, *PAGING, *VIDEO_FILTERS),
    analytics("video/detail", twin(video_detail), batch("video_ids")),
    analytics("video/trends", twin(video_trend), VIDEO, *DAYS, *PAGING),
    analytics(
        "video/products", twin(products_of_videos), Parameter(name="video_ids", kind="list", required=True), *PAGING
    ),
    analytics(
        "video/ranking",
        twin(video_ranking),
        REGION,
        *RANK,
        code("video_rank_field", 2, least=1, required=True),
        PRODUCT_CATEGORY,
        MADE_BY_AI,
        *PAGING,
    ),
)
OTHER_ROUTES = (
    analytics("category/primary", twin(categories(1)), LANGUAGE),
    analytics("category/secondary", twin(categories(2)), LANGUAGE, PARENT),
    analytics("category/tertiary", twin(categories(3)), LANGUAGE, PARENT),
    analytics(
        "search",
        twin(search_items),
        text("sk", required=True),
        code("type", 5, least=1, required=True),
        Parameter(name="region", choices=REGIONS),
        code("size", 30, least=1, required=True),
        code("searchType", 1),
    ),
)
LIVE_ROUTES = (
    realtime("realtime/product/detail_new_app", product_in_app, PRODUCT, REGION),
    realtime("influencer/detail", live(influencer_now), HANDLE),
    realtime("influencer/videos", live(videos_now), HANDLE, code("offset", 1 << 60, required=True)),
    realtime("shop/products", products_now, SELLER, REGION, CURSOR),
)
UNPUBLISHED_ROUTES = (
    unpublished("product/detail", product_v3, PRODUCT, REGION),
    unpublished("product/reviews", product_comments, PRODUCT, REGION, code("offset", MOST_PAGES, required=True)),
    unpublished("product/id", product_id, text("share_url", required=True)),
    unpublished("video/detail", video_now, VIDEO),
    unpublished("video/captions", captions, VIDEO),
    unpublished("video/comments", comments, VIDEO, CURSOR, code("count", 50, least=1)),
    unpublished("video/download-url", download, text("url", required=True)),
    unpublished("live/detail", live_now, ROOM, USER),
    unpublished("covers/batch-download", signed_covers, batch("cover_urls"), cost=0),
)


def authorized(asked: Asked, account: Account) -> bool:
    """A key, as a bearer's."""
    scheme, _, key = asked.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(key.strip().encode(), account.api_key.encode())


def served(route: Route, setting: Setting) -> bool:
    return route.published or setting.keyapi_unpublished


KEYAPI = Provider(
    name="keyapi",
    base="/keyapi/",
    routes=(
        *PRODUCT_ROUTES,
        *SHOP_ROUTES,
        *INFLUENCER_ROUTES,
        *VIDEO_ROUTES,
        *OTHER_ROUTES,
        *LIVE_ROUTES,
        *UNPUBLISHED_ROUTES,
    ),
    authorized=authorized,
    failures=FAILURES,
    body=failure_body,
    missing=MISSING,
    invalid=INVALID,
    served=served,
    meter=Credits,
)
