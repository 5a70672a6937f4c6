"""The judge of prompts: each case is answered, and its whole answer is judged."""

import json
from pathlib import Path

import pytest

from tests.evaluators.judging import Stage, serving, stage
from tests.evaluators.programs import Evaluated, evaluate

CASES = [{"input": f"input {n}", "expected": f"expected {n}"} for n in (1, 2, 3)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = stage(tmp_path, monkeypatch)
    made.write("prompt.md", "Answer in rhymes.\n")
    made.write("cases.json", json.dumps(CASES))
    return made


def judge(here: Stage, *args: str, cases: str = "cases.json", tool: str = "codex") -> Evaluated:
    who = ("--tool", tool) if tool else ()
    files = ("--target", "prompt.md", "--cases", cases)
    return evaluate("llm_judge_prompt", *files, *who, *args, at=here.path)


def test_the_score_is_the_mean_over_the_cases(here: Stage) -> None:
    """AR-36: `quality_score` from 0 to 100 over a file of cases; correctness is half of it, form a sixth."""
    marks = {
        "expected 1": {"correctness": 100, "completeness": 70, "form": 10},  # 75
        "expected 2": {"correctness": 40, "completeness": 40, "form": 40},
        "expected 3": {"correctness": 0, "completeness": 30, "form": 60},  # 20
    }
    here.steps.play({"by": marks})
    assert judge(here, "--votes", "2").numbers == {
        "quality_score": 45, "correctness": 140 / 3, "completeness": 140 / 3, "form": 110 / 3,
        "worst_case": 20, "cases": 3, "votes": 2, "spread": 0,
    }  # fmt: skip


def test_of_each_case_the_median_vote_counts(here: Stage) -> None:
    here.write("cases.json", json.dumps(CASES[:1]))
    here.steps.play({}, {"marks": 10}, {"marks": 90}, {"marks": 80})
    numbers = judge(here).numbers
    assert (numbers["quality_score"], numbers["spread"]) == (80, 80)


def test_the_prompt_and_the_input_are_answered_and_the_whole_answer_is_judged(here: Stage) -> None:
    """AR-36: generate, then judge the whole of it."""
    here.write("cases.json", json.dumps(CASES[:1]))
    long = "verse\n" * 30_000 + "the very last verse"
    here.steps.play({"generates": long}, {"marks": 50})
    assert judge(here, "--votes", "1").code == 0
    generating, judging = here.steps.asked
    assert generating["stdin"] == "Answer in rhymes.\n\n\ninput 1"
    assert "--output-schema" not in generating["argv"]
    assert "--output-schema" in judging["argv"]
    lines = judging["stdin"].splitlines()
    assert {"| input 1", "| expected 1", "| the very last verse"} <= set(lines)
    assert lines.count("| verse") == 30_000


def test_an_answer_that_is_cut_empty_or_too_long_is_no_measurement(here: Stage) -> None:
    here.write("cases.json", json.dumps(CASES[:1]))
    here.steps.play({"stop": "max_tokens", "generates": "I was about to"}, {"marks": 50})
    assert judge(here, tool="claude").failed("was cut", "case 1 of cases.json")
    here.steps.play({"generates": " \n"})
    assert judge(here).failed("is empty")
    here.steps.play({"generates": "word " * 100_000})
    assert judge(here).failed("500000 characters")


def test_one_case_without_marks_is_no_measurement(here: Stage) -> None:
    """AR-38: an unreadable answer is no measurement; here the number of cases is fixed."""
    here.steps.play({"by": {"expected 2": {"correctness": 101, "completeness": 1, "form": 1}}})
    assert judge(here).failed("case 2 of cases.json", "correctness is no number from 0 to 100")


def test_another_model_can_answer_than_the_one_that_judges(here: Stage) -> None:
    with serving(here.steps) as base:
        more = ("--generator-model", "openai/small", "--api-base", base, "--votes", "1")
        assert judge(here, *more).numbers["quality_score"] == 5
    generating = [asked["body"] for asked in here.steps.asked if "body" in asked]
    assert len(generating) == 3
    assert {body["model"] for body in generating} == {"small"}
    assert [message["role"] for message in generating[0]["messages"]] == ["system", "user"]
    assert generating[0]["messages"][0]["content"] == "Answer in rhymes.\n"
    assert sum("argv" in asked for asked in here.steps.asked) == 3


def test_cases_may_stand_in_lines(here: Stage) -> None:
    here.write("cases.jsonl", "".join(json.dumps(case) + "\n\n" for case in CASES))
    assert judge(here, cases="cases.jsonl").numbers["cases"] == 3
    here.write("cases.jsonl", json.dumps(CASES[0]) + "\n")
    assert judge(here, cases="cases.jsonl").numbers["cases"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no case"),
        ("{", "JSON"),
        ("[1]", "case 1"),
        ('[{"input": "a", "expected": "b"}, {"input": "a"}]', "case 2"),
        ('[{"input": "a", "expected": " "}]', "case 1"),
        ('[{"input": "a", "expected": "\\ud800"}]', "half a character"),
        ("[" * 100_000, "JSON"),
        ("", "is empty"),
    ],
)
def test_a_file_that_holds_no_cases_is_told_before_anybody_is_asked(
    here: Stage, text: str, said: str
) -> None:
    here.write("cases.json", text)
    assert judge(here).failed(said, "cases.json")
    assert here.steps.asked == []
