"""How sales come and go: a dozen curves of daily weights, kept as running sums so that any stretch of days is one
subtraction."""

from collections.abc import Sequence
from itertools import accumulate
from math import pi, sin

from sandbox.world.draw import Draw

CURVES = 12
DAYS = 1100
WEIGHT = 1000  # of an ordinary day


def curves(key: bytes) -> list[Sequence[int]]:
    """Running sums of the weights of the first n days, n from 0 to DAYS, for each curve."""
    return [[0, *accumulate(_weights(Draw(key, f"curve {number}")))] for number in range(CURVES)]


def _weights(draw: Draw) -> list[int]:
    """A week's rhythm, a season's, chance, and some days when everything sells."""
    season, swing, lag = draw.between(90, 260), draw.between(10, 45) / 100, draw.between(0, 6)
    weights = []
    for day in range(DAYS):
        rhythm = (1 + 0.2 * sin(2 * pi * (day + lag) / 7)) * (1 + swing * sin(2 * pi * day / season))
        chance = draw.between(75, 125) / 100
        weights.append(round(WEIGHT * rhythm * chance * (draw.between(2, 4) if draw.chance(2) else 1)))
    return weights
