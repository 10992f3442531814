"""What a visitor of /graphql sees and does."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.running import until
from tests.web.conftest import Open, ready

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "web/src/examples").glob("*.graphql"))
KEY = "a key that a client keeps"
KEYS = f"heron:{hashlib.sha256(KEY.encode()).hexdigest()}"

SHOWS = """([editor, text]) =>
  document.querySelector(`[aria-label='${editor}'] > .graphiql-editor:not(.hidden) .view-lines`)
    .textContent.replace(/\\s/g, '') === text.replace(/\\s/g, '')"""
KNOWS = """text => {
  const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{"tabs": []}');
  return tabs[activeTabIndex]?.query === text;
}"""
KEEPS = """text => {
  const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{"tabs": []}');
  return tabs[activeTabIndex]?.query?.includes(text);
}"""
SELLERS = "{ products(region: GB, first: 3) { nodes { name seller { name } } } }"
TREND = "{ products(region: GB, first: 2) { nodes { name trend(days: 9) { date units gmv } } } }"


def panel(page: Page, name: str) -> Locator:
    """A panel, brought to the front."""
    page.get_by_label(f"Show {name}", exact=True).click()
    return page.locator(".graphiql-plugin")


def write(page: Page, text: str, editor: str = "Operation Editor") -> None:
    """Paste over what stands in an editor."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator(f"[aria-label='{editor}'] > .graphiql-editor:not(.hidden) .view-lines").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+v")
    page.wait_for_function(SHOWS, arg=[editor, text])
    if editor == "Operation Editor":
        page.wait_for_function(KNOWS, arg=text)  # GraphiQL takes note of it only when nothing is typed for a while


def run(page: Page) -> dict[str, Any]:
    """Press the button; gives the body that came, trace and all."""
    with page.expect_response(lambda response: response.url.endswith("/graphql")) as coming:
        page.keyboard.press("Escape")  # a list of suggestions may lie over it
        page.locator(".graphiql-execute-button").click()
    body: dict[str, Any] = coming.value.json()
    return body


def told(section: Locator) -> dict[str, int]:
    """The figures of a panel by name."""
    cells = section.locator("[data-of]").all()
    return {str(cell.get_attribute("data-of")): int(cell.inner_text()) for cell in cells}


def color(page: Page, selector: str, name: str) -> int:
    """How light something is, 0 to 255."""
    css = page.locator(selector).first.evaluate(f"(element) => getComputedStyle(element).{name}")
    return sum(int(float(part)) for part in re.findall(r"[\d.]+", css)[:3]) // 3


def test_a_query_is_typed_with_completion_and_runs(opened: Open):
    page = opened()
    expect(page.locator("#emulated")).to_contain_text("Emulated data")
    expect(page.locator("#keyed")).to_have_count(0)

    write(page, " ")
    page.keyboard.type("{ provid")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Space")
    offered = page.locator(".suggest-widget .monaco-list-row")
    expect(offered.first).to_contain_text("providers")
    page.keyboard.press("Enter")
    page.keyboard.type(" { provider ")
    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("providers")
    page.keyboard.press("Escape")  # what else is offered would lie over the button
    expect(page.locator(".suggest-widget.visible")).to_have_count(0)
    answer = run(page)

    assert {"provider": "ECHOTIK"} in answer["data"]["providers"]
    expect(page.locator(".graphiql-response .view-lines")).to_contain_text("ECHOTIK")


def test_the_price_or_what_is_wrong_stands_there_before_it_runs_and_the_cost_behind(opened: Open):
    page = opened()
    cost = panel(page, "Cost")
    before, after = cost.get_by_label("Before it runs"), cost.get_by_label("The last answer")
    with page.expect_response(lambda response: SELLERS in (response.request.post_data or "")) as coming:
        write(page, SELLERS)
    price = coming.value.json()

    assert price["estimatedCredits"] == 4
    expect(before.locator("[data-of=estimatedCredits]")).to_have_text("4")
    assert before.locator("tbody tr").count() == len(price["byEndpoint"]) + len(price["plan"])

    answer = run(page)["extensions"]["cost"]
    expect(after.locator("[data-of=actualCredits]")).to_have_text(str(answer["actualCredits"]))
    figures = {name: value for name, value in answer.items() if isinstance(value, int)}
    assert told(after) == {**figures, "remaining": answer["budget"]["remaining"]}
    steps = after.locator(".shopgraph-step")
    assert steps.count() == len(answer["trace"]) >= answer["calls"] > 0
    expect(before.locator("[data-of=estimatedCredits]")).to_have_text("0")  # by now the store has it
    assert "trace" not in page.locator(".graphiql-response .view-lines").inner_text()

    again = run(page)["extensions"]["cost"]
    expect(after.locator("[data-of=cacheHits]")).to_have_text(str(again["cacheHits"]))
    assert again["cacheHits"] > 0 == again["calls"]
    assert {step.get_attribute("data-kind") for step in steps.all()} == {"cached"}

    write(page, "{ products(region: GB, first: 3) { nodes { nam } } }")
    expect(before.get_by_role("alert")).to_contain_text("Cannot query field 'nam'")
    write(page, "{ products(region: GB, first: 100) { nodes { influencers(first: 100) { nodes { handle } } } } }")
    expect(before.get_by_role("alert")).to_contain_text("Above the 200 that a request may spend")


