"""The judge of headlines: what it measures, and what it takes for a text."""

import json
from pathlib import Path

import pytest

from tests.evaluators.judging import Stage, stage
from tests.evaluators.programs import evaluate

VOTES = (
    {"curiosity": 7, "specificity": 6, "emotional": 8, "scroll_stop": 5, "seo": 9},
    {"curiosity": 8, "specificity": 6, "emotional": 4, "scroll_stop": 5, "seo": 9},
    {"curiosity": 1, "specificity": 10, "emotional": 6, "scroll_stop": 5, "seo": 3},
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(tmp_path, monkeypatch)


def test_each_criterion_is_the_median_of_the_votes_and_the_score_their_mean(
    here: Stage, tmp_path: Path
) -> None:
    """AR-35: five criteria, `ctr_score` from 0 to 10; AR-38: the arithmetic is done in code."""
    here.steps.play(*({"marks": vote} for vote in VOTES))
    result = tmp_path / "result.json"
    done = here.content(AUTORESEARCH_RESULT=str(result))
    expected = {
        "ctr_score": 6.6, "curiosity": 7, "specificity": 6, "emotional": 6, "scroll_stop": 5, "seo": 9,
        "votes": 3, "spread": 2.0,
    }  # fmt: skip
    assert done.numbers == expected
    assert json.loads(result.read_text()) == expected


def test_each_vote_is_a_request_of_its_own_with_a_code_of_its_own(here: Stage) -> None:
    """AR-38: several votes."""
    assert here.content("--votes", "5").numbers["votes"] == 5
    requests = [asked["stdin"] for asked in here.steps.asked]
    assert len(requests) == len(set(requests)) == 5


def test_an_even_number_of_votes_has_its_median_between_the_middle_two(here: Stage) -> None:
    here.steps.play({"marks": 4}, {"marks": 7.5})
    done = here.content("--votes", "2").numbers
    assert (done["ctr_score"], done["spread"]) == (5.75, 3.5)


def test_the_end_of_a_long_text_reaches_the_judge(here: Stage) -> None:
    here.write("text.md", "word " * 40_000 + "the very last words")
    assert here.content("--votes", "1").code == 0
    (asked,) = here.steps.asked
    assert "the very last words" in asked["stdin"]


def test_a_text_that_is_too_long_is_refused_and_never_cut(here: Stage) -> None:
    here.write("text.md", "word " * 100_000)
    assert here.content().failed("500000 characters", "400000")
    assert here.steps.asked == []


@pytest.mark.parametrize("text", [b"", b" \n\t\n", b"\xff\xfe\x00a", b"caf\xe9"])
def test_what_is_no_text_is_not_judged(here: Stage, text: bytes) -> None:
    here.write("text.md", text)
    assert here.content().failed("--target text.md")
    assert here.steps.asked == []


def test_a_target_outside_of_the_folder_is_not_judged(here: Stage, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("mine")
    (here.path / "text.md").unlink()
    (here.path / "text.md").symlink_to(secret)
    (here.path / "folder.md").mkdir()
    for target, said in {
        "text.md": "leads out", "../secret.md": "leads out", str(secret): "leads out",
        "folder.md": "no file", "missing.md": "can't be read",
    }.items():  # fmt: skip
        done = evaluate("llm_judge_content", "--target", target, "--tool", "claude", at=here.path)
        assert done.failed(said, target)
    assert here.steps.asked == []


def test_a_link_inside_of_the_folder_is_followed(here: Stage) -> None:
    (here.path / "text.md").rename(here.path / "real.md")
    (here.path / "text.md").symlink_to("real.md")
    assert here.content().code == 0


def test_wrong_usage_is_told_in_one_line(here: Stage) -> None:
    assert here.content("--votes", "0").misused("--votes")
    assert here.content("--tool", "chatty").misused("chatty")
    assert here.content("--model", "gpt-4.1").misused("gpt-4.1", "openrouter", "--api-base")
    assert here.content("--model", "x/y", "--api-base", "ftp://example.org").misused("--api-base")
    neither = evaluate("llm_judge_content", "--target", "text.md", at=here.path)
    assert neither.misused("--tool", "--model")
