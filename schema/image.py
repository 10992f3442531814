"""Pictures and money."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from resolvers import image
from schema.field import answered, attribute, stated
from schema.scalar import URL


@strawberry.type(description="A picture where the provider keeps it.")
class Image:
    url: URL = attribute("url", "Its address. Some hosts answer only to a signed copy of it.")
    index: int | None = attribute("index", "Its place among its siblings, from 0; null for a single picture.")
    signed_url: URL | None = answered(
        image.signed_url,
        "An address at which it can be fetched for about a day; null where no provider signs its host (it is then "
        "fetched at `url`). Ten pictures, wherever they stand in the operation, share a call.",
        reason="signing is asked by address, not by entity",
        asks=("media.cover",),
        price=image.signed_price,
    )
    stable_url: URL | None = stated(
        image.stable_url,
        "An address of this server that leads to it at any time, without a client key: for `<img>`, mails and sheets. "
        "Asking for it costs no call; who opens it may cost one for ten pictures. Null where `url` is no web address.",
    )


@strawberry.type(description="An amount in the market's own currency.")
class Money:
    amount: Decimal = attribute("amount", "The amount, exact, as text.")
    currency: str = attribute("currency", 'The currency as the provider names it, such as "USD".')
    display: str | None = attribute("display", 'The price as the provider writes it, such as "$1.99".')