def test_the_explorer_adds_a_field_that_is_there_after_a_reload_as_is_the_theme_that_was_chosen(opened: Open):
    page = opened()
    write(page, "query Kept { products(region: GB, first: 3) { nodes { name } } }")
    explorer = panel(page, "GraphiQL Explorer")
    explorer.locator("[data-field-name=totalCount]").first.click()
    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("totalCount")
    page.wait_for_function(KEEPS, arg="totalCount")
    run(page)
    page.get_by_label("Open settings dialog").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    page.keyboard.press("Escape")

    page.reload()
    ready(page)

    expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("totalCount")
    expect(panel(page, "History").get_by_role("listitem").first).to_contain_text("Kept")
    assert color(page, ".graphiql-container", "backgroundColor") < 80


def test_it_is_dark_where_the_system_is_and_follows_it(opened: Open):
    page = opened(dark=True)
    panel(page, "Cost")
    editor, words = ".graphiql-query-editor .view-line span span", ".shopgraph-panel"
    assert color(page, ".graphiql-container", "backgroundColor") < 80 < 140 < color(page, words, "color")
    until(lambda: color(page, editor, "color") > 0)  # black is what has not been coloured yet
    dark = color(page, editor, "color")

    page.emulate_media(color_scheme="light")

    expect(page.locator(".graphiql-container")).not_to_have_css("background-color", "rgb(33, 42, 59)")
    assert color(page, ".graphiql-container", "backgroundColor") > 200 > 120 > color(page, words, "color")
    until(lambda: color(page, editor, "color") < dark)


def test_every_example_opens_with_values_and_is_answered(opened: Open):
    page = opened()
    buttons = page.locator(".shopgraph-examples button")  # a new visitor sees them
    assert buttons.count() == len(EXAMPLES) == 8

    for place, file in enumerate(EXAMPLES):
        name = re.search(r"query (\w+)", file.read_text())
        assert name is not None
        buttons.nth(place).click()
        expect(page.get_by_role("tab", name=name[1])).to_be_visible()
        answer = run(page)
        assert "errors" not in answer, (file.name, answer["errors"])
        assert all(answer["data"].values()), file.name
        expect(page.locator(".shopgraph-examples [disabled]")).to_have_count(0)
    expect(page.locator(".shopgraph-panel [role=alert]")).to_have_count(0)


def test_trends_are_drawn_day_by_day(opened: Open):
    page = opened()
    trends = panel(page, "Trends")
    expect(trends).to_contain_text("The last answer has no list of days")
    write(page, TREND)

    nodes = run(page)["data"]["products"]["nodes"]

    figures = trends.locator("figure")
    expect(figures).to_have_count(2)
    for node, figure in zip(nodes, figures.all(), strict=True):
        expect(figure).to_contain_text(node["name"])
        assert figure.get_by_role("img").count() == 2
        points = figure.get_by_role("img").first.locator("title").all_text_contents()
        assert points == [f"{day['date']}: {day['units']}" for day in node["trend"]]
        assert date.fromisoformat(points[0].split(":")[0]) < date.today()
        drawn = str(figure.locator("path").first.get_attribute("d"))
        heights = [float(pair.split()[1]) for pair in re.split("[ML]", drawn)[1:]]
        units = [day["units"] for day in node["trend"]]
        assert heights.index(min(heights)) == units.index(max(units))  # up is more


def test_with_client_keys_the_page_asks_for_one_and_then_knows_the_schema(opened: Open, gateway: Any):
    page = opened(gateway(shopgraph_api_keys=KEYS))
    expect(page.locator("#keyed")).to_be_visible()
    expect(page.locator("#emulated")).to_have_count(0)
    write(page, "{ providers { provider } }")
    assert run(page)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    write(page, json.dumps({"Authorization": f"Bearer {KEY}"}), editor="Headers")
    answer = run(page)

    assert answer["data"]["providers"]
    expect(page.locator("#keyed")).to_be_hidden()
    panel(page, "Documentation Explorer")
    expect(page.locator(".graphiql-plugin")).to_contain_text("Query")
    page.wait_for_timeout(700)
    assert KEY not in json.dumps(page.evaluate("() => ({...localStorage})"))
