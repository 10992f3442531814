"""What expressions of Prometheus name: metrics, the labels that are asked of each, and the values of these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana/dashboard.json"
RULES = [DEPLOY / "prometheus/recording.rules.yaml", DEPLOY / "prometheus/alerts.rules.yaml"]

SELECTOR = re.compile(r"\b(?P<name>up|ALERTS|shopgraph[_:][a-z0-9_:]+)\b(?:\{(?P<matchers>[^}]*)\})?")
MATCHER = re.compile(r'(?P<label>\w+)\s*(?P<how>=~|!~|!=|=)\s*"(?P<value>[^"]*)"')
AGGREGATION = re.compile(r"\bby \((?P<labels>[^)]*)\)\s*\(")
LEGEND = re.compile(r"\{\{\s*(?:\$labels\.)?(?P<label>[a-z]\w*)\s*\}\}")
BY_PROMETHEUS = {"instance", "job", "alertname", "alertstate", "severity"}
"""Labels that no server tells."""


class Asked(NamedTuple):
    """A metric with a label that is asked of it, and the value that the label has to have somewhere, if any."""

    name: str
    label: str = ""
    value: str = ""


@cache
def rules() -> list[Mapping[str, Any]]:
    return [rule for file in RULES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[Mapping[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def panels() -> list[Mapping[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, with the text that shows labels of what it brings."""
    for panel in panels():
        yield from ((target["expr"], target["legendFormat"]) for target in panel["targets"])
    for rule in rules():
        yield rule["expr"], rule.get("annotations", {}).get("summary", "")


def asked(expression: str, shown: str = "") -> Iterator[Asked]:
    """What an expression names. A metric that a rule records has the labels that its rule keeps."""
    for found in SELECTOR.finditer(expression):
        yield Asked(found["name"])
        for matcher in MATCHER.finditer(found["matchers"] or ""):
            exact = matcher["how"] in ("=", "!=") and "$" not in matcher["value"]
            values = [matcher["value"]] if exact else []
            if matcher["how"] == "=~" and "$" not in matcher["value"]:
                values = matcher["value"].split("|")
            yield from (Asked(found["name"], matcher["label"], value) for value in values or [""])
    for aggregation in AGGREGATION.finditer(expression):
        inside = _inside(expression, aggregation.end())
        labels = [label.strip() for label in aggregation["labels"].split(",")]
        yield from (Asked(found["name"], label) for found in SELECTOR.finditer(inside) for label in labels)
    labels = LEGEND.findall(shown)
    kept = {label.strip() for each in AGGREGATION.finditer(expression) for label in each["labels"].split(",")}
    names = [found["name"] for found in SELECTOR.finditer(expression)]
    yield from (Asked(names[0], label) for label in labels if label not in kept)


def _inside(expression: str, begin: int) -> str:
    """What stands up to the parenthesis that closes."""
    depth, end = 1, begin
    while depth:
        depth += {"(": 1, ")": -1}.get(expression[end], 0)
        end += 1
    return expression[begin : end - 1]


@cache
def recorded() -> Mapping[str, Sequence[str]]:
    """Metrics that rules record, with the labels that they have."""
    kept = {}
    for rule in rules():
        if "record" in rule:
            found = AGGREGATION.search(rule["expr"])
            labels = [label.strip() for label in found["labels"].split(",")] if found else []
            kept[rule["record"]] = [label for label in labels if label != "le"]
    kept["shopgraph:operations:ratio5m"] = ["outcome"]  # it is divided, not summed
    return kept


@cache
def origins(name: str) -> set[str]:
    """The metrics of servers that one is made of: itself, or what its rule reads."""
    rule = next((rule["expr"] for rule in rules() if rule.get("record") == name), None)
    if rule is None:
        return {name}
    return {origin for each in asked(rule) if each.name != name for origin in origins(each.name)}
