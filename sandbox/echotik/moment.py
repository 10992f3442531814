"""Moments of the world as unix seconds."""

from datetime import UTC, datetime, time

from sandbox.world import World


def unix_seconds(world: World, day: int, second: int) -> int:
    """A second of a UTC day counted back from today."""
    midnight = datetime.combine(world.date_of(day), time(), UTC)
    return int(midnight.timestamp()) + second
