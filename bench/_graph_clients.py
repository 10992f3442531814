"""Programs that ask the provider themselves, without the gateway's code: one naive, one careful.

Both can do the same: read a list, complete rows by lookups, sign pictures, name categories. A screen written over that
(bench._graph_screens) is answered by either, for as many calls as its manner takes. What a careful one has seen of a
screen also says how few calls would have done: see `Ledger`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from bench._chain import PAGE, calls
from sandbox.echotik.page import IMAGE_HOST

HEADERS = {"Authorization": f"Basic {b64encode(b'sandbox:sandbox').decode()}"}
SECONDS = 60
Row = Mapping[str, Any]
LANGUAGE = "en-US"
SIGNING = "batch/cover/download"
LEVELS = {"category/l1": "category_id", "category/l2": "category_l2_id", "category/l3": "category_l3_id"}
NO_CATEGORY = (None, "", "0")
SUBJECTS = {  # lists whose rows are about a product or an influencer: the column of its id
    "product/list": "product_id",
    "product/ranklist": "product_id",
    "seller/product/list": "product_id",
    "influencer/product/list": "product_id",
    "product/influencer/list": "user_id",
    "seller/influencer/list": "user_id",
}
AUTHOR = ("unique_id", "nick_name", "avatar")  # these are of the row's user_id, whatever the row is about


class Lookup(NamedTuple):
    """Rows by id: `param` takes at most `most` ids, `column` holds the id of each row."""

    path: str
    param: str
    column: str
    most: int = PAGE


PRODUCT = Lookup("product/detail", "product_ids", "product_id")
SELLER = Lookup("seller/detail", "seller_id", "seller_id", most=1)
INFLUENCER = Lookup("influencer/detail", "user_ids", "user_id")
HANDLE = Lookup("influencer/detail", "unique_ids", "unique_id")
LIVE = Lookup("live/detail", "room_ids", "room_id")


class Client:
    """Row by row: an id, a picture or a category level to a call, and nothing is remembered."""

    def __init__(self, upstream: str) -> None:
        self._base = urlsplit(f"{upstream}/v3/echotik/")
        self._connection = HTTPConnection(self._base.hostname or "", self._base.port, timeout=SECONDS)

    def rows(self, path: str, first: int, **params: object) -> list[Row]:
        """The first rows of a list: pages of ten until there are enough, or one is short."""
        found: list[Row] = []
        for number in range(1, calls(first) + 1):
            page = self._get(path, **params, page_num=number, page_size=PAGE)
            found += page
            if len(page) < PAGE:
                break
        return found[:first]

    def completed(self, lookup: Lookup, rows: Sequence[Row], *columns: str) -> list[Row]:
        """The rows of a list with these columns, looked up where the row itself lacks one."""
        return [row if row.keys() >= set(columns) else {**row, **self._one(lookup, row)} for row in rows]

    def signed(self, urls: Iterable[str]) -> dict[str, str]:
        """Addresses of a list's pictures that open, by the address that does not; of others there are none."""
        found: dict[str, str] = {}
        for url in filter(signable, urls):
            found |= self._get(SIGNING, cover_urls=url)
        return found

    def category_names(self, rows: Sequence[Row]) -> list[list[str]]:
        """The names of each product's categories, the widest first."""
        return [
            [self._level(path)[row[column]] for path, column in LEVELS.items() if row[column] not in NO_CATEGORY]
            for row in rows
        ]

    def close(self) -> None:
        self._connection.close()

    def _one(self, lookup: Lookup, row: Row) -> Row:
        (found,) = self._get(lookup.path, **{lookup.param: row[lookup.column]})
        return dict(found)

    def _level(self, path: str) -> dict[str, str]:
        return {row["category_id"]: row["category_name"] for row in self._get(path, language=LANGUAGE)}

    def _get(self, path: str, **params: object) -> Any:
        self._connection.request("GET", f"{self._base.path}{path}?{urlencode(params)}", headers=HEADERS)
        body = json.load(self._connection.getresponse())
        assert body["code"] == 0, f"{path} {params}: {body}"
        return body["data"]


