"""KeyAPI as its endpoints know it."""

from upstream.envelope import read
from upstream.vendor import Vendor

KEYAPI = Vendor("keyapi", read, data="echotik")
