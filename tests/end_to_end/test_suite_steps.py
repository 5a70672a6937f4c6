"""Step by step, file in, file out; reports, exports, imports; and the commands of older tools."""

import csv
import io
import json
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.provider import Provider, own_variables, reply, serve, status
from tests.suites.laid import suite

__all__ = ["own_variables", "serve"]

QUESTIONS = '''\
[[questions]]
id = "double"
prompt = """
Write double."""
answer_preload = "def double(x):"
[[questions.testcases]]
code = "print(double(2))"
expect = "4"
[[questions.testcases]]
code = "print(double(int(input())))"
stdin = "3"
expect = "6"

[[questions]]
id = "explain"
prompt = "Explain in plain English."
'''


@pytest.fixture
def asked(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setenv("OPENAI_API_BASE", provider.base)
    return provider


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_three_steps_of_an_older_tool_each_from_a_file_to_a_file(project: Project, asked: Provider) -> None:
    """CX-01, CX-02, CX-03, CX-04, CX-07, CX-08, CX-10, CX-11, CX-14, CX-17, CX-25, CX-34, CX-35, CX-37."""
    project.write("in.toml", QUESTIONS)
    project.write(".env", "OPENAI_API_KEY=sk-0123456789abcdef\n")
    asked.plays(status(400, message="no"))
    words = ("in.toml", "out.toml", "--n", "2", "--model", "openai/tester", "--temp", "0.5")
    done = project.run("suite", "generate-completions", *words)
    assert done.code == 3, done.err
    assert (project.path / "in.toml").read_text() == QUESTIONS
    first, second = tomllib.loads((project.path / "out.toml").read_text())["questions"]
    assert len(first["testcases"]) == 2
    failed = {"completion": "", "status": "error", "error": "no"}
    assert first["completions"] == second["completions"] == [failed] * 2
    assert {(seen.body["temperature"], seen.body["max_tokens"]) for seen in asked.seen} == {
        (0.5, 16)
    }  # CX-09
    asked.plays("    return x * 2")
    for _ in range(2):
        assert project.run("suite", "gen", *words).code == 0
    assert len(asked.seen) == 8
    first, second = tomllib.loads((project.path / "out.toml").read_text())["questions"]
    assert first["completions"] == [{"completion": "def double(x):    return x * 2"}] * 2
    assert second["completions"] == [{"completion": "    return x * 2"}] * 2
    # A person puts one right; the test sees it, and it is on record.
    text = (project.path / "out.toml").read_text()
    project.write("out.toml", text.replace("return x * 2", "return x + 2", 1))
    for _ in range(2):  # CX-32: results are replaced
        assert project.run("suite", "run-tests", "out.toml", "tested.toml").code == 0
    first, second = tomllib.loads((project.path / "tested.toml").read_text())["questions"]
    assert sorted(each["results"] for each in first["completions"]) == [[True, False], [True, True]]
    assert all("results" not in each for each in second["completions"])
    assert project.run("suite", "write-results", "tested.toml", "r.csv").code == 0
    double, explain = rows(project.path / "r.csv")
    assert list(double) == ["qid", "response 0", "response 1", "average", "median", "stdev", "min", "max"]
    assert (double["average"], double["stdev"], double["min"]) == ("0.75", "0.3536", "0.5")
    assert set(list(explain.values())[1:]) == {""}
    assert project.run("suite", "summary", "tested.toml", "r.csv", "--aggregate", "all-or-nothing").code == 0
    assert rows(project.path / "r.csv")[0]["average"] == "0.5"
    assert "generate-completions" not in project.run("suite", "--help").out


def test_one_completion_has_no_spread_and_fuzzy_is_a_ratio(project: Project) -> None:
    """CX-36, CX-38, CX-42, CX-43: also of the later generation."""
    text = (
        '[[questions]]\nid = "a"\nprompt = "p"\n[[questions.testcases]]\ncode = ""\nexpect = "aaaaaaaaab"\n'
    )
    project.write("one.toml", f"{text}[[questions.completions]]\ncode = \"print('a' * 10)\"\n")
    assert project.run("suite", "test", "one.toml", "-o", "two.toml").code == 0
    for match, value in (("exact", "0.0"), ("fuzzy", "0.9"), ("fuzzy_w_cutoff", "1.0")):
        done = project.run("suite", "report", "two.toml", "-o", "r.csv", "--match", match)
        assert done.code == 0, done.err
        (row,) = rows(project.path / "r.csv")
        assert (row["response 0"], row["stdev"]) == (value, "")


def test_the_same_with_the_files_of_today(project: Project, asked: Provider) -> None:
    """CX-18, CX-19, CX-40."""
    asked.plays("```python\nprint(2)\n```\nThat is it.")
    project.write(
        "code.toml",
        (
            'models = ["openai/tester"]\nextract = "code"\nk = [1, 2, 9]\n[[cases]]\n'
            'id = "two"\ninput = "print 2"\n[[cases.tests]]\nexpect = "2"\n'
        ),
    )
    made = project.run(
        "suite",
        "generate",
        "code.toml",
        "-o",
        "answers.toml",
        "-n",
        "2",
        env={"OPENAI_API_KEY": "sk-0123456789"},
    )
    assert made.code == 0, made.err
    case = tomllib.loads((project.path / "answers.toml").read_text())["cases"][0]
    assert [(each["text"], each["raw"][:3]) for each in case["completions"]] == [("print(2)\n", "```")] * 2
    project.write(
        "answers.toml", (project.path / "answers.toml").read_text().replace("print(2)\n", "print(3)\n", 1)
    )
    assert project.run("suite", "test", "answers.toml", "-o", "tested.toml").code == 0
    assert project.run("suite", "score", "tested.toml", "-o", "scored.toml").code == 0
    verdicts = [
        each["verdict"]
        for each in tomllib.loads((project.path / "scored.toml").read_text())["cases"][0]["completions"]
    ]
    assert sorted(verdicts) == ["fail", "pass"]
    report = project.run("suite", "report", "scored.toml").out
    assert "pass@1 0.500" in report
    assert "pass@2 1.000" in report
    assert "pass@9: there are fewer samples than that" in report
    assert "1 × failed" in report
    assert "edited" in project.run("suite", "show", "code", "*").out
    refused = project.run("suite", "test", "answers.toml", "-o", "code.toml")
    assert refused.code == 1
    assert "holds no answers" in refused.err
    assert len(asked.seen) == 2


def test_every_export_holds_every_sample_and_what_an_older_tool_saved_goes_on(
    project: Project, asked: Provider
) -> None:
    """ER-14, ER-15, ER-16, ER-18."""
    asked.plays(reply("Ada \x00\x1b[31m]]>"), status(400, message="no"))
    project.write("greet.toml", suite(asked.base))
    assert project.run("suite", "run", "greet.toml", "-j", "1").code == 3
    formats = (
        "csv",
        "json",
        "jsonl",
        "markdown",
        "html",
        "junit",
        "toml",
        "toml-1",
        "toml-2",
        "humaneval",
        "codex",
    )
    for name in formats:
        done = project.run("suite", "export", "--format", name)
        assert done.code == 0, (name, done.err)
        assert "Ada" in done.out
    tree = ET.fromstring(project.run("suite", "export", "--format", "junit").out.partition("?>")[2])
    assert tree[0].attrib | {"name": ""} == {
        "name": "",
        "tests": "2",
        "failures": "0",
        "errors": "1",
        "skipped": "0",
    }
    assert project.run("suite", "export", "-o", "runs.json", "--format", "serialized-json").code == 0
    saved = json.loads((project.path / "runs.json").read_text())
    assert [each["status"] for each in saved] == ["COMPLETE", "FAIL"]
    done = project.run(
        "suite", "import", "runs.json", "--model", "openai/tester", env={"OPENAI_API_KEY": "sk-0123456789"}
    )
    assert done.code == 0, done.err
    assert "1 of 2 samples completed, 1 passed, 1 failed with an error" in done.out
    asked.plays("Bob")
    seen = len(asked.seen)
    assert project.run("suite", "retry", "runs", env={"OPENAI_API_KEY": "sk-0123456789"}).code == 0
    assert len(asked.seen) == seen + 1
    problems = (
        '{"task_id": "T/0", "prompt": "def f():\\n'
        '", "entry_point": "f", "test": "def check(c):\\n    assert c() == 1"}\n'
    )
    project.write("problems.jsonl", problems)
    project.write(
        "samples.jsonl",
        (
            '{"task_id": "T/0", "completion": "    return 1\\n"}\n'
            '{"task_id": "T/0", "completion": "    return 2\\n"}\n'
        ),
    )
    done = project.run("suite", "import", "samples.jsonl", "--suite", "problems.jsonl")
    assert done.code == 0, done.err
    assert project.run("suite", "export", "samples", "-o", "s.toml").code == 0
    assert project.run("suite", "test", "s.toml", "-o", "t.toml").code == 0
    assert "pass@1 0.500" in project.run("suite", "report", "t.toml").out


def test_a_new_suite_of_each_kind_is_in_order_and_what_is_not_is_said_before_anything_is_paid(
    project: Project, asked: Provider
) -> None:
    """ER-08, CX-46, CX-47."""
    for kind in ("prompt", "code", "runner"):
        assert project.run("suite", "new", f"suites/{kind}", "--kind", kind).code == 0
        done = project.run("suite", "validate", f"suites/{kind}.toml", "--model", "openai/tester", "-n", "3")
        assert done.code == 0, done.err
        assert "all in order" in done.out
    assert project.run("suite", "new", "suites/code").code == 1
    project.write("bad.toml", 'promt = "x"\n[[cases]]\nid = "a"\n[[cases]]\nid = "a"\n')
    done = project.run("suite", "validate", "bad.toml")
    assert done.code == 1
    assert "bad.toml:1: unknown key 'promt'; did you mean 'prompt'?" in done.err
    assert "bad.toml:4: the id 'a' is there twice, first on line 2" in done.err
    project.write("suites/runner_runner.py", "def step(): pass\n")
    assert (
        ":1: step takes other arguments"
        in project.run("suite", "validate", "suites/runner.toml", "--model", "openai/x").err
    )
    assert asked.seen == []