class Ledger:
    """What a screen needed and what rows told, and so the fewest calls that could have done.

    Lists cost their pages. What was needed and no row of a list told is looked up once, by as many ids to a call as
    the provider takes, over the screen as a whole; so are pictures signed.
    """

    def __init__(self) -> None:
        self.pages: dict[str, int] = {}
        self.told: dict[tuple[str, str], set[str]] = {}
        self.needed: dict[Lookup, dict[str, set[str]]] = {}
        self.pictures: set[str] = set()
        self.levels: set[str] = set()

    def read(self, path: str, first: int, found: int) -> None:
        """A list gave `found` of `first` rows: where it ends before, a short page says so, be it an empty one."""
        whole = found == first or path.endswith("/trend")  # a day that is not there saves nothing
        self.pages[path] = self.pages.get(path, 0) + (calls(first) if whole else found // PAGE + 1)

    def tell(self, key: tuple[str, str], columns: Iterable[str]) -> None:
        self.told.setdefault(key, set()).update(columns)

    def need(self, lookup: Lookup, row: Row, columns: Iterable[str]) -> None:
        self.needed.setdefault(lookup, {}).setdefault(row[lookup.column], set()).update(columns)

    def least(self) -> dict[str, int]:
        """The fewest calls, by path."""
        found = dict(self.pages)
        for lookup, wanted in self.needed.items():
            lacking = [key for key, columns in wanted.items() if columns - self.told.get((lookup.column, key), set())]
            found[lookup.path] = found.get(lookup.path, 0) + -(-len(lacking) // lookup.most)
        found[SIGNING] = calls(len(self.pictures))
        return {path: count for path, count in {**found, **dict.fromkeys(self.levels, 1)}.items() if count}


class CarefulClient(Client):
    """Ten ids to a call within a list, nothing twice in a screen; but what two lists need never shares a call."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.ledger = Ledger()
        self._known: dict[tuple[str, str], dict[str, Any]] = {}
        self._signed: dict[str, str] = {}
        self._names: dict[str, dict[str, str]] = {}

    def rows(self, path: str, first: int, **params: object) -> list[Row]:
        found = super().rows(path, first, **params)
        self.ledger.read(path, first, len(found))
        for row in found:
            for column, facts in told(row, SUBJECTS.get(path)):
                key = column, row[column]
                self.ledger.tell(key, facts)
                self._known[key] = {**facts, **self._known.get(key, {})}
        return found

    def completed(self, lookup: Lookup, rows: Sequence[Row], *columns: str) -> list[Row]:
        for row in rows:
            self.ledger.need(lookup, row, columns)
        lacking = {row[lookup.column] for row in rows if not self._recall(lookup, row).keys() >= set(columns)}
        for keys in shared(lacking, lookup.most):
            for row in self._get(lookup.path, **{lookup.param: ",".join(keys)}):
                self._look(lookup, row)
        return [{**row, **self._recall(lookup, row)} for row in rows]

    def signed(self, urls: Iterable[str]) -> dict[str, str]:
        wanted = set(filter(signable, urls))
        self.ledger.pictures |= wanted
        for some in shared(wanted - self._signed.keys(), PAGE):
            self._signed |= self._get(SIGNING, cover_urls=",".join(some))
        return {url: self._signed[url] for url in wanted}

    def _level(self, path: str) -> dict[str, str]:
        self.ledger.levels.add(path)
        if path not in self._names:
            self._names[path] = super()._level(path)
        return self._names[path]

    def _recall(self, lookup: Lookup, row: Row) -> dict[str, Any]:
        return self._known.get((lookup.column, row[lookup.column]), {})

    def _look(self, lookup: Lookup, row: Row) -> None:
        """Keeps a row that was looked up. It tells the ledger nothing of its own id: that had to be looked up."""
        for column, facts in told(row, lookup.column):
            key = column, row[column]
            self._known[key] = {**self._known.get(key, {}), **facts}
            if column != lookup.column:
                self.ledger.tell(key, facts)


def told(row: Row, subject: str | None) -> Iterator[tuple[str, Row]]:
    """What a row tells of whom: of its subject, and of the influencer that it names."""
    if subject:
        yield subject, row
    if subject != "user_id" and row.get("user_id"):
        yield "user_id", {name: row[name] for name in AUTHOR if name in row}


def shared(keys: Collection[str], most: int) -> Iterator[list[str]]:
    """Keys that go into one call."""
    ordered = sorted(keys)
    return (ordered[start : start + most] for start in range(0, len(ordered), most))


def signable(url: str) -> bool:
    return url.startswith(f"{IMAGE_HOST}/")


def pictures(row: Row) -> list[str]:
    """A product's pictures, in order."""
    return [cover["url"] for cover in sorted(json.loads(row["cover_url"]), key=lambda cover: cover["index"])]


def shown_products(video: Row) -> list[Row]:
    """The products that a video shows, by id alone."""
    return [{"product_id": str(number)} for number in json.loads(video["video_products"])]
