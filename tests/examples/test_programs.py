"""The typed clients of examples/: they are generated from the schema, their types hold, and they do what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from sandbox.world import World
from sandbox.world.product import Product
from tests.examples.programs import LANGUAGES, TYPESCRIPT, Ended, Language, Program, copied, retold

KEY = "a key that heron keeps"
KEYS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Language], Program]:
    """Each made once for all tests, when the first asks for it."""

    @cache
    def made(language: Language) -> Program:
        program = copied(language, tmp_path_factory.mktemp(language.name))
        for step in (program.generate, program.check):
            ended = step()
            assert ended.status == 0, said(ended)
        return program

    return made


@pytest.fixture(params=LANGUAGES)
def program(request: pytest.FixtureRequest, programs: Callable[[Language], Program]) -> Program:
    return programs(LANGUAGES[request.param])


def said(ended: Ended) -> str:
    return "\n".join([*ended.printed, ended.complaint])


def units(product: Product, first: int, last: int = 1) -> int:
    """Sold from one day to another, in days before today."""
    return product.units(last) - product.units(first + 1)


def best_sellers(world: World, region: str) -> list[Product]:
    in_order = sorted(world.products_in(region), key=lambda product: product.id)
    return sorted(in_order, key=lambda product: units(product, 30), reverse=True)


def test_it_prints_the_best_sellers_with_their_shops_and_days_and_what_that_cost(program, gateway, sandbox):
    world, server = sandbox.world, gateway("v3")

    ended = program.run("GB", "23", SHOPGRAPH_URL=server.url)

    assert (ended.status, ended.complaint) == (0, "")
    _heading, *lines, cost = ended.printed
    assert len(lines) == 23
    for place, (line, product) in enumerate(zip(lines, best_sellers(world, "GB"), strict=False), start=1):
        assert line.split()[:2] == [str(place), f"{units(product, 30):,}"]
        assert line.endswith(f" {world.title_of(product)} ({world.seller_of_product(product).name})")
        days = [day for day in range(30, 0, -1) if day <= product.age and not product.missing(day)]
        drawn = line.split()[3]
        assert len(drawn) == len(days)
        assert drawn[max(range(len(days)), key=lambda at: units(product, days[at], days[at]))] == "█"
    assert cost == f"{sandbox.count()} credits for {sandbox.count()} calls"
    assert sandbox.count("product/list") == 3


def test_a_server_with_keys_is_shown_one(program, gateway):
    server = gateway("v3", shopgraph_api_keys=KEYS)

    let_in = program.run("GB", "1", SHOPGRAPH_URL=server.url, SHOPGRAPH_KEY=KEY)
    refused = program.run("GB", "1", SHOPGRAPH_URL=server.url)

    assert (let_in.status, refused.status) == (0, 1)
    assert refused.complaint.startswith("UNAUTHENTICATED: ")
    assert "SHOPGRAPH_KEY" in refused.complaint


def test_what_may_not_be_spent_is_said_with_what_to_do(program, gateway, sandbox):
    ended = program.run("GB", "10", SHOPGRAPH_URL=gateway("v3", shopgraph_max_credits_per_request=5).url)

    assert ended.status == 1
    assert ended.complaint.startswith("BUDGET_EXCEEDED: ")
    assert "fewer rows" in ended.complaint
    assert (sandbox.count(), ended.printed[-1]) == (0, "0 credits for 0 calls")


def test_what_fails_for_one_product_is_told_after_all_others(program, gateway, sandbox):
    failing = best_sellers(sandbox.world, "GB")[1]
    sandbox.fail("product/trend", "html", when={"product_id": failing.id})

    ended = program.run("GB", "3", SHOPGRAPH_URL=gateway("v3").url)

    assert ended.status == 1
    assert ended.complaint.startswith("UPSTREAM_BAD_RESPONSE: products.nodes.1.trend: ")
    assert ["?" in line.split()[3] for line in ended.printed[1:4]] == [False, True, False]


def test_what_may_pass_is_asked_again(program, gateway, sandbox):
    asked_by_the_server = 3
    sandbox.fail("product/list", "gateway", times=asked_by_the_server)

    ended = program.run("GB", "3", SHOPGRAPH_URL=gateway("v3", shopgraph_outage_pause_s=0.1).url)

    assert (ended.status, ended.complaint) == (0, "")
    assert sandbox.count("product/list") == asked_by_the_server + 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "{url}/healthz?"])
def test_an_address_where_no_graph_is_served_is_said(url, program, gateway):
    ended = program.run(SHOPGRAPH_URL=url.format(url=gateway("v3").url))

    assert ended.status == 1
    assert "GraphQL server" in ended.complaint or "does not answer" in ended.complaint
    assert len(ended.complaint.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("GB", "0"), ("GB", "ten"), ("ZZ", "1")])
def test_arguments_that_mean_nothing_are_answered_with_the_usage(arguments, program, gateway):
    ended = program.run(*arguments, SHOPGRAPH_URL=gateway("v3").url)

    assert ended.status in (1, 2)
    assert "usage: " in ended.complaint


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_name_that_goes_from_the_schema_fails_the_generation(language: Language, tmp_path: Path):
    ended = copied(language, tmp_path, retold("ProductPerformance", "  gmv: Float", "  revenue: Float")).generate()

    assert ended.status != 0
    assert "Cannot query field 'gmv'" in said(ended).replace('"', "'")


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_another_type_in_the_schema_fails_the_type_check(language: Language, tmp_path: Path):
    program = copied(language, tmp_path, retold("ProductTrendPoint", "  units: BigInt", "  units: String"))

    generated, checked = program.generate(), program.check()

    assert generated.status == 0, said(generated)
    assert checked.status != 0
    assert "arithmetic" in said(checked) or "operand type" in said(checked)


def test_a_server_may_run_the_documents_of_the_build_alone(programs, gateway):
    program = programs(TYPESCRIPT)
    manifest = program.folder / "src/graphql/persisted-documents.json"
    server = gateway("v3", shopgraph_trusted_documents=str(manifest), shopgraph_trusted_documents_only=True)

    named = program.run("GB", "2", SHOPGRAPH_URL=server.url, SHOPGRAPH_SEND_IDS="1")
    sent = program.run("GB", "2", SHOPGRAPH_URL=server.url)

    assert (named.status, named.complaint) == (0, "")
    assert sent.complaint.startswith("UNTRUSTED_DOCUMENT: ")
