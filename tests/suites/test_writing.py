"""What is written is read as it was."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.calls import Model, Price
from autoresearch.core.suite import (
    Case,
    Completion,
    Execution,
    Match,
    Outcome,
    Parameters,
    Sample,
    Suite,
    Test,
    TestResult,
)
from autoresearch.suites.cases import read
from autoresearch.suites.writing import as_human_eval, as_serialized, as_toml, with_answers

TEXT = st.text(
    st.one_of(st.sampled_from("'\"\\\r\n\x00 {}#"), st.characters(exclude_categories=["Cs"])), max_size=20
)
FULL = Suite(
    "greet",
    "x.toml",
    (),
    "Say {{ input }}",
    "Be short.",
    (Model("openai/a"), Model("openai/b", "http://h/v1", None, Price(1e-6, 2e-6))),
    4,
    Parameters(0.5, 20, ("END",), {"seed": 1}),
    "code",
    Match("fuzzy", {"cutoff": 0.5}),
    "all-or-nothing",
    (1, 5),
    Execution(timeout=3.0, echo_stdin=True),
    None,
    30.0,
)
RESULTS = (TestResult("passed", "1", seconds=0.5), TestResult("crashed", why="NameError: x"))


def again(suite: Suite, text: str) -> Suite:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.toml")
        path.write_text(text, newline="")
        found = read(path)
    cases = [replace(case, line=None) for case in found.cases]
    return replace(found, path=suite.path, cases=tuple(cases))


@given(
    TEXT.filter(bool),
    TEXT,
    st.one_of(
        TEXT, st.none(), st.integers(), st.lists(st.none()), st.dictionaries(TEXT, st.floats(allow_nan=False))
    ),
)
def test_any_text_survives_being_written_and_read(identity: str, text: str, data: Any) -> None:
    """CX-44, ER-01: data of any JSON type too."""
    fields = {"id": identity} | ({} if data is None else {"input": data}) | {"prompt": text, "more": text}
    case = Case(
        identity,
        data,
        fields,
        prompt=text,
        preload=text,
        targets=(text,),
        tests=(Test(text, text, text), Test()),
        completions=(Completion(text, raw=text + "x", key="k", results=RESULTS, score=0.5, verdict="fail"),),
    )
    suite = Suite("greet", "x.toml", (case,))
    found = again(suite, as_toml(suite))
    assert found.cases[0].completions[0].text == text
    assert again(found, as_toml(found)) == found
    assert replace(found.cases[0], completions=()) == replace(case, completions=())


def test_every_key_of_a_suite_is_written() -> None:
    case = Case(
        "a", "Ada", {"id": "a", "input": "Ada"}, split="dev", match=Match("contains"), files={"a/b.txt": "x"}
    )
    suite = replace(FULL, cases=(case,))
    assert again(suite, as_toml(suite)) == suite


def test_the_older_forms_hold_what_they_held() -> None:
    """CX-42, CX-43."""
    case = Case(
        "it's",
        prompt="Write\n",
        preload="def f(x):",
        tests=(Test("print(f(1))", "in\n", "1\n"), Test()),
        files={"a.txt": "x"},
        completions=(
            Completion("\n    return '''x'''\r\n", results=RESULTS),
            Completion("", status="error", error="429"),
        ),
    )
    suite = Suite("old", "x.toml", (case,), old=True)
    for generation in ("1", "2"):
        found = again(suite, as_toml(suite, generation)).cases[0]  # type: ignore[arg-type]
        assert (found.id, found.prompt, found.preload, found.files) == (
            case.id,
            case.prompt,
            case.preload,
            case.files,
        )
        assert [(test.code, test.stdin) for test in found.tests] == [("print(f(1))", "in\n"), ("", "")]
        first, second = found.completions
        assert first.text == case.completions[0].text
        assert first.results is not None
        assert len(first.results) == 2
        assert (second.status, second.error, second.text) == ("error", "429", "")
    assert "results = [\n" in as_toml(suite, "1")
    assert "test_results = [" in as_toml(suite, "2")


def test_serialized_runs_have_exactly_six_keys_in_older_words() -> None:
    """ER-14, ER-15, ER-21."""
    done = Outcome(
        0, Sample("a", "m", 0), "completed", verdict="pass", answer=[1], input={"q": None}, logs=("x",)
    )
    failed = Outcome(1, Sample("a", "m", 1), "error", reason="timeout", input="q")
    first, second = json.loads(as_serialized([done, failed]))
    assert first == {
        "data": {"q": None},
        "answer": [1],
        "status": "COMPLETE",
        "score": "CORRECT",
        "context": [],
        "logs": ["x"],
    }
    assert (second["status"], second["score"], second["answer"]) == ("FAIL", None, None)
    assert [json.loads(line) for line in as_human_eval([done, failed]).splitlines()] == [
        {"task_id": "a", "completion": [1]}
    ]


def test_a_suite_with_answers_has_each_at_its_case() -> None:
    """CX-11: the data is copied, together with completions. CX-17: a failed one is an error, not a text."""
    suite = Suite("greet", "x.toml", (Case("a"), Case("b")))
    done = Outcome(0, Sample("a", "m", 0), "completed", raw="```\nx\n```", answer="x\n", tests=RESULTS)
    failed = Outcome(1, Sample("b", "m", 0), "error", reason="timeout")
    first, second = with_answers(suite, [done, failed, Outcome(2, Sample("b", "m", 1))], {0: "key"}).cases
    assert first.completions == [Completion("x\n", "m", 0, "```\nx\n```", "key", RESULTS)]
    assert [(each.status, each.text) for each in second.completions] == [("error", "")]
