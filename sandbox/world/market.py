"""The seventeen markets: how large each is, which language its people write and what its money looks like."""

from collections.abc import Sequence
from dataclasses import dataclass

CIRCLE_PRODUCTS = 60
CIRCLE_INFLUENCERS = 64
CIRCLE_SELLERS = 10


@dataclass(frozen=True, slots=True)
class Market:
    """One market.

    circles       groups of 60 products, 64 influencers and 10 sellers that deal with one another only
    first_circle  number of its first circle among those of all markets
    pace          units a day of its best seller, about
    per_dollar    units of the local currency for one US dollar; prices are rounded to `decimals`
    """

    region: str
    circles: int
    first_circle: int
    pace: int
    language: str
    currency: str
    sign: str
    per_dollar: float
    decimals: int

    @property
    def numbers(self) -> Sequence[int]:
        """Of its circles among those of all markets."""
        return range(self.first_circle, self.first_circle + self.circles)

    def money(self, cents: int) -> str:
        """An amount of US cents in local currency, as decimal text: 1299 is "12.99" or "207840"."""
        return f"{cents * self.per_dollar / 100:.{self.decimals}f}"

    def price_label(self, cents: int, *, signed: bool) -> str:
        """The same as shoppers see it, with thousands separators: "Rp207,840"."""
        amount = f"{float(self.money(cents)):,.{self.decimals}f}"
        return f"{self.sign}{amount}" if signed else amount


# region, circles, pace, language, currency, sign, units for a dollar, decimals
SIZES = (
    ("US", 100, 900, "en", "USD", "$", 1.0, 2),
    ("GB", 20, 360, "en", "GBP", "£", 0.79, 2),
    ("ID", 20, 400, "id", "IDR", "Rp", 16000.0, 0),
    ("TH", 20, 400, "th", "THB", "฿", 35.0, 2),
    ("PH", 20, 400, "ph", "PHP", "₱", 57.0, 2),
    ("MY", 20, 380, "ms", "MYR", "RM", 4.6, 2),
    ("VN", 20, 400, "vi", "VND", "₫", 25000.0, 0),
    ("SG", 20, 350, "en", "SGD", "S$", 1.35, 2),
    ("MX", 20, 360, "es", "MXN", "$", 18.0, 2),
    ("BR", 20, 360, "pt", "BRL", "R$", 5.4, 2),
    ("SA", 20, 350, "en", "SAR", "SR", 3.75, 2),
    ("ES", 20, 350, "es", "EUR", "€", 0.92, 2),
    ("DE", 20, 350, "de", "EUR", "€", 0.92, 2),
    ("FR", 20, 350, "fr", "EUR", "€", 0.92, 2),
    ("IT", 20, 350, "it", "EUR", "€", 0.92, 2),
    ("IE", 20, 350, "en", "EUR", "€", 0.92, 2),
    ("JP", 20, 350, "ja", "JPY", "¥", 150.0, 0),
)


def _markets() -> dict[str, Market]:
    markets: dict[str, Market] = {}
    first = 0
    for region, circles, pace, language, currency, sign, per_dollar, decimals in SIZES:
        markets[region] = Market(region, circles, first, pace, language, currency, sign, per_dollar, decimals)
        first += circles
    return markets


MARKETS = _markets()
REGIONS = tuple(MARKETS)
CIRCLES = sum(market.circles for market in MARKETS.values())
MARKET_OF_CIRCLE = tuple(market for market in MARKETS.values() for _ in range(market.circles))
