"""Every relation leads back: the world from both ends, the wire from the product's."""

import pytest

from sandbox import SandboxServer
from sandbox.world import World, shared_world
from sandbox.world.product import Product

INFLUENCER_ORDERS = {
    1: "total_followers_cnt",
    2: "total_digg_cnt",
    3: "per_product_ifl_sale_cnt",
    4: "per_product_ifl_gmv_amt",
    5: "total_post_video_cnt",
    6: "total_views_cnt",
    7: "total_live_views_cnt",
}
VIDEO_ORDERS = {
    1: "total_views_cnt",
    2: "total_digg_cnt",
    3: "total_shares_cnt",
    4: "total_video_sale_cnt",
    5: "total_video_sale_gmv_amt",
    6: "create_time",
}
LIVE_ORDERS = {
    1: "max_views_cnt",
    2: "total_product_cnt",
    3: "total_sale_cnt",
    4: "total_sale_gmv_amt",
    5: "total_views_cnt",
}
ORDERS = [
    *(("product/influencer/list", "product_influencer_sort_field", *item) for item in INFLUENCER_ORDERS.items()),
    *(("product/video/list", "product_video_sort_field", *item) for item in VIDEO_ORDERS.items()),
    *(("product/live/list", "product_live_sort_field", *item) for item in LIVE_ORDERS.items()),
]


@pytest.fixture(scope="module")
def world() -> World:
    return shared_world("shopgraph")


@pytest.fixture(scope="module")
def products(world: World) -> list[Product]:
    """Some of every kind: best sellers, middling ones, ones that lack something, new ones."""
    circle = world.products_of_circle(3)
    return [*circle, *world.products_in("ID")[::97]]


def test_ids_lead_back_to_what_they_are_of(world: World, products: list[Product]):
    for product in products:
        assert world.product(product.id) == product
        assert world.seller(world.seller_of_product(product).id) == world.seller_of_product(product)
        for user in world.influencers_of_product(product)[:9]:
            assert 7 <= len(user.id) <= 19
            assert world.influencer(user.id) == user == world.influencer_by_handle(f"@{user.handle.upper()}")
        for video in world.videos_of_product(product)[:9]:
            assert world.video(video.id) is video
        for live in world.lives_of_product(product)[:9]:
            assert world.live(live.id) is live


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1729", "1729000000000000000", "7" * 19, "1234567", "²" * 19, "x" * 19]
)
def test_other_texts_lead_nowhere(text: str, world: World):
    found = (world.product(text), world.seller(text), world.influencer(text), world.video(text), world.live(text))

    assert found == (None, None, None, None, None)


def test_products_and_influencers(world: World, products: list[Product]):
    for product in products:
        users = world.influencers_of_product(product)
        assert len({user.id for user in users}) == len(users) == product.reach
        assert all(product in world.products_of_influencer(user) for user in users)
    for place in range(64):
        user = world.influencer_at(3 * 64 + place)
        assert all(user in world.influencers_of_product(product) for product in world.products_of_influencer(user))


def test_products_videos_and_authors(world: World, products: list[Product]):
    for product in products:
        videos = world.videos_of_product(product)
        assert len({video.id for video in videos}) == len(videos) == product.videos
        for video in videos:
            author = world.author_of_video(video)
            assert product in world.products_of_video(video)
            assert video in world.videos_of_influencer(author)
            assert all(author in world.influencers_of_product(shown) for shown in world.products_of_video(video))
            assert 1 <= video.day <= product.age


def test_products_lives_and_hosts(world: World, products: list[Product]):
    for product in products:
        lives = world.lives_of_product(product)
        assert len({live.id for live in lives}) == len(lives) == product.lives
        for live in lives:
            host = world.host_of_live(live)
            assert product in world.products_of_live(live)
            assert live in world.lives_of_influencer(host)
            assert all(world.sells(host, shown) for shown in world.products_of_live(live))


def test_videos_of_an_influencer_lead_back_to_products(world: World):
    for place in range(0, 64, 5):
        user = world.influencer_at(3 * 64 + place)
        for video in world.videos_of_influencer(user):
            assert world.author_of_video(video) == user
            assert all(video in world.videos_of_product(product) for product in world.products_of_video(video))
        for live in world.lives_of_influencer(user):
            assert all(live in world.lives_of_product(product) for product in world.products_of_live(live))


def test_some_videos_show_several_products_and_some_none(world: World):
    counts = {len(video.products) for number in range(20) for video in world.shelf_at(number).videos}

    assert {0, 1, 2, 3} <= counts


