"""Product rows: the facts of a product in the columns of v2, of v3's detail and of v3's list; and its trend."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Literal, Protocol

from sandbox.echotik.envelope import rows_reply
from sandbox.echotik.examples import EXAMPLES
from sandbox.echotik.page import RAW_CONTROL, bounds, dollars, page_v2, page_v3, specification
from sandbox.echotik.quirk import choice, has
from sandbox.echotik.trend import trend_days, trend_reply
from sandbox.reply import Reply, dump
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import YESTERDAY, Product

Shape = Literal["v2", "v3 core", "v3 detail", "v3 list"]
WINDOWS = (1, 7, 15, 30, 60, 90)
TREND = 15  # per cent that a week has to differ from the one before, to be up or down
HOT = 6  # places of a circle that are best sellers


class Selling(Protocol):
    """A product, or a seller's shop."""

    def units(self, day: int = ...) -> int: ...


def detail(question: Question) -> Reply:
    """Known products among those asked, in another order."""
    rows = {}
    for product_id in question.arguments.items("product_ids"):
        row = product_row(question, product_id, "v2" if question.version == "v2" else "v3 detail")
        if row:
            rows[product_id] = row
    return rows_reply(question, shuffled(rows))


def trend(question: Question) -> Reply:
    """One row a day; the documents' own product has the documents' rows."""
    arguments, world = question.arguments, question.world
    product_id = arguments.text("product_id")
    product = world.product(product_id)
    if not product:
        trend_days(question)
        printed = EXAMPLES.trend(product_id, arguments.day("start_date"), arguments.day("end_date"))
        return rows_reply(question, map(dump, printed))
    return trend_reply(question, product, product.age, partial(_trend_row, world, product))


def product_row(question: Question, product_id: str, shape: Shape) -> bytes | None:
    """A product's row as JSON; None for an id that is unknown."""
    world = question.world
    product = world.product(product_id)
    if product:
        return question.rows.get((shape, product.index, world.today), lambda: made_row(world, product, shape))
    example = EXAMPLES.product(product_id, question.version)
    return dump(example) if example else None


def made_row(world: World, product: Product, shape: Shape) -> bytes:
    row = dump(dict(sorted(SHAPES[shape](world, product).items())))
    return row.replace(RAW_CONTROL.encode(), b"\n")


def category_ids(product: Product) -> tuple[str, str, str]:
    """Level 1 to 3 as the rows tell them; "0" is none."""
    first, second, third = (category.id for category in product.categories)
    return (first, "0", "0") if has("uncategorised", product.id) else (first, second, third)


def sales_flag(product: Product) -> int:
    """1 sold mostly by video, 2 mostly by live, 0 neither or not known."""
    if not product.channel_units() or has("no channel", product.id):
        return 0
    return 1 if product.video_units() >= product.live_units() else 2


def sales_trend_flag(sold: Selling) -> int:
    """The last seven days against the seven before: 0 stable, 1 up, 2 down."""
    now = sold.units() - sold.units(8)
    before = sold.units(8) - sold.units(15)
    if now * 100 > before * (100 + TREND):
        return 1
    return 2 if now * 100 < before * (100 - TREND) else 0


def from_flag(world: World, product: Product) -> int:
    """1 local, 2 cross-border."""
    return 2 if world.seller_of_product(product).cross_border else 1


def commission_rate(product: Product, *, percent: bool = False) -> float | int:
    """0.1 is 10 %; a few v3 rows say 10."""
    return product.commission / 10 if percent else product.commission / 1000


def yyyymmdd(day: date) -> int:
    return int(day.strftime("%Y%m%d"))


def shuffled(rows: dict[str, bytes]) -> list[bytes]:
    """A fixed order for a set of ids that is not the order they were asked in."""
    asked = list(rows)
    other = sorted(asked, key=lambda row_id: choice("order", row_id, 1 << 30))
    return [rows[row_id] for row_id in (reversed(other) if other == asked else other)]


def _v2(world: World, product: Product) -> dict[str, Any]:
    return {
        **_facts(world, product),
        **_windows(world, product),
        **page_v2(product, world.listing_of(product)),
        "first_crawl_dt": str(yyyymmdd(world.date_of(product.age))),
    }


def _v3_core(world: World, product: Product) -> dict[str, Any]:
    """What a shop's own list tells, which is less than the detail."""
    percent = has("percent commission", product.id)
    return {
        **_facts(world, product),
        **_windows(world, product),
        **page_v3(product, world.listing_of(product)),
        "first_crawl_dt": yyyymmdd(world.date_of(product.age)),
        "product_commission_rate": commission_rate(product, percent=percent),
    }


def _v3_detail(world: World, product: Product) -> dict[str, Any]:
    return {
        **_v3_core(world, product),
        **_video_sales(product),
        "specification": specification(product, world.listing_of(product)),
        "total_live_sale_cnt": product.live_units(),
        "total_live_sale_gmv_amt": dollars(product.gmv(measure=Product.live_units)),
    }


