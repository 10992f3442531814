"""The world that the emulated providers report on: products, sellers, influencers, videos, lives, categories, reviews.
Every fact is a function of the seed, an id and a number of days before today; relations can be walked from both ends.
Nothing here knows a provider: columns, envelopes and codes are in the folder of each."""

from sandbox.world.world import World, shared_world

__all__ = ["World", "shared_world"]
