"""What the benchmark of refusals promises; its figures are not tested."""

from __future__ import annotations

import json

import pytest

from bench import hostile
from schema.bounds import Limits


def test_it_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        hostile.main(["--help"])

    assert ended.value.code == 0
    assert "--smoke" in capsys.readouterr().out
    assert (hostile.BOUND, hostile.SHARE) == (2.0, 0.7)


@pytest.mark.parametrize("kind", hostile.KINDS, ids=lambda kind: kind.name)
def test_no_two_hostile_requests_of_a_kind_are_the_same_but_for_those_without_a_document(kind):
    different = kind.body(1) != kind.body(2)

    assert different or kind.code == "REQUEST_TOO_LARGE"


@pytest.mark.parametrize("kind", hostile.KINDS, ids=lambda kind: kind.name)
def test_a_kind_that_is_held_against_what_was_parsed_before_is_refused_before_it_is_parsed(kind):
    if kind.code not in ("REQUEST_TOO_LARGE", "BATCH_REFUSED", "BAD_REQUEST", "VARIABLES_TOO_LARGE", "BAD_USER_INPUT"):
        refused = Limits().refusal(json.loads(kind.body(1))["query"])

        assert (refused is None) == (kind.against != hostile.SMALLEST)