def _v3_list(world: World, product: Product) -> dict[str, Any]:
    seller, listing = world.seller_of_product(product), world.listing_of(product)
    seen = 1 if product.off_mark < 2 else 1 + choice("last seen", product.id, 30)
    return {
        **_v3_detail(world, product),
        "is_hot": int(product.place < HOT),
        "from_flag": from_flag(world, product),
        "shop_type": int(seller.brand),
        "shipping_price": product.market.money(listing.shipping),
        "last_crawl_dt": yyyymmdd(world.date_of(seen)),
    }


SHAPES: dict[Shape, Callable[[World, Product], dict[str, Any]]] = {
    "v2": _v2,
    "v3 core": _v3_core,
    "v3 detail": _v3_detail,
    "v3 list": _v3_list,
}


def _facts(world: World, product: Product) -> dict[str, Any]:
    """What both versions tell under the same names, but for windows."""
    listing, seller = world.listing_of(product), world.seller_of_product(product)
    first, second, third = category_ids(product)
    low, high = bounds(listing)
    return {
        "product_id": product.id,
        "product_name": listing.title,
        "region": product.region,
        "seller_id": seller.id,
        "category_id": first,
        "category_l2_id": second,
        "category_l3_id": third,
        "spu_avg_price": dollars(product.price),
        "min_price": dollars(low),
        "max_price": dollars(high),
        "product_commission_rate": commission_rate(product),
        "product_rating": whole(product.rating_tenths, 10),
        "review_count": product.reviewed(),
        "free_shipping": int(product.free_shipping),
        "is_s_shop": int(seller.managed),
        "off_mark": product.off_mark,
        "sales_flag": sales_flag(product),
        "sales_trend_flag": sales_trend_flag(product),
        "total_ifl_cnt": product.reach,
    }


def _windows(world: World, product: Product) -> dict[str, Any]:
    """Lifetime figures, and what the last 1, 7, 15, 30, 60 and 90 days added."""
    videos = sorted(video.day for video in world.videos_of_product(product))
    lives = sorted(live.day for live in world.lives_of_product(product))
    views = world.views_of_product(product)
    row = {
        "total_sale_cnt": product.units(),
        "total_sale_gmv_amt": dollars(product.gmv()),
        "total_video_cnt": len(videos),
        "total_live_cnt": len(lives),
        "total_views_cnt": views,
    }
    for days in WINDOWS:
        by_video, by_live = _gained(world, product, days)
        row |= {
            f"total_sale_{days}d_cnt": added(product, Product.units, days),
            f"total_sale_gmv_{days}d_amt": dollars(gmv_added(product, Product.units, days)),
            f"total_live_sale_{days}d_cnt": added(product, Product.live_units, days),
            f"total_live_sale_gmv_{days}d_amt": dollars(gmv_added(product, Product.live_units, days)),
            f"total_video_{days}d_cnt": bisect_right(videos, days),
            f"total_live_{days}d_cnt": bisect_right(lives, days),
            f"total_views_{days}d_cnt": views - world.views_of_product(product, days + 1),
            f"total_ifl_video_{days}d_cnt": by_video,
            f"total_ifl_live_{days}d_cnt": by_live,
        }
    return row


def _video_sales(product: Product) -> dict[str, Any]:
    row = {
        "total_video_sale_cnt": product.video_units(),
        "total_video_sale_gmv_amt": dollars(product.gmv(measure=Product.video_units)),
    }
    for days in WINDOWS:
        row[f"total_video_sale_{days}d_cnt"] = added(product, Product.video_units, days)
        row[f"total_video_sale_gmv_{days}d_amt"] = dollars(gmv_added(product, Product.video_units, days))
    return row


def added(product: Product, measure: Callable[[Product, int], int], days: int) -> int:
    """What the last so many full days added to a running measure."""
    return measure(product, YESTERDAY) - measure(product, days + 1)


def gmv_added(product: Product, measure: Callable[[Product, int], int], days: int) -> int:
    """The same in cents."""
    return product.gmv(measure=measure) - product.gmv(days + 1, measure)


def whole(number: int, parts: int) -> float | int:
    """A quotient, without a point where it is whole."""
    return number // parts if number % parts == 0 else number / parts


def _gained(world: World, product: Product, days: int) -> tuple[int, int]:
    """Influencers who began in the last so many days: those who have made videos of it, and lives."""
    joined = product.joined(days)
    sales = world.sales_of(product)
    newest = world.influencers_of_product(product)[-joined:] if joined else []
    return sum(user.index in sales.videos_by for user in newest), sum(user.index in sales.lives_by for user in newest)


def _trend_row(world: World, product: Product, day: int) -> dict[str, Any]:
    return {
        "dt": world.date_of(day).isoformat(),
        "product_id": product.id,
        "spu_avg_price": dollars(product.price_on(day)),
        "total_sale_cnt": product.units(day),
        "total_sale_1d_cnt": product.units(day) - product.units(day + 1),
        "total_sale_gmv_amt": dollars(product.gmv(day)),
        "total_sale_gmv_1d_amt": dollars(product.gmv(day) - product.gmv(day + 1)),
        "total_ifl_cnt": product.influencers(day),
        "total_video_cnt": sum(video.day >= day for video in world.videos_of_product(product)),
        "total_live_cnt": sum(live.day >= day for live in world.lives_of_product(product)),
    }