def test_products_sellers_and_their_accounts(world: World, products: list[Product]):
    for product in products:
        seller = world.seller_of_product(product)
        account = world.account_of_seller(seller)
        assert product in world.products_of_seller(seller)
        assert world.seller_of_account(account) == seller
        assert world.influencer(account.id) == account
        assert (account in world.influencers_of_product(product)) == (seller.sells_itself and product.reach > 0)


def test_sellers_influencers_videos_and_lives(world: World):
    for number in range(10):
        seller = world.seller_at(30 + number)
        sold = world.products_of_seller(seller)
        assert all(world.seller_of_product(product) == seller for product in sold)
        for user in world.influencers_of_seller(seller):
            assert seller in world.sellers_of_influencer(user)
        shown = {product.index for product in sold}
        assert all(shown & set(video.products) for video in world.videos_of_seller(seller))
        assert all(shown & set(live.products) for live in world.lives_of_seller(seller))
    assert sum(len(world.products_of_seller(world.seller_at(30 + number))) for number in range(10)) == 60


def test_what_influencers_sold_is_part_of_what_was_sold(world: World, products: list[Product]):
    for product in products:
        sales = world.sales_of(product)
        users = world.influencers_of_product(product)
        assert sum(sale.units for sale in sales.by_video.values()) <= product.video_units()
        assert sum(sale.units for sale in sales.by_live.values()) <= product.live_units()
        assert sum(sales.influencer(user.index).units for user in users) <= product.channel_units()
        assert sum(sales.influencer(user.index).gmv for user in users) <= product.gmv()


def test_a_video_sells_what_its_products_sold_through_it(world: World, products: list[Product]):
    for video in world.videos_of_product(products[0]):
        parts = [world.sales_of(product).by_video[video.index] for product in world.products_of_video(video)]
        assert world.sale_of_video(video).units == sum(part.units for part in parts)


@pytest.mark.parametrize(("path", "param", "field", "column"), ORDERS)
def test_lists_of_a_product_are_whole_and_sorted(path, param, field, column, rows, sandbox: SandboxServer):
    product = sandbox.world.product(sandbox.product_ids()[1])
    assert product
    for sort_type, sign in ((0, 1), (1, -1)):
        found = rows(f"v3/{path}", pages=12, product_id=product.id, **{param: field, "sort_type": sort_type})
        keys = [sign * float(row[column]) for row in found]
        assert keys == sorted(keys)
    assert (
        len(found) == {"influencer": product.reach, "video": product.videos, "live": product.lives}[path.split("/")[1]]
    )


def test_videos_are_picked_by_author_and_time(rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[1]
    whole = rows("v3/product/video/list", pages=10, product_id=product_id)
    author, times = whole[0]["user_id"], sorted(int(row["create_time"]) for row in whole)
    span = {"min_create_time": times[2], "max_create_time": times[-3]}

    by_author = rows("v3/product/video/list", product_id=product_id, user_id=author)
    by_time = rows("v3/product/video/list", pages=10, product_id=product_id, **span)

    assert by_author == [row for row in whole if row["user_id"] == author][:10]
    assert sorted(int(row["create_time"]) for row in by_time) == times[2:-2]
    assert rows("v2/product/video/list", product_id=product_id, user_id=author) != by_author


def test_lives_are_picked_by_time(rows, sandbox: SandboxServer):
    product_id = sandbox.product_ids()[1]
    times = sorted(row["create_time"] for row in rows("v3/product/live/list", pages=5, product_id=product_id))

    found = rows("v3/product/live/list", pages=5, product_id=product_id, min_create_time=times[1])

    assert sorted(row["create_time"] for row in found) == times[1:]


def test_reviews_are_newest_first_in_milliseconds_and_picked_by_stars(rows, sandbox: SandboxServer):
    product = sandbox.world.product(sandbox.product_ids()[1])
    assert product
    whole = rows("v3/product/comment", pages=7, product_id=product.id)
    few = rows("v3/product/comment", pages=7, product_id=product.id, min_rating=2, max_rating=4)

    assert len(whole) == product.reviews
    assert all(row["review_timestamp"] > 10**12 for row in whole)
    days = [row["review_timestamp"] // 86_400_000 for row in whole]
    assert days == sorted(days, reverse=True)
    assert few == [row for row in whole if 2 <= row["rating"] <= 4]


def test_an_unknown_product_has_empty_lists(rows):
    for path in ("product/influencer/list", "product/video/list", "product/live/list", "product/comment"):
        assert rows(f"v3/{path}", product_id="1729000000000000001") == []
