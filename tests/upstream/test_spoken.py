"""What is said in a video is its WebVTT text without anything that is not said."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from upstream.echotik.columns import spoken

PROPERTY = settings(max_examples=100, deadline=None, database=None)

FIRST, SECOND = "00:00.000 --> 00:03.000", "00:00:03.000 --> 01:00:06.500"
PLAIN = f"WEBVTT\n\n{FIRST}\nHello there\n\n{SECOND}\nand welcome\n"
SAID = "Hello there\nand welcome"

VARIANTS = {
    "plain": PLAIN,
    "a BOM": f"\ufeff{PLAIN}",
    "no line end at the end": PLAIN.rstrip(),
    "more blank lines": PLAIN.replace("\n\n", "\n\n\n\n"),
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CR": PLAIN.replace("\n", "\r"),
    "a header with text": PLAIN.replace("WEBVTT", "WEBVTT - Kind: captions; Language: en"),
    "header lines": PLAIN.replace("WEBVTT", "WEBVTT\nKind: captions\nLanguage: en"),
    "no header": PLAIN.removeprefix("WEBVTT\n\n"),
    "numbers of cues": PLAIN.replace(FIRST, f"1\n{FIRST}").replace(SECOND, f"2\n{SECOND}"),
    "names of cues": PLAIN.replace(FIRST, f"opening - words\n{FIRST}"),
    "cue settings": PLAIN.replace(FIRST, f"{FIRST} line:0 position:20% align:start"),
    "tabs around the arrow": PLAIN.replace(" --> ", "\t-->\t"),
    "a note": PLAIN.replace(SECOND, f"NOTE checked twice\n\n{SECOND}"),
    "a note of lines": f"{PLAIN}\nNOTE\nchecked twice\nby somebody\n",
    "a style": PLAIN.replace(FIRST, f"STYLE\n::cue {{\n  color: papayawhip;\n}}\n\n{FIRST}"),
    "a region": PLAIN.replace(FIRST, f"REGION\nid:fred\nwidth:40%\n\n{FIRST}"),
    "a voice": PLAIN.replace("Hello there", "<v Mary Ann>Hello there</v>"),
    "marks": PLAIN.replace("Hello there", "<b>Hello</b> <i.loud><u>there</u></i>"),
    "a class": PLAIN.replace("Hello", "<c.yellow.bg_blue>Hello</c>"),
    "times inside": PLAIN.replace("Hello there", "Hello <00:00:01.500>there"),
    "a language": PLAIN.replace("there", "<lang en-GB>there</lang>"),
    "lines of one cue": PLAIN.replace("Hello there", "Hello\nthere"),
    "blanks around": PLAIN.replace("Hello there", "  Hello there \t"),
    "no blank line between cues": PLAIN.replace(f"\n\n{SECOND}", f"\n{SECOND}"),
    "no blank line behind the header": PLAIN.replace("WEBVTT\n\n", "WEBVTT\n"),
    "a cue without words": PLAIN.replace(SECOND, f"00:03.000 --> 00:03.500\n<b></b>\n\n{SECOND}"),
}


@pytest.mark.parametrize("vtt", VARIANTS.values(), ids=VARIANTS)
def test_words_alone_are_told_a_line_for_each_cue(vtt: str):
    assert spoken(vtt) == SAID


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("salt &amp; pepper", "salt & pepper"),
        ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
        ("not &lt;b&gt;bold&lt;/b&gt;", "not <b>bold</b>"),
        ("&amp;lt; is a sign", "&lt; is a sign"),
        ("&quot;so&quot; it&#39;s", '"so" it\'s'),
        ("Crème brûlée 好吃 👍", "Crème brûlée 好吃 👍"),
        ("- Who?\n- Me!", "- Who? - Me!"),
        ("NOTE this down", "NOTE this down"),
        ("STYLE", "STYLE"),
        ("2", "2"),
        ("WEBVTT", "WEBVTT"),
        ("one - - > two", "one - - > two"),
    ],
)
def test_what_is_said_stays_as_it_is_said(payload: str, said: str):
    assert spoken(PLAIN.replace("Hello there", payload)) == f"{said}\nand welcome"


@pytest.mark.parametrize(
    "vtt",
    [
        "WEBVTT",
        "WEBVTT\n\n",
        "WEBVTT\n\nNOTE nothing is said\n",
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n",
        f"WEBVTT\n\n{FIRST}\n\n{SECOND}\n",
        f"WEBVTT\n\n{FIRST}",
        "some words without a time",
    ],
)
def test_text_without_cues_says_nothing(vtt: str):
    assert spoken(vtt) == ""


@pytest.mark.parametrize("value", [None, "", "  \r\n\t", 5, 0.5, True, [PLAIN], {"data": PLAIN}, PLAIN.encode()])
def test_what_is_no_text_is_none(value: Any):
    assert spoken(value) is None


WORD = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
NOTES = st.sampled_from(["", "NOTE a note\n\n", "STYLE\n::cue { color: red }\n\n"])


@PROPERTY
@given(
    cues=st.lists(st.tuples(NOTES, st.sampled_from(["", "7\n", "a name\n"]), st.lists(LINE, min_size=1, max_size=3))),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@example(cues=[("", "", ["<b>"]), ("", "", ["&amp;"]), ("", "", ["-->"])], end="\n")
def test_any_words_come_back_from_any_cues(cues: list[tuple[str, str, list[str]]], end: str):
    blocks = [
        f"{note}{name}{FIRST}\n" + "".join(f"{html.escape(line, quote=False)}\n" for line in lines)
        for note, name, lines in cues
    ]
    vtt = "\n".join(["WEBVTT\n", *blocks]).replace("\n", end)

    assert spoken(vtt) == "\n".join(" ".join(lines) for _, _, lines in cues)


PIECES = st.sampled_from(
    [
        "WEBVTT",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "-->",
        FIRST,
        "<v Bob",
        ">",
        "<",
        "</",
        "&",
        "&#0;",
        "&#x110000;",
        "&amp",
    ]
)
ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.text(max_size=5))


@PROPERTY
@given(value=ANY | st.lists(PIECES | st.text(max_size=4), max_size=20).map("".join))
@example(value="\ud800 --> \ud800\n\ud800")
@example(value="-->\n" * 500)
@example(value="-->\n" + "<" * 2000)
@example(value="WEBVTT" + "\n \t" * 5000)
def test_any_value_is_text_or_none_and_no_error(value: Any):
    found = spoken(value)

    assert found is None or type(found) is str
    assert len(found or "") <= len(str(value)), "nothing is said twice"
