"""Templates, and the folder that they are in."""

import pytest
from jinja2 import UndefinedError

from autoresearch.adapters.pages import render
from autoresearch.adapters.resources import folder
from autoresearch.adapters.screen import Column
from autoresearch.views.export import Sheet

EVIL = "<script>alert(1)</script> & \"quotes'"


def sheet(**more: object) -> Sheet:
    usual = {
        "title": EVIL,
        "columns": [Column("description")],
        "rows": [[EVIL]],
        "key": "",
        "records": [],
        "about": {},
    }
    return Sheet(**{**usual, **more})  # type: ignore[arg-type]


def test_the_templates_stand_beside_the_package_in_a_checkout() -> None:
    assert (folder("templates") / "dashboard.html.j2").is_file()
    assert folder("templates").parent.joinpath("pyproject.toml").is_file()


def test_a_name_that_is_missing_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(UndefinedError, match="sheet"):
        render("dashboard.html.j2")


def test_a_page_escapes_what_is_put_into_it() -> None:
    page = render("dashboard.html.j2", sheet=sheet(lines=[EVIL]))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;quotes&#39;") == 4


def test_a_text_is_left_as_it_is() -> None:
    words = {"target": EVIL, "metric": "value", "direction": "lower", "constraints": [EVIL]}
    text = render("ideas/plain.md.j2", **words)
    assert EVIL in text


@pytest.mark.parametrize(
    "progress",
    [
        [(0, 9.0, True), (1, 9.0, False)],
        [(0, 1e308, True), (1, -1e308, False), (2, 5e-324, True)],
        [(3, 9.0, False), (7, 2.0, False)],
        [(0, 9.0, True), (1, 1e9, False), (2, 8.0, True)],
    ],
)
def test_every_trial_has_a_point_inside_the_picture(progress: list[tuple[int, float, bool]]) -> None:
    """Equal values, huge ones, none that was kept, an outlier."""
    page = render("dashboard.html.j2", sheet=sheet(progress=progress))
    points = [line.split(' d="M')[1].split("h0")[0].split() for line in page.splitlines() if 'h0"' in line]
    assert len(points) == len(progress)
    for x, y in points:
        assert 0 <= float(x) <= 1000 and 0 <= float(y) <= 100


def test_one_trial_is_no_picture() -> None:
    assert "<svg" not in render("dashboard.html.j2", sheet=sheet(progress=[(0, 9.0, True)]))
