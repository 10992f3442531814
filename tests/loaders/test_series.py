"""Days of a series in the store: an entry each, so that whoever learns some of them leaves the others alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from loaders.backend import FOR_GOOD
from loaders.series import DAY
from sandbox.server import SandboxServer
from sandbox.world.product import Product
from store.entry import Entry, Key
from upstream.endpoint import Freshness


def trend(product: Product, first: int, last: int, sandbox: SandboxServer) -> str:
    """A trend over days counted back from today."""
    ends = (sandbox.world.date_of(day).isoformat() for day in (first, last))
    return '{{ product(id: "{}") {{ trend(from: "{}", to: "{}") {{ date }} }} }}'.format(product.id, *ends)


def established(sandbox: SandboxServer) -> Product:
    return next(product for product in sandbox.world.products_in("US") if product.established)


def test_every_day_is_an_entry_of_its_own_and_a_day_without_a_row_is_too(gateway, sandbox, monkeypatch):
    server, put = gateway("v3"), {}
    store = server.app.state.backend.store
    keep = store.put

    async def spied(entries: Iterable[tuple[Key, Entry]]) -> None:
        entries = list(entries)
        put.update({key: entry for key, entry in entries if key[1] == DAY})
        await keep(entries)

    monkeypatch.setattr(store, "put", spied)
    world = sandbox.world
    product = next(p for p in world.products_in("US") if p.sparse and p.age > 200 and p.missing(10))

    server(trend(product, 12, 1, sandbox))

    told = {world.day_of(date.fromisoformat(key[3])): entry for key, entry in put.items()}
    assert {(len(key), key[2]) for key in put} == {(4, product.id)}
    assert sorted(told) == list(range(1, 13))
    assert [day for day, entry in sorted(told.items()) if entry.value is None] == [
        day for day in range(1, 13) if product.missing(day)
    ]
    lasts = {day: entry.expires_at - entry.fetched_at for day, entry in told.items()}
    assert [lasts[day] for day in (4, 10, 12)] == [FOR_GOOD] * 3
    assert lasts[1] == Freshness.OFFLINE.value


def test_the_180_days_of_a_known_trend_are_read_at_once(gateway, sandbox, monkeypatch):
    server, product, looks = gateway("v3"), established(sandbox), []
    server(trend(product, 180, 1, sandbox))
    store = server.app.state.backend.store
    get = store.get

    async def spied(keys: Sequence[Key], **how: Any) -> list[Entry | None]:
        looks.append([key for key in keys if key[1] == DAY])
        found: list[Entry | None] = await get(keys, **how)
        return found

    monkeypatch.setattr(store, "get", spied)
    sandbox.reset()

    points = server(trend(product, 180, 1, sandbox)).data["product"]["trend"]

    assert len(points) == 180
    sizes = [len(look) for look in looks if look]
    assert sizes and set(sizes) == {180}
    assert len(sizes) <= 2  # to tell what the trend will cost, and to answer it
    assert sandbox.count() == 0


def test_servers_that_share_a_store_keep_the_days_of_both(gateway, sandbox, tmp_path):
    shared = {"shopgraph_store": f"sqlite:{tmp_path}/store.sqlite"}
    one, other, product = gateway("v3", **shared), gateway("v3", **shared), established(sandbox)
    one(trend(product, 30, 21, sandbox))
    other(trend(product, 20, 11, sandbox))
    sandbox.reset()

    for server, first, last in ((one, 30, 21), (other, 20, 11)):
        assert len(server(trend(product, first, last, sandbox)).data["product"]["trend"]) == 10
    assert sandbox.count() == 0
