"""The records that the providers' documents print as examples, in `sandbox/examples/`, served for their own ids."""

import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "examples"
JSON_TEXT = ("cover_url", "skus", "sale_props")  # strings in v3, real JSON in v2
RANKED = date(2024, 12, 15)
Row = dict[str, Any]


class Examples:
    """Rows by the name of their file, which is the version and the path."""

    def product(self, product_id: str, version: str) -> Row | None:
        """A product's row; a v3 row tells all that v2 asks, a v2 row does not tell all of v3."""
        rows = self._rows("v2-product-detail" if version == "v2" else "v3-product-detail")
        if version == "v2":
            rows = [*rows, *map(self._as_v2, self._rows("v3-product-detail"))]
        return next((row for row in rows if row["product_id"] == product_id), None)

    def listed(self) -> list[Row]:
        """Rows of the list of products."""
        return self._rows("v3-product-detail")

    def related(self, path: str, product_id: str, version: str) -> list[Row]:
        """Rows of a product's influencers, videos or lives; those of influencers are alike in both versions."""
        if version == "v3" and path != "product/influencer/list":
            return []
        return [row for row in self._rows(f"v2-{path.replace('/', '-')}") if row["product_id"] == product_id]

    def trend(self, product_id: str, start: date, end: date) -> list[Row]:
        return [
            row
            for row in self._rows("v2-product-trend")
            if row["product_id"] == product_id and start <= date.fromisoformat(row["dt"]) <= end
        ]

    def ranking(self, path: str, region: str, day: date) -> list[Row]:
        """Rows of the day that the document takes for its example."""
        rows = self._rows(f"v2-{path.replace('/', '-')}") if day == RANKED else []
        return [row for row in rows if row["region"] == region]

    def video_products(self, video_id: str) -> list[Row]:
        """Rows of what a video shows, one a product."""
        return [row for row in self._rows("v3-video-product-list") if row["video_id"] == video_id]

    def realtime(self, product_id: str) -> Row | None:
        return next((row for row in self._rows("v2-rt-product-detail") if row["product_id"] == product_id), None)

    def _as_v2(self, row: Row) -> Row:
        columns = self._rows("v2-product-detail")[0].keys()
        told = {name: value for name, value in row.items() if name in columns}
        decoded = {name: json.loads(told[name]) for name in JSON_TEXT}
        return {**told, **decoded, "first_crawl_dt": str(told["first_crawl_dt"])}

    def _rows(self, name: str) -> list[Row]:
        return self._files.get(name, [])

    @cached_property
    def _files(self) -> dict[str, list[Row]]:
        return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


EXAMPLES = Examples()
