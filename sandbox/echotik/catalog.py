"""The product list: a region's products by columns, filtered and ordered."""

from collections.abc import Callable, Iterator

from sandbox.echotik.columns import Cell, Columns, Test
from sandbox.echotik.envelope import V2, page_of, rows_reply
from sandbox.echotik.order import listed
from sandbox.echotik.product import (
    HOT,
    Shape,
    added,
    category_ids,
    from_flag,
    gmv_added,
    product_row,
    sales_flag,
    sales_trend_flag,
    yyyymmdd,
)
from sandbox.reply import Reply
from sandbox.route import Question
from sandbox.world import World
from sandbox.world.product import Product

ORDERS = {
    1: "total_sale_cnt",
    2: "total_sale_gmv_amt",
    3: "spu_avg_price",
    4: "total_sale_7d_cnt",
    5: "total_sale_30d_cnt",
    6: "total_sale_gmv_7d_amt",
    7: "total_sale_gmv_30d_amt",
}
RANGES = (
    "total_sale_cnt",
    "total_sale_30d_cnt",
    "spu_avg_price",
    "product_commission_rate",
    "total_ifl_cnt",
    "total_video_cnt",
    "total_views_cnt",
    "product_rating",
    "review_count",
    "total_sale_gmv_amt",
    "total_sale_gmv_30d_amt",
    "first_crawl_dt",
)
FLAGS = ("sales_trend_flag", "is_s_shop", "free_shipping", "sales_flag")
V3_FLAGS = ("is_hot", "from_flag", "shop_type")
CATEGORIES = ("category_id", "category_l2_id", "category_l3_id")
COLUMNS: dict[str, Callable[[World, Product], Cell]] = {
    "total_sale_cnt": lambda _, product: product.units(),
    "total_sale_7d_cnt": lambda _, product: added(product, Product.units, 7),
    "total_sale_30d_cnt": lambda _, product: added(product, Product.units, 30),
    "total_sale_gmv_amt": lambda _, product: product.gmv() / 100,
    "total_sale_gmv_7d_amt": lambda _, product: gmv_added(product, Product.units, 7) / 100,
    "total_sale_gmv_30d_amt": lambda _, product: gmv_added(product, Product.units, 30) / 100,
    "spu_avg_price": lambda _, product: product.price / 100,
    "product_commission_rate": lambda _, product: product.commission / 1000,
    "total_ifl_cnt": lambda _, product: product.reach,
    "total_video_cnt": lambda _, product: product.videos,
    "total_views_cnt": lambda world, product: world.views_of_product(product),
    "product_rating": lambda _, product: product.rating_tenths / 10,
    "review_count": lambda _, product: product.reviewed(),
    "first_crawl_dt": lambda world, product: yyyymmdd(world.date_of(product.age)),
    "sales_trend_flag": lambda _, product: sales_trend_flag(product),
    "is_s_shop": lambda world, product: int(world.seller_of_product(product).managed),
    "free_shipping": lambda _, product: int(product.free_shipping),
    "sales_flag": lambda _, product: sales_flag(product),
    "is_hot": lambda _, product: int(product.place < HOT),
    "from_flag": from_flag,
    "shop_type": lambda world, product: int(world.seller_of_product(product).brand),
    "off_mark": lambda _, product: product.off_mark,
    "category_id": lambda _, product: category_ids(product)[0],
    "category_l2_id": lambda _, product: category_ids(product)[1],
    "category_l3_id": lambda _, product: category_ids(product)[2],
    "words": lambda world, product: world.title_of(product).casefold(),
}


def product_list(question: Question) -> Reply:
    found = products_found(question)
    shape: Shape = "v2" if question.version == V2 else "v3 list"
    rows = (product_row(question, product.id, shape) for product in page_of(question, found))
    return rows_reply(question, (row for row in rows if row))


def products_found(question: Question) -> list[Product]:
    """All rows of the list that is asked, on all its pages."""
    return listed(question, "product/list", lambda: _found(question))


def best_sellers(world: World, region: str) -> list[Product]:
    """The list sorted by lifetime units, most first."""
    return world.best_sellers_in(region)


def _found(question: Question) -> list[Product]:
    """All rows of a list: filtered, in order."""
    catalog = _catalog(question)
    products = catalog.found(_tests(question, catalog))
    order = ORDERS.get(question.arguments.integer("product_sort_field"))
    if not order:
        return sorted(products, key=lambda product: not product.established)
    return catalog.ordered(products, order, question.arguments)


def _catalog(question: Question) -> Columns[Product]:
    region, world = question.arguments.text("region"), question.world
    return question.lists.get(
        ("catalog", region, world.today), lambda: Columns(world, world.products_in(region), COLUMNS)
    )


def _tests(question: Question, catalog: Columns[Product]) -> Iterator[Test]:
    arguments = question.arguments
    yield from catalog.tests(arguments, (*FLAGS, *V3_FLAGS, *CATEGORIES), RANGES)
    if arguments.get("off_mark") is not None:
        yield _marked(catalog.column("off_mark"), arguments.integer("off_mark"))
    if arguments.get("keyword"):
        yield _worded(catalog.column("words"), arguments.text("keyword").casefold().split())


def _marked(cells: dict[int, Cell], mark: int) -> Test:
    """0 leaves out what is delisted; another mark wants exactly that one."""
    return lambda index: float(cells[index]) < 2 if mark == 0 else cells[index] == mark


def _worded(cells: dict[int, Cell], words: list[str]) -> Test:
    """Each word asked is part of some word of the title."""
    return lambda index: all(word in str(cells[index]) for word in words)
