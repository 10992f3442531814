"""EchoTik, v2 and v3: its paths, parameters, columns and codes over the facts of the world.
A file for each kind of row; `catalog` holds the product list's filters and orders, `ranking` the rankings.
`routes` is the table of all that is served; `quirk` says which rows are as odd as real ones."""

from sandbox.echotik.routes import ECHOTIK

__all__ = ["ECHOTIK"]
