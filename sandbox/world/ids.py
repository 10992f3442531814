"""Ids that say nothing and still lead back to an index: a prefix and a permutation of the digits after it."""

from sandbox.world.draw import Draw

USER_DIGITS = (19, 19, 18, 19, 16, 19, 13, 10, 8, 7)  # of the users whose index ends in 0, 1, … 9


class Ids:
    """The ids of one kind: `prefix` and then `digits` digits.

    encode   index to id; different seeds give different ids
    decode   id to index; None for a text that is no id of this kind and seed (an index may still be out of range)
    """

    def __init__(self, key: bytes, kind: str, prefix: str, digits: int) -> None:
        draw = Draw(key, f"ids {kind}")
        self.prefix = prefix
        self.digits = digits
        self.size: int = 10**digits
        # Ends in 1, so it has no factor with a power of ten and can be undone.
        self.factor = (draw.number() * draw.number() * 10 + 1) % self.size
        self.shift = (draw.number() * draw.number()) % self.size
        self.inverse: int = pow(self.factor, -1, self.size)

    def encode(self, index: int) -> str:
        return f"{self.prefix}{self.order(index):0{self.digits}d}"

    def order(self, index: int) -> int:
        """A number that sorts as the id does."""
        number: int = (index * self.factor + self.shift) % self.size
        return number

    def decode(self, text: str) -> int | None:
        body = text.removeprefix(self.prefix)
        if len(text) != len(self.prefix) + self.digits or len(body) != self.digits or not is_number(body):
            return None
        index: int = (int(body) - self.shift) * self.inverse % self.size
        return index


class UserIds:
    """Ids of users: 7 to 19 digits, old accounts the short ones."""

    def __init__(self, key: bytes) -> None:
        self.by_length = {digits: Ids(key, f"user {digits}", "6", digits - 1) for digits in set(USER_DIGITS)}

    def encode(self, index: int) -> str:
        return self.by_length[USER_DIGITS[index % 10]].encode(index)

    def decode(self, text: str) -> int | None:
        ids = self.by_length.get(len(text))
        index = ids.decode(text) if ids else None
        return index if index is not None and USER_DIGITS[index % 10] == len(text) else None


def is_number(text: str) -> bool:
    """True for ASCII digits only; str.isdigit also takes other scripts and superscripts."""
    return text.isascii() and text.isdigit()
