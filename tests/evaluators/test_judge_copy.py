"""The judge of posts, ads and mails: each platform has its criteria."""

from pathlib import Path

import pytest

from tests.evaluators.judging import Stage, stage
from tests.evaluators.programs import Evaluated, evaluate

PLATFORMS = {
    "twitter": {"hook", "clarity", "brevity", "replies", "shareability"},
    "linkedin": {"hook", "credibility", "value", "readability", "conversation"},
    "instagram": {"hook", "emotion", "voice", "picture", "call_to_action"},
    "email": {"subject_line", "relevance", "readability", "trust", "call_to_action"},
    "ad": {"attention", "benefit", "credibility", "clarity", "call_to_action"},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return stage(tmp_path, monkeypatch)


def judge(here: Stage, *args: str) -> Evaluated:
    return evaluate("llm_judge_copy", "--target", "text.md", "--tool", "gemini", *args, at=here.path)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_platform_is_judged_by_its_own_criteria(here: Stage, platform: str) -> None:
    """AR-37: `engagement_score` from 0 to 10 for five platforms."""
    marks = dict(zip(sorted(PLATFORMS[platform]), (2, 4, 5, 7, 9), strict=True))
    here.steps.play({"marks": marks})
    numbers = judge(here, "--platform", platform, "--votes", "2").numbers
    assert numbers == {"engagement_score": 5.4, **marks, "votes": 2, "spread": 0}


def test_the_platform_has_to_be_a_known_one(here: Stage) -> None:
    assert judge(here).misused("--platform")
    assert judge(here, "--platform", "pigeon").misused("pigeon", "linkedin")


def test_marks_for_another_platform_are_no_measurement(here: Stage) -> None:
    here.steps.play({"marks": dict.fromkeys(PLATFORMS["ad"], 9)})
    assert judge(here, "--platform", "email").failed("could not be read", "subject_line")
