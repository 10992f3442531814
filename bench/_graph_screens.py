"""The eight screens of bench/screens, written by hand over the provider's routes, and what each is asked for.

A screen gives a part of what its query answers, in the same shape: who and what is in it, with names, pictures and
figures that come from each kind of call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bench._chain import PAGE
from bench._graph_clients import HANDLE, INFLUENCER, LIVE, PRODUCT, SELLER, Client, Row, pictures, shown_products
from sandbox.echotik.catalog import best_sellers
from sandbox.echotik.influencer import told_handle
from sandbox.echotik.product import category_ids
from sandbox.world import World
from sandbox.world.influencer import Influencer
from sandbox.world.product import Product
from sandbox.world.seller import Seller

FOLDER = Path(__file__).parent / "screens"
DAYS = 30
YEAR = 365
DESCENDING = 1
Answer = dict[str, Any]
Variables = Mapping[str, Any]


class Screen(NamedTuple):
    """A query, its variables, and the same by hand."""

    name: str
    variables: Variables
    by_hand: Callable[[Client, World, Variables], Answer]

    @property
    def query(self) -> str:
        return (FOLDER / f"{self.name}.graphql").read_text("utf-8")


def screens(world: World, *, smoke: bool) -> list[Screen]:
    """Asked for what has the most to show; for a smoke, in a smaller market and with few rows."""
    region, saved, ranked, compared, sellers, feed = ("GB", 12, 3, 3, 2, 3) if smoke else ("US", 200, 30, 50, 20, 100)
    best = best_sellers(world, region)
    product = next(product for product in best if is_rich_product(world, product))
    return [
        Screen("creator-page", {"handle": rich_influencer(world, region).handle}, creator_page),
        Screen(
            "outreach-list",
            {"region": region, "category": product.categories[0].id, "products": sellers},
            outreach_list,
        ),
        Screen("product-page", {"id": product.id}, product_page),
        Screen("ranking-page", {"region": region, "first": ranked}, ranking_page),
        Screen("shop-page", {"id": rich_seller(world, region).id}, shop_page),
        Screen(
            "today-against-yesterday",
            {"region": region, "today": day(world, 1), "yesterday": day(world, 2), "first": compared},
            today_against_yesterday,
        ),
        Screen("video-feed", {"region": region, "first": feed}, video_feed),
        Screen("watch-list", {"ids": [product.id for product in best[:saved]]}, watch_list),
    ]


def is_rich_product(world: World, product: Product) -> bool:
    """More than ten rows of everything, some pictures, and categories of all levels."""
    rows = min(product.reach, product.videos, product.lives, product.reviews)
    return rows > 10 and world.listing_of(product).pictures > 3 and "0" not in category_ids(product) and old(product)


def rich_seller(world: World, region: str) -> Seller:
    """The most influencers among the shops with the most products, of which none of a market has more than 20.

    Fewer than ten people post its videos and host its lives: ten fill a lookup, which leaves at once and may ask for
    those whom a list that is on its way tells.
    """
    sellers = [seller for seller in filter(old, world.sellers_in(region)) if len(shown_by(world, seller)) < PAGE]
    most = max(len(seller.places) for seller in sellers)
    large = [seller for seller in sellers if len(seller.places) == most]
    return max(large, key=lambda seller: (len(world.influencers_of_seller(seller)), seller.id))


def shown_by(world: World, seller: Seller) -> set[str]:
    """Who posts the ten videos of most GMV and hosts the ten lives."""
    videos = sorted(world.videos_of_seller(seller), key=lambda video: -world.sale_of_video(video).gmv)[:PAGE]
    lives = sorted(world.lives_of_seller(seller), key=lambda live: -world.sale_of_live(live).gmv)[:PAGE]
    return {world.author_of_video(video).id for video in videos} | {world.host_of_live(live).id for live in lives}


def rich_influencer(world: World, region: str) -> Influencer:
    """The most products among those with a handle, more than 10 videos and 5 lives."""
    known = [user for user in world.influencers_in(region) if told_handle(user) and old(user)]
    known.sort(key=lambda user: (-len(world.products_of_influencer(user)), user.id))
    return next(
        user
        for user in known
        if len(world.videos_of_influencer(user)) > 10 and len(world.lives_of_influencer(user)) > 5
    )


def old(thing: Product | Seller | Influencer) -> bool:
    """First seen long before the days of a trend."""
    return thing.age > YEAR


def day(world: World, back: int) -> str:
    return world.date_of(back).isoformat()


# ── the screens ───────────────────────────────────────────────────────────────────────────────────────────────────


def creator_page(client: Client, world: World, given: Variables) -> Answer:
    (user,) = client.completed(HANDLE, [{"unique_id": given["handle"]}], "user_id", "ec_score", "avatar")
    user_id = user["user_id"]
    days = client.rows("influencer/trend", DAYS, user_id=user_id, **last_days(world))
    sold = client.rows("influencer/product/list", 20, user_id=user_id, **by("influencer_product_sort_field", 2))
    products = client.completed(PRODUCT, sold, "product_name", "cover_url", "spu_avg_price", "seller_id")
    sellers = client.completed(SELLER, products, "seller_name")
    videos = client.rows("influencer/video/list", 10, user_id=user_id, **by("influencer_video_sort_field", 1))
    shown = [client.completed(PRODUCT, shown_products(video)[:3], "product_name") for video in videos]
    lives = client.rows("influencer/live/list", 5, user_id=user_id)
    signed = client.signed([user["avatar"]])
    covers = client.signed(cover(product) for product in products)
    return {
        "influencer": {
            **named("Influencer", user),
            "handle": user["unique_id"],
            "score": user["ec_score"],
            "avatar": {"signedUrl": signed.get(user["avatar"])},
            "trend": [{"date": row["dt"], "followers": row["total_followers_cnt"]} for row in days],
            "products": {
                "edges": [
                    {
                        "videoUnits": row["total_video_sale_cnt"],
                        "node": {
                            **named("Product", product),
                            "cover": {"signedUrl": covers.get(cover(product))},
                            "seller": {"name": seller["seller_name"]},
                        },
                    }
                    for row, product, seller in zip(sold, products, sellers, strict=True)
                ]
            },
            "videos": {
                "nodes": [
                    {
                        "caption": video["video_desc"],
                        "products": {"nodes": [named("Product", product) for product in products]},
                    }
                    for video, products in zip(videos, shown, strict=True)
                ]
            },
            "lives": {"nodes": [{"title": live["title"], "units": live["total_sale_cnt"]} for live in lives]},
        }
    }


def outreach_list(client: Client, world: World, given: Variables) -> Answer:
    asked = {"region": given["region"], "category_id": given["category"], **by("product_sort_field", 7)}
    return {
        "products": {
            "nodes": [
                {**named("Product", product), "influencers": {"edges": sellers_of(client, product)}}
                for product in client.rows("product/list", given["products"], **asked)
            ]
        }
    }


def sellers_of(client: Client, product: Row) -> list[Answer]:
    told = client.rows(
        "product/influencer/list", 20, product_id=product["product_id"], **by("product_influencer_sort_field", 4)
    )
    users = client.completed(
        INFLUENCER, told, "unique_id", "contact_email", "language", "ec_score", "total_sale_gmv_30d_amt"
    )
    return [
        {
            "units": row["per_product_ifl_sale_cnt"],
            "node": {
                **named("Influencer", user),
                "handle": user["unique_id"],
                "score": user["ec_score"],
                "month": {"gmv": user["total_sale_gmv_30d_amt"]},
            },
        }
        for row, user in zip(told, users, strict=True)
    ]


def product_page(client: Client, world: World, given: Variables) -> Answer:
    own = {"product_id": given["id"]}
    (product,) = client.completed(PRODUCT, [own], "product_name", "cover_url", "category_id", "seller_id")
    signed = client.signed(pictures(product))
    (categories,) = client.category_names([product])
    days = client.rows("product/trend", DAYS, **own, **last_days(world))
    (seller,) = client.completed(SELLER, [product], "seller_name", "total_product_cnt")
    sold = client.rows("product/influencer/list", 10, **own, **by("product_influencer_sort_field", 4))
    users = client.completed(INFLUENCER, sold, "unique_id")
    avatars = client.signed(user["avatar"] for user in users)
    videos = client.rows("product/video/list", 10, **own, **by("product_video_sort_field", 1))
    authors = client.completed(INFLUENCER, people(videos), "unique_id")
    covers = client.signed(video["reflow_cover"] for video in videos)
    held = client.rows("product/live/list", 10, **own, **by("product_live_sort_field", 1))
    lives = client.completed(LIVE, held, "title")
    hosts = client.completed(INFLUENCER, people(held), "unique_id")
    reviews = client.rows("product/comment", 10, **own)
    return {
        "product": {
            **named("Product", product),
            "images": [{"url": url, "signedUrl": signed.get(url)} for url in pictures(product)],
            "categories": [{"name": name} for name in categories],
            "trend": [{"date": row["dt"], "units": row["total_sale_1d_cnt"]} for row in days],
            "seller": {"name": seller["seller_name"], "productCount": seller["total_product_cnt"]},
            "influencers": {
                "edges": [
                    {
                        "units": row["per_product_ifl_sale_cnt"],
                        "node": {
                            "handle": user["unique_id"],
                            "name": user["nick_name"],
                            "avatar": {"signedUrl": avatars.get(user["avatar"])},
                        },
                    }
                    for row, user in zip(sold, users, strict=True)
                ]
            },
            "videos": {
                "edges": [
                    {
                        "node": {
                            "caption": video["video_desc"],
                            "cover": {"signedUrl": covers.get(video["reflow_cover"])},
                            "influencer": {"handle": author["unique_id"]},
                        }
                    }
                    for video, author in zip(videos, authors, strict=True)
                ]
            },
            "lives": {
                "edges": [
                    {
                        "units": row["total_sale_cnt"],
                        "node": {"title": live["title"], "influencer": {"handle": host["unique_id"]}},
                    }
                    for row, live, host in zip(held, lives, hosts, strict=True)
                ]
            },
            "reviews": {"nodes": [{"text": review["display_text"]} for review in reviews]},
        }
    }


def ranking_page(client: Client, world: World, given: Variables) -> Answer:
    ranked = ranking(client, given["region"], day(world, 1), given["first"])
    products = client.completed(
        PRODUCT, ranked, "cover_url", "product_rating", "seller_id", "total_sale_7d_cnt", "category_id"
    )
    names = client.category_names(products)
    sellers = client.completed(SELLER, products, "seller_name")
    covers = client.signed(cover(product) for product in products)
    return {
        "productRanking": {
            "date": day(world, 1),
            "edges": [
                {
                    "units": row["total_sale_cnt"],
                    "node": {
                        **named("Product", product),
                        "cover": {"url": cover(product), "signedUrl": covers.get(cover(product))},
                        "rating": product["product_rating"],
                        "categories": [{"name": name} for name in categories],
                        "seller": {"id": f"Seller:{seller['seller_id']}", "name": seller["seller_name"]},
                        "performance": {"units": product["total_sale_7d_cnt"]},
                    },
                }
                for row, product, categories, seller in zip(ranked, products, names, sellers, strict=True)
            ],
        }
    }


def shop_page(client: Client, world: World, given: Variables) -> Answer:
    own = {"seller_id": given["id"]}
    (seller,) = client.completed(SELLER, [own], "seller_name", "cover_url")
    logo = client.signed([seller["cover_url"]])
    days = client.rows("seller/trend", DAYS, **own, **last_days(world))
    products = client.rows("seller/product/list", 20, **own, **by("seller_product_sort_field", 2))
    names = client.category_names(products)
    covers = client.signed(cover(product) for product in products)
    users = client.rows("seller/influencer/list", 20, **own, **by("seller_influencer_sort_field", 3))
    videos = client.rows("seller/video/list", 10, **own, **by("seller_video_sort_field", 3))
    authors = client.completed(INFLUENCER, people(videos), "unique_id")
    signed = client.signed(video["reflow_cover"] for video in videos)
    lives = client.rows("seller/live/list", 10, **own, **by("seller_live_sort_field", 3))
    hosts = client.completed(INFLUENCER, people(lives), "unique_id")
    return {
        "seller": {
            "name": seller["seller_name"],
            "logo": {"signedUrl": logo.get(seller["cover_url"])},
            "trend": [{"date": row["dt"], "units": row["total_sale_1d_cnt"]} for row in days],
            "products": {
                "nodes": [
                    {
                        **named("Product", product),
                        "cover": {"signedUrl": covers.get(cover(product))},
                        "performance": {"units": product["total_sale_7d_cnt"]},
                        "categories": [{"name": name} for name in categories],
                    }
                    for product, categories in zip(products, names, strict=True)
                ]
            },
            "influencers": {
                "edges": [
                    {
                        "units": user["total_sale_cnt"],
                        "node": {"handle": user["unique_id"], "name": user["nick_name"]},
                    }
                    for user in users
                ]
            },
            "videos": {
                "nodes": [
                    {
                        "caption": video["video_desc"],
                        "cover": {"signedUrl": signed.get(video["reflow_cover"])},
                        "influencer": {"handle": author["unique_id"]},
                    }
                    for video, author in zip(videos, authors, strict=True)
                ]
            },
            "lives": {
                "nodes": [
                    {
                        "title": live["title"],
                        "units": live["total_sale_cnt"],
                        "influencer": {"handle": host["unique_id"]},
                    }
                    for live, host in zip(lives, hosts, strict=True)
                ]
            },
        }
    }


def today_against_yesterday(client: Client, world: World, given: Variables) -> Answer:
    today, yesterday = (
        ranking(client, given["region"], given[name], given["first"]) for name in ("today", "yesterday")
    )
    products = client.completed(PRODUCT, today, "cover_url")
    return {
        "today": {
            "date": given["today"],
            "edges": [
                {
                    "units": row["total_sale_cnt"],
                    "node": {**named("Product", product), "cover": {"url": cover(product)}},
                }
                for row, product in zip(today, products, strict=True)
            ],
        },
        "yesterday": {
            "date": given["yesterday"],
            "edges": [
                {"units": row["total_sale_cnt"], "node": {"id": f"Product:{row['product_id']}"}} for row in yesterday
            ],
        },
    }


def video_feed(client: Client, world: World, given: Variables) -> Answer:
    asked = {"region": given["region"], "sales_flag": 1, **by("video_sort_field", 3)}
    videos = client.rows("video/list", given["first"], **asked)
    authors = client.completed(INFLUENCER, people(videos), "unique_id", "nick_name", "avatar", "total_followers_cnt")
    signed = client.signed(
        url for video, author in zip(videos, authors, strict=True) for url in (video["reflow_cover"], author["avatar"])
    )
    return {
        "videos": {
            "nodes": [
                {
                    "id": f"Video:{video['video_id']}",
                    "caption": video["video_desc"],
                    "cover": {"signedUrl": signed.get(video["reflow_cover"])},
                    "influencer": {
                        "handle": author["unique_id"],
                        "name": author["nick_name"],
                        "avatar": {"signedUrl": signed.get(author["avatar"])},
                        "audience": {"followers": author["total_followers_cnt"]},
                    },
                    "products": {"nodes": cards_of(client, video)},
                }
                for video, author in zip(videos, authors, strict=True)
            ]
        }
    }


def cards_of(client: Client, video: Row) -> list[Answer]:
    products = client.completed(
        PRODUCT, shown_products(video)[:3], "product_name", "cover_url", "spu_avg_price", "total_sale_30d_cnt"
    )
    covers = client.signed(cover(product) for product in products)
    return [
        {
            **named("Product", product),
            "cover": {"signedUrl": covers.get(cover(product))},
            "price": {"average": product["spu_avg_price"]},
            "performance": {"units": product["total_sale_30d_cnt"]},
        }
        for product in products
    ]


def watch_list(client: Client, world: World, given: Variables) -> Answer:
    asked = [{"product_id": product_id} for product_id in given["ids"]]
    products = client.completed(PRODUCT, asked, "product_name", "product_rating", "total_sale_7d_cnt", "seller_id")
    return {
        "productsByIds": [
            {
                **named("Product", product),
                "rating": product["product_rating"],
                "week": {"units": product["total_sale_7d_cnt"]},
                "seller": {"id": f"Seller:{product['seller_id']}"},
            }
            for product in products
        ]
    }


# ── what they share ───────────────────────────────────────────────────────────────────────────────────────────────


def by(field: str, code: int) -> dict[str, int]:
    """The parameters of an order: most first."""
    return {field: code, "sort_type": DESCENDING}


def last_days(world: World) -> dict[str, date]:
    """The parameters of the thirty days up to yesterday."""
    return {"start_date": world.today - timedelta(days=DAYS), "end_date": world.today - timedelta(days=1)}


def ranking(client: Client, region: str, date: str, first: int) -> list[Row]:
    """A day's best sellers by units."""
    return client.rows("product/ranklist", first, region=region, date=date, rank_type=1, product_rank_field=1)


def people(rows: Iterable[Row]) -> list[Row]:
    """The influencers that rows name, with what these tell of them."""
    return [
        {name: row[name] for name in ("user_id", "unique_id", "nick_name", "avatar") if name in row} for row in rows
    ]


def cover(product: Row) -> str:
    return pictures(product)[0]


def named(kind: str, row: Row) -> Answer:
    """The global id and the name of a product or an influencer."""
    if kind == "Product":
        return {"id": f"Product:{row['product_id']}", "name": row["product_name"]}
    return {"id": f"Influencer:{row['user_id']}", "name": row["nick_name"]}
