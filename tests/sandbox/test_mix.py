"""Faults that answer some calls at random, by a seed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest

from sandbox import SandboxServer
from sandbox.control import Call, Control

LIST = "/v3/echotik/product/list"
FIRST: dict[str, Any] = {"region": "SG", "page_num": 1, "page_size": 1}
SHARES = {"rate": 0.2, "garbage": 0.1}


def drawn(control: Control, calls: int) -> list[str]:
    """The faults of so many calls, one after the other."""
    seen = [Call("v3", "product/list", {}) for _ in range(calls)]
    for call in seen:
        control.claim(call)
    return [call.fault for call in seen]


def test_each_fault_has_its_share_and_the_rest_is_answered(sandbox: SandboxServer):
    sandbox.mix(SHARES, seed=1)

    found = Counter(drawn(sandbox.control, 2000))

    assert found.keys() == {"", *SHARES}
    assert all(abs(found[fault] / 2000 - share) < 0.05 for fault, share in SHARES.items())


def test_a_seed_draws_the_same_again_and_another_one_others():
    controls = [Control() for _ in range(3)]
    for control, seed in zip(controls, (1, 1, 2), strict=True):
        control.mix(SHARES, seed)

    first, again, other = (drawn(control, 200) for control in controls)

    assert first == again != other


def test_a_rule_comes_before_the_mix_and_a_reset_ends_it(client: httpx.Client, sandbox: SandboxServer):
    sandbox.mix({"gateway": 1.0})
    sandbox.fail("product/list", "rate", times=1)

    statuses = [client.get(LIST, params=FIRST).status_code for _ in range(2)]
    assert statuses == [429, 502]
    assert [call.fault for call in sandbox.calls] == ["rate", "gateway"]

    sandbox.reset()
    assert client.get(LIST, params=FIRST).status_code == 200
    assert [call.fault for call in sandbox.calls] == [""]


@pytest.mark.parametrize("shares", [{"nothing": 0.1}, {"rate": 0.6, "html": 0.6}, {"rate": -0.1}])
def test_a_mix_that_cannot_be_is_refused(shares: dict[str, float], client: httpx.Client, sandbox: SandboxServer):
    address = f"{sandbox.url.removesuffix('/api')}/_sandbox/mix"

    assert client.post(address, json={"shares": shares}).status_code == 400
    assert client.post(address, json={"shares": {"rate": 0.1}, "seed": 3}).status_code == 204
    with pytest.raises(ValueError):
        sandbox.mix(shares)
