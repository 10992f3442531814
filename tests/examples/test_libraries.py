"""Client libraries take the schema as it is: Apollo's normalized cache, Relay's compiler."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.examples.programs import SCHEMA

NODE = Path(__file__).parent / "node"


def test_apollo_keeps_one_entity_of_what_two_queries_tell(gateway, sandbox):
    server, world = gateway("v3"), sandbox.world
    (id,) = sandbox.product_ids("SG", 1)
    product = world.product(id)

    called = subprocess.run(
        ["node", NODE / "apollo.mjs", server.url, f"Product:{id}"], capture_output=True, text=True, check=True
    )

    told, untold = json.loads(called.stdout).values()
    seller = world.seller_of_product(product)
    assert sorted(told["entities"]) == [f"Product:Product:{id}", f"Seller:Seller:{seller.id}"]
    assert told["held"]["product"] == {
        "__typename": "Product",
        "globalId": f"Product:{id}",
        "name": world.title_of(product),
        "price": {"__typename": "PriceRange", "average": product.price / 100},
        "seller": {"__typename": "Seller", "name": seller.name},
    }
    assert untold["held"] is None  # without /possibleTypes.json Apollo does not know that a product is a Node


def test_relay_compiles_a_connection_and_what_is_fetched_again(tmp_path: Path):
    folder = tmp_path / "relay"
    shutil.copytree(NODE / "relay", folder)
    (folder / "schema.graphql").write_text(SCHEMA)
    (folder / "artefacts").mkdir()

    called = subprocess.run(
        [NODE / "node_modules/.bin/relay-compiler", "relay.config.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert called.returncode == 0, called.stdout + called.stderr
    made = {file.name.removesuffix(".graphql.ts"): file.read_text() for file in (folder / "artefacts").iterdir()}
    assert made.keys() == {
        *("marketQuery", "marketPageQuery", "marketProductQuery", "market_bestSellers", "market_product")
    }
    assert '"name": "__market_products_connection"' in made["market_bestSellers"]
    assert "pageInfo {\\n      endCursor\\n      hasNextPage\\n    }" in made["marketPageQuery"]
    assert "node(id: $id) {\\n    __typename\\n    ...market_product" in made["marketProductQuery"]
    assert "readonly units: number | null | undefined;" in made["market_product"]
