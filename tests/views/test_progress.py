"""The picture of a search: what is in it, and that it stands alone. (Looked at by eyes, too.)"""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.model import Metric, Trial
from autoresearch.views.progress import (
    BOTTOM,
    CHARACTER,
    CRASHES,
    LEFT,
    LINE,
    MOST,
    RIGHT,
    TOP,
    Range,
    picture,
)

MS = Metric("p50_ms", "lower", "ms")
SVG = "{http://www.w3.org/2000/svg}"


def made(number: int, value: float | None, status: str = "keep", **more: Any) -> Trial:
    reason = {"keep": "confirmed" if number else "baseline", "discard": "not_better", "crash": "timeout"}[
        status
    ]
    row = {"reason": reason, "description": f"idea {number}", **more}
    return Trial(number, None, f"c{number}", None, status, metric=value, **row)  # type: ignore[arg-type]


def drawn(trials: list[Trial], metric: Metric = MS) -> ElementTree.Element:
    return ElementTree.fromstring(picture(trials, metric))


def path(root: ElementTree.Element, name: str) -> str:
    """The last path of a class: the first ones are the legend's."""
    return root.findall(f".//{SVG}path[@class='{name}']")[-1].attrib["d"]


def circles(root: ElementTree.Element) -> list[ElementTree.Element]:
    return root.findall(f"{SVG}circle")


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


TRIALS = [
    made(0, 8.0), made(1, 6.0, description="cache <b> & more"), made(2, 7.0, "discard"),
    made(3, None, "crash"), made(4, 5.0), made(5, 4000.0, "discard"),
]  # fmt: skip


def test_every_trial_is_in_it_and_what_was_kept_is_named_with_its_idea() -> None:
    """AM-56"""
    root = drawn(TRIALS)
    assert {"p50_ms (ms)", "lower is better", "trial", "#0", "#1", "#4"} <= set(texts(root))
    titles = [circle.findtext(f"{SVG}title") for circle in circles(root)]
    assert titles == [
        "trial 0: 8 ms: baseline", "trial 1: 6 ms: cache <b> & more", "trial 4: 5 ms: idea 4",
    ]  # fmt: skip
    assert path(root, "other").count("M") == 1 and path(root, "beyond").count("M") == 1
    (x, y) = re.findall(r"[\d.]+", path(root, "crashed"))[:2]
    assert float(y) == CRASHES > BOTTOM + 20 and LEFT < float(x) < RIGHT and "crashed" in texts(root)
    assert "crashed" not in texts(drawn(TRIALS[:3]))
    steps = re.findall(r"[MHV]", path(root, "best"))
    assert "".join(steps) == "MHVHVH"


@pytest.mark.parametrize("metric", [MS, Metric("score", "higher")])
def test_a_value_far_from_what_was_kept_is_an_arrowhead_at_the_edge_that_points_out(metric: Metric) -> None:
    """AM-56: whichever side is the better one; its title tells the value."""
    root = drawn([*TRIALS, made(6, -4000.0, "discard")], metric)
    heads = root.findall(f"{SVG}path[@class='beyond']")
    said = [head.findtext(f"{SVG}title") for head in heads]
    assert [str(each).removesuffix("ms").split(":")[1].split()[0] for each in said] == ["4000", "-4000"]
    ends = [re.fullmatch(r"M[\d.]+ ([\d.]+)h10l-5 (-?8)z", head.attrib["d"]) for head in heads]
    tips = [(float(found[1]) + int(found[2]), int(found[2])) for found in ends if found]
    assert tips == [(TOP, -8), (BOTTOM, 8)]
    assert all(TOP < float(circle.attrib["cy"]) < BOTTOM for circle in circles(root))
    assert "off the scale" in texts(root) and "off the scale" not in texts(drawn(TRIALS[:5]))


def test_labels_do_not_meet() -> None:
    root = drawn([made(n, 1000.0 / (n + 1)) for n in range(300)])
    labels = [each for each in root.iter(f"{SVG}text") if each.attrib.get("class") == "name"]
    boxes = [(float(e.attrib["x"]), float(e.attrib["y"]), CHARACTER * len(e.text or "") / 2) for e in labels]
    assert 5 < len(boxes) < 60 and {"#0", "#299"} <= {e.text for e in labels}
    for i, (x, y, half) in enumerate(boxes):
        assert all(abs(x - a) > half + c or abs(y - b) > LINE for a, b, c in boxes[:i])


def test_it_is_marked_where_the_question_changed_and_nothing_before_is_on_its_scale() -> None:
    trials = [*TRIALS, made(6, 900.0, reason="baseline"), made(7, 800.0)]
    root = drawn(trials)
    assert any("the question changed" in text for text in texts(root))
    assert [circle.findtext(f"{SVG}title") for circle in circles(root)] == [
        "trial 6: 900 ms: baseline", "trial 7: 800 ms: idea 7",
    ]  # fmt: skip
    assert path(root, "earlier").count("M") == 5
    assert "the question changed" not in " ".join(texts(drawn(TRIALS)))


@pytest.mark.parametrize(
    "trials",
    [[], [made(0, 8.0)], [made(0, None, "crash")], [made(0, 0.0), made(1, -1.0)],
     [made(0, 1e308), made(1, -1e308)], [made(0, 5e-324), made(1, 0.0)],
     [made(0, 3.0), made(1, 3.0, "discard")]],
)  # fmt: skip
def test_any_search_can_be_drawn(trials: list[Trial]) -> None:
    root = drawn(trials, Metric("score", "higher"))
    assert ("nothing is measured yet" in texts(root)) == (trials == [])


def test_it_stands_alone_and_is_bounded() -> None:
    """No script, no font or picture from elsewhere; light and dark."""
    told = picture([made(n, 1e6 - n, "keep" if n % 2 == 0 else "discard") for n in range(10_000)], MS)
    assert "prefers-color-scheme: dark" in told and len(told) < 250_000
    far = [made(n, 1e6 if n % 2 else n / 1e9, "discard" if n % 2 else "keep") for n in range(10_000)]
    crowded = picture(far, MS)
    assert len(crowded) < 300_000 and crowded.count("h10l-5 -8z") > MOST
    rest = told.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"<script|href|url\(|@import|https?:", rest)


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.text(), FINITE, FINITE)
def test_any_words_and_numbers_make_a_whole_picture(words: str, one: float, other: float) -> None:
    trials = [made(0, one), made(1, other, description=words), made(2, one, "discard")]
    assert len(circles(drawn(trials, Metric(words or "x", "lower", words)))) == 2


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_round_few_and_inside(low: float, span: float) -> None:
    axis = Range(low, low + span, 0.0, 100.0)
    if low + span > low:
        ticks = axis.ticks(5)
        assert 1 <= len(ticks) <= 7 and all(-0.1 <= place <= 100.1 for place, _ in ticks)
