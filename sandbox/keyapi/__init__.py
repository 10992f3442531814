"""KeyAPI, which resells EchoTik's v3 under paths and in words of its own: the same rows, refused otherwise.
`routes` is the table of all that is served; `envelope` holds what differs around an answer; `product`, `shop` and
`influencer` what KeyAPI tells in another shape, or alone; `credit` counts what calls cost."""

from sandbox.keyapi.routes import KEYAPI

__all__ = ["KEYAPI"]
