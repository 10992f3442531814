"""Names of categories in the six languages that they are told in. The tree itself has the English ones; the others of
level 1 and 2 are in translations.txt."""

from pathlib import Path

from sandbox.world.category import CATEGORIES, Category

ENGLISH = "en-US"
LANGUAGES = (ENGLISH, "th-TH", "id-ID", "zh-CN", "ms-MY", "vi-VN")
FILE = Path(__file__).parent / "translations.txt"
# How a category of level 3, whose goods keep their English name, is told.
LEAVES = {"th-TH": "สินค้า {}", "id-ID": "Produk {}", "zh-CN": "{}类", "ms-MY": "Barangan {}", "vi-VN": "Hàng {}"}


def _table() -> dict[str, dict[str, str]]:
    """Names by language, by English name."""
    (_, *languages), *lines = (line.split(" | ") for line in FILE.read_text("utf-8").splitlines())
    return {english: dict(zip(languages, others, strict=True)) for english, *others in lines}


TABLE = _table()


def name_in(category: Category, language: str) -> str:
    """The name of a category in one of LANGUAGES."""
    if language == ENGLISH:
        return category.name
    return LEAVES[language].format(category.name) if category.level == 3 else TABLE[category.name][language]


def children_of(level: int, parent: str | None) -> list[Category]:
    """The categories of a level, all or those below one, in the order of the tree."""
    return [node for node in CATEGORIES.values() if node.level == level and parent in (None, node.parent)]
