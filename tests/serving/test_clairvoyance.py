"""clairvoyance rebuilds schemas from what errors tell: with introspection off it finds no field, even where it is given
every name of the schema.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from clairvoyance.cli import setup_context
from clairvoyance.entities.context import client
from clairvoyance.entities.errors import EndpointError
from clairvoyance.oracle import clairvoyance, probe_valid_fields

from tests.conftest import Gateway
from tests.serving.test_hiding import FIELDS

DECOYS = {"teapots", "password", "users", "me"}
WORDS = sorted(FIELDS | DECOYS)
DOCUMENT = "query { FUZZ }"
ENOUGH = 1000
"""Fields of the root in a document: it tries many at once."""


def recovered(server: Gateway, by: Callable[[], Awaitable[set[str]]]) -> set[str]:
    """The fields of the root that it finds."""

    async def found() -> set[str]:
        setup_context(f"{server.url}/graphql", logging.getLogger("clairvoyance"), max_retries=1)
        try:
            return await by()
        except EndpointError:  # how it gives up
            return set()
        finally:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await client().close()

    return asyncio.run(found())


async def rebuilt() -> set[str]:
    kinds = json.loads(await clairvoyance(WORDS, DOCUMENT))["data"]["__schema"]["types"]
    return {field["name"] for kind in kinds for field in kind["fields"] or ()}


async def guessed(words: Sequence[str] = WORDS) -> set[str]:
    """Its first step alone, which takes for a field whatever no error speaks of."""
    return set(await probe_valid_fields(list(words), DOCUMENT))


def test_it_finds_no_field(gateway):
    closed = gateway("v3", shopgraph_introspection=False, shopgraph_max_root_fields=ENOUGH)

    assert recovered(closed, rebuilt) == set()
    assert recovered(closed, guessed) == {*WORDS}  # no word is told from any other


def test_where_introspection_is_on_it_does(gateway):
    found = recovered(gateway("v3"), partial(guessed, ["products", "teapots", "sellr"]))

    assert found >= {"products", "seller"} and not found & {"teapots", "sellr"}
