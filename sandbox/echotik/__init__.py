"""EchoTik, v2 and v3: its paths, parameters, columns and codes over the facts of the world.
A file for each kind of row: `product`, `seller`, `influencer_row`, `video_row`, `live_row` have an entity's own, the
others those of relations. Each `catalog` holds filters, orders and rankings; `ranking` those of products, and periods.
`routes` is the table of all that is served; `quirk` says which rows are as odd as real ones."""

from sandbox.echotik.routes import ECHOTIK

__all__ = ["ECHOTIK"]
