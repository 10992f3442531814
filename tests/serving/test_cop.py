"""The checks of graphql-cop, each with the document that it sends and what it takes for a hole; with all that may be
switched off switched off.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import CLIENT, Gateway, Start

PAGES = ("/", "/graphql", "/graphiql", "/playground", "/console", "/altair", "/api/graphql", "/v1/graphql")
TITLES = ("graphiql", "graphql playground", "altair", "<title>")


@pytest.fixture
def hardened(gateway: Start) -> Gateway:
    return gateway("v3", shopgraph_introspection=False, shopgraph_graphiql=False, shopgraph_get_queries=False)


def asked(server: Gateway, body: Any) -> Any:
    return CLIENT.post(f"{server.url}/graphql", json=body).json()


def found(told: Any) -> Any:
    """What it takes for an answer."""
    return told.get("data") if isinstance(told, dict) else told


def test_aliases_overload_nothing(hardened: Gateway):
    many = " ".join(f"alias{number}: __typename" for number in range(101))

    told = asked(hardened, {"query": f"query cop {{ {many} }}"})

    assert found(told) is None and told["errors"][0]["extensions"]["code"] == "TOO_MANY_ALIASES"


def test_batches_are_not_heard(hardened: Gateway):
    told = asked(hardened, [{"query": "query cop { __typename }"}] * 10)

    assert isinstance(told, dict) and found(told) is None and told["errors"]


def test_directives_overload_nothing(hardened: Gateway):
    told = asked(hardened, {"query": f"query cop {{ __typename {'@aa' * 10} }}"})
    many = asked(hardened, {"query": f"query cop {{ __typename {'@aa' * 100} }}"})

    assert found(told) is None and len(told["errors"]) == 1
    assert many["errors"][0]["extensions"]["code"] == "TOO_MANY_DIRECTIVES"


def test_introspection_does_not_go_in_circles(hardened: Gateway):
    inner = "type { fields { " * 4 + "name" + " } }" * 4
    told = asked(hardened, {"query": f"query cop {{ __schema {{ types {{ fields {{ {inner} }} }} }} }}"})

    assert found(told) is None and told["errors"]


def test_fields_are_not_suggested(hardened: Gateway):
    told = asked(hardened, {"query": "query cop { __schema { directive } }"})

    assert "Did you mean" not in str(told) and told["errors"]


def test_fields_are_not_duplicated(hardened: Gateway):
    told = asked(hardened, {"query": f"query cop {{ {'__typename ' * 500} }}"})

    assert found(told) is None and told["errors"][0]["extensions"]["code"].startswith("TOO_MANY_")


@pytest.mark.parametrize("path", PAGES)
def test_there_is_no_page(path: str, hardened: Gateway):
    page = CLIENT.get(f"{hardened.url}{path}", headers={"accept": "text/html"})

    assert page.status_code >= 400 and not [title for title in TITLES if title in page.text.lower()]


def test_introspection_is_off(hardened: Gateway):
    told = asked(hardened, {"query": "query cop { __schema { types { name fields { name } } } }"})

    assert found(told) is None and told["errors"]


@pytest.mark.parametrize("query", ["mutation cop { __typename }", "query cop { __typename }"])
def test_nothing_is_asked_by_get(query: str, hardened: Gateway):
    told = CLIENT.get(f"{hardened.url}/graphql", params={"query": query})

    assert told.status_code == 405 and found(told.json()) is None


def test_nothing_is_asked_by_a_form(hardened: Gateway):
    told = CLIENT.post(f"{hardened.url}/graphql", data={"query": "query cop { __typename }"})

    assert told.status_code == 415 and found(told.json()) is None


def test_nothing_is_traced(hardened: Gateway):
    traced = httpx.post(
        f"{hardened.url}/graphql", json={"query": "query cop { __typename }"}, headers={"x-apollo-tracing": "1"}
    ).json()

    assert found(traced) and not {"tracing", "trace"} & set(str(traced["extensions"]).replace("'", " ").split())


def test_no_error_tells_what_the_server_is_made_of(hardened: Gateway):
    told = asked(hardened, {"query": "qwerty cop { abc }"})

    (error,) = told["errors"]
    assert "exception" not in error["extensions"] and "Traceback" not in str(told) and ".py" not in str(told)
