"""The ready evaluators: listed without being run, and laid down whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch.core.errors import ExperimentError
from autoresearch.research.ready import evaluator_settings, find, programs, ready_evaluators, variables

NAMES = [
    "benchmark_size", "benchmark_speed", "build_speed", "llm_judge_content", "llm_judge_copy",
    "llm_judge_prompt", "memory_usage", "test_pass_rate",
]  # fmt: skip


def test_all_eight_are_found_with_what_they_measure() -> None:
    """AR-05"""
    found = ready_evaluators()
    assert [each.name for each in found] == NAMES
    assert all(each.metric and each.summary and each.settings for each in found)
    assert {each.direction for each in found} == {"lower", "higher"}


def test_a_name_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(ExperimentError, match="did you mean 'benchmark_speed'"):
        find("benchmark-sped")
    with pytest.raises(ExperimentError, match="there are benchmark_size, "):
        find("zzz")


def test_settings_are_read_in_the_kind_of_their_default() -> None:
    speed = find("benchmark_speed")
    settings = evaluator_settings(
        speed, ["command=python bench.py --n=3", "runs=20", "timeout=2.5"], ["a.py"]
    )
    assert settings == {
        "use": "benchmark_speed",
        "command": "python bench.py --n=3",
        "runs": 20,
        "timeout": 2.5,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["command=x", "rnus=3"], "no setting 'rnus'; did you mean 'runs'"),
        (["command=x", "zzz=3"], "it takes command, runs"),
        (["command=x", "runs=many"], "runs: 'many' is no number; such as --set runs=10"),
        (["command=x", "runs"], "write --set key=value"),
        ([], "benchmark_speed needs command: .*; add --set command="),
    ],
)
def test_a_wrong_setting_is_one_line(given: list[str], said: str) -> None:
    with pytest.raises(ExperimentError, match=said):
        evaluator_settings(find("benchmark_speed"), given, ["a.py"])


def test_a_judge_reads_the_only_target_unless_told_otherwise() -> None:
    judge = find("llm_judge_content")
    tool = "tool=claude"
    assert evaluator_settings(judge, [tool], ["post.md"])["target"] == "post.md"
    assert evaluator_settings(judge, [tool, "target=b.md"], ["post.md"])["target"] == "b.md"
    with pytest.raises(ExperimentError, match="needs target"):
        evaluator_settings(judge, [tool], ["a.md", "b.md"])


def test_a_judge_without_anybody_to_ask_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(ExperimentError, match=r"needs tool or model .*; add --set tool=…"):
        evaluator_settings(find("llm_judge_content"), [], ["post.md"])


def test_a_judge_is_given_the_one_key_that_its_model_needs() -> None:
    """AR-38"""
    judge = find("llm_judge_content")
    assert variables(judge, {"model": "openrouter/v/m"}) == ["OPENROUTER_API_KEY"]
    assert variables(judge, {"model": "ollama/m"}) == []
    assert variables(judge, {"tool": "claude"}) == []
    assert variables(judge, {"model": "x", "key_env": "MY_KEY"}) == ["MY_KEY"]
    with_server = ["OPENAI_API_KEY", "OPENAI_BASE_URL"]  # or the key would go to another server
    assert variables(judge, {"model": "openai/m"}) == with_server
    assert variables(judge, {"model": "openai/m", "api_base": "http://here/v1"}) == with_server[:1]
    assert variables(find("benchmark_speed"), {"command": "x"}) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_laid_down_runs_by_itself(name: str, tmp_path: Path) -> None:
    files = programs(find(name))
    assert "evaluate.py" in files
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    helped = subprocess.run(
        [sys.executable, "-B", str(tmp_path / "evaluate.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert helped.returncode == 0, helped.stderr
    assert "--" in helped.stdout
