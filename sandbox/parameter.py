"""Parameters of a route, declared; what a request sent is checked against them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal["text", "integer", "number", "day", "list"]
Value = str | int | float | date | list[str]


class Refused(Exception):
    """The request cannot be answered as it is.

    message     in the provider's words; None for those it has for the failure anyway
    fault       the failure that is answered, by name; `options` what else it says
    problem     "missing" or "invalid" where it is about one parameter
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        fault: str = "bad_parameter",
        parameter: str = "",
        problem: str = "",
        **options: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fault = fault
        self.parameter = parameter
        self.problem = problem
        self.options = options


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the query, of a JSON body or of the path.

    kind      "day" is yyyy-MM-dd; "list" is ids or URLs joined with commas
    least, most   bounds of a number, or `most` items of a list
    lenient_zero  0 is the same as nothing: a sort field that asks for no sort
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    default: Value | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    lenient_zero: bool = False

    def read(self, text: str | None) -> Value | None:
        """The value of what was sent; Refused if it will not do."""
        if text is None or not text.strip():
            if self.required:
                raise Refused(f"{self.name} is required", parameter=self.name, problem="missing")
            return self.default
        value = self._parse(text.strip())
        if self.lenient_zero and value == 0:
            return None
        self._check(value)
        return value

    def _parse(self, text: str) -> Value:
        try:
            match self.kind:
                case "integer":
                    return int(text)
                case "number":
                    return float(text)
                case "day":
                    return date.fromisoformat(text)
                case "list":
                    return [item.strip() for item in text.split(",") if item.strip()]
                case "text":
                    return text
        except ValueError:
            wanted = {"day": "a date, yyyy-MM-dd"}.get(self.kind, f"of type {self.kind}")
            raise self._refused(f"must be {wanted}") from None

    def _check(self, value: Value) -> None:
        if self.choices and value not in self.choices:
            raise self._refused(f"{value} is not supported")
        size = len(value) if isinstance(value, list) else value
        if not isinstance(size, int | float):
            return
        if self.most is not None and size > self.most:
            raise self._refused(f"{'max is' if self.is_count else 'must be less than or equal to'} {self.most:g}")
        if self.least is not None and size < self.least:
            raise self._refused(f"must be greater than or equal to {self.least:g}")

    def _refused(self, why: str) -> Refused:
        return Refused(f"{self.name} {why}", parameter=self.name, problem="invalid")

    @property
    def is_count(self) -> bool:
        return self.kind == "list" or self.name.startswith("page_")


class Arguments:
    """The values of one request, by parameter; what was not sent is None."""

    __slots__ = ("values",)

    def __init__(self, parameters: Iterable[Parameter], params: Mapping[str, str]) -> None:
        self.values = {parameter.name: parameter.read(params.get(parameter.name)) for parameter in parameters}

    def get(self, name: str) -> Value | None:
        return self.values.get(name)

    def text(self, name: str) -> str:
        return str(self.values[name])

    def integer(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        return int(value) if isinstance(value, int | float) else default

    def number(self, name: str, default: float) -> float:
        value = self.values.get(name)
        return value if isinstance(value, int | float) else default

    def day(self, name: str) -> date:
        value = self.values[name]
        assert isinstance(value, date), name
        return value

    def items(self, name: str) -> list[str]:
        value = self.values[name]
        assert isinstance(value, list), name
        return value
