"""Suites run from code, against a provider on loopback: what is asked, what is not asked again."""

import textwrap
from pathlib import Path

import pytest

from autoresearch.core.calls import Model
from autoresearch.core.errors import AutoresearchError
from autoresearch.core.suite import Case, Suite, Test
from autoresearch.suites import cases
from autoresearch.suites.outcomes import fingerprint
from autoresearch.suites.session import Wanted, Way
from tests.provider import Provider, own_variables, reply, serve, status
from tests.suites.laid import opened, ran, suite, told

__all__ = ["own_variables", "serve"]


def laid(folder: Path, text: str, name: str = "greet.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_was_answered_is_not_asked_again(provider: Provider, tmp_path: Path) -> None:
    """ER-09: no code is needed. ER-17, ER-22, ER-23: a completed run is not paid for twice. CX-14.

    CX-15: each answer is a request of its own, so no provider's limit on n is met."""
    provider.plays("I say Ada")
    path = laid(tmp_path, suite(provider.base))
    with opened(tmp_path) as session:
        ended = ran(session, path)
        assert told(ended.outcomes) == [("completed", "pass"), ("completed", "fail")]
        assert ended.complete
        assert ended.outcomes[1].why == "wanted 'Bob', got 'I say Ada'"
        assert len(provider.seen) == 2
        assert all("n" not in seen.body for seen in provider.seen)
        assert len(ran(session, path).outcomes) == 2
    with opened(tmp_path) as session:  # another process
        assert len(ran(session, path, Wanted(samples=3)).outcomes) == 6
        assert len(provider.seen) == 6
        assert len(ran(session, path, Wanted(samples=2)).outcomes) == 6  # never fewer
        assert len(ran(session, path, Wanted(more=1)).outcomes) == 8
        assert len(provider.seen) == 8
        ran(session, path, Wanted(fresh=True))
        assert len(provider.seen) == 16
        ran(session, path)
    assert len(provider.seen) == 16


def test_numbers_stay_what_they_were_and_what_changed_is_asked_again(
    provider: Provider, tmp_path: Path
) -> None:
    """ER-10: addresses stay."""
    provider.plays("Ada")
    with opened(tmp_path) as session:
        ran(session, laid(tmp_path, suite(provider.base)))
        words: list[str] = []
        session.note = words.append
        text = suite(provider.base, inputs=("Ada", "Cid", "Bob")).replace('input = "Bob"', 'input = "Bobby"')
        ended = ran(session, laid(tmp_path, text))
        assert [(each.number, each.sample.case) for each in ended.outcomes] == [
            (0, "Ada"),
            (1, "Bob"),
            (2, "Cid"),
        ]
        asked = sorted(seen.body["messages"][0]["content"] for seen in provider.seen)
        assert asked == ["Say Ada", "Say Bob", "Say Bobby", "Say Cid"]
        assert words == [
            (
                "greet: the cases are not what they were: 1 new (Cid); "
                "1 changed (Bob); what is the same is not asked again"
            )
        ]
        ended = ran(session, laid(tmp_path, suite(provider.base, inputs=("Cid",))))
        assert [each.number for each in ended.outcomes] == [2]
        assert len(provider.seen) == 4


def test_an_error_is_kept_apart_and_tried_again_and_what_was_good_is_not(
    provider: Provider, tmp_path: Path
) -> None:
    """CX-17, ER-29: completed, failed and remaining apart."""
    provider.plays(status(400, message="too long"), "Bob")
    path = laid(tmp_path, suite(provider.base))
    with opened(tmp_path) as session:
        ended = ran(session, path, way=Way(widest=1))
        first, second = ended.outcomes
        assert (first.status, first.reason, first.answer, first.verdict) == ("error", "refused", None, "none")
        assert first.failure is not None
        assert "too long" in first.failure.message
        assert second.status == "completed"
        assert not ended.complete
        again = ran(session, path)
        assert [each.status for each in again.outcomes] == ["completed"] * 2
        assert len(again.outcomes[0].attempts) == 1
    assert len(provider.seen) == 3


def test_the_first_error_that_can_not_heal_ends_the_eval_and_says_so(
    provider: Provider, tmp_path: Path
) -> None:
    provider.plays("Ada", status(401, message="no such key"))
    path = laid(tmp_path, suite(provider.base, inputs=[f"n{number}" for number in range(30)]))
    with opened(tmp_path) as session:
        ended = ran(session, path, way=Way(widest=1))
        assert ended.why is not None
        assert ended.why.reason == "no_key"
        assert "check the key" in ended.why.told()
        assert [each.status for each in ended.outcomes] == ["completed", "error", *["pending"] * 28]
    assert len(provider.seen) == 2


PROGRAMS = """\
extract = "code"
prompt = "Write f. {{ input }}"
[execution]
timeout = "5s"
"""


def test_programs_are_tested_and_new_tests_cost_no_new_answer(provider: Provider, tmp_path: Path) -> None:
    """CX-19, CX-32: results are replaced."""
    provider.plays(reply("```python\ndef f(x):\n    return x + 1\n```"))
    text = suite(provider.base, PROGRAMS, inputs=())
    tests = (
        '[[cases]]\nid = "a"\ninput = "x"\n[[cases.tests]]\ncode = "print(f(1))"\n'
        'expect = "2"\n[[cases.tests]]\ncode = "assert f(1) == 3"\n'
    )
    with opened(tmp_path) as session:
        (one,) = ran(session, laid(tmp_path, text + tests)).outcomes
        assert [each.status for each in one.tests] == ["passed", "failed"]
        assert (one.score, one.verdict, one.status) == (0.5, "fail", "completed")
        assert one.why.startswith("test 2: failed AssertionError")
        (one,) = ran(session, laid(tmp_path, text + tests.replace("== 3", "== 2"))).outcomes
        assert (one.score, one.verdict) == (1, "pass")
        assert len(one.tests) == 2
        one_ = session.eval("greet")
        key = session.view(one_).key(0)
        raw = one.raw or ""
        session.records.write("edit", key, {"text": "f = abs", "was": fingerprint(raw)}, good=True)
        (one,) = ran(session, laid(tmp_path, text + tests)).outcomes
        assert (one.edited, one.answer, one.raw) == (True, "f = abs", raw)
        assert [each.status for each in one.tests] == ["failed", "failed"]
    assert len(provider.seen) == 1


def test_a_runner_asks_through_us_and_its_answers_are_kept(provider: Provider, tmp_path: Path) -> None:
    """ER-02, ER-24, ER-25: what a step raised is stored with the run."""
    provider.plays("one", "two", "three", "four")
    runner = tmp_path / "runner.py"
    runner.write_text(textwrap.dedent("""
        def step(run):
            run.context.append({"role": "user", "content": "hello"})
            run.answer = [run.ask(), run.ask(), run.data, run.parameters.get("k")]
            if run.old_context is None:
                raise ValueError("429")
        def evaluate(run):
            return CORRECT
    """))  # fmt: skip
    path = laid(tmp_path, suite(provider.base, "", inputs=("Ada",), runner="runner.py"))
    with opened(tmp_path) as session:
        (one,) = ran(session, path, Wanted(arguments={"k": "7"})).outcomes
        assert (one.status, one.reason) == ("error", "error")
        assert one.failure is not None
        assert (one.failure.kind, one.failure.message) == ("ValueError", "429")
        assert "in step" in one.failure.traceback
        assert len(one.context) == 3
        (one,) = ran(session, path, Wanted(arguments={"k": "7"})).outcomes
        assert (one.status, one.verdict, one.answer) == ("completed", "pass", ["three", "four", "Ada", "7"])
        assert one.tokens == 480  # what failed was paid for too
        ran(session, path, Wanted(arguments={"k": "7"}))
    assert len(provider.seen) == 4


def test_a_judge_says_the_verdict_and_one_that_can_not_be_read_is_an_error(
    provider: Provider, tmp_path: Path
) -> None:
    provider.plays("a poem", '{"verdict": "pass", "score": 0.9, "why": "It rhymes."}')
    judge = (
        f'judge = {{model = "openai/judge", api_base = "{provider.base}"}}\n'
        f'match = {{kind = "judge", rubric = "Does it rhyme?"}}\n'
    )
    path = laid(tmp_path, judge + suite(provider.base, "", inputs=("Ada",)))
    with opened(tmp_path) as session:
        (one,) = ran(session, path).outcomes
        assert (one.verdict, one.score, one.why) == ("pass", 0.9, "It rhymes.")
        asked = provider.seen[1].body
        assert "Does it rhyme?" in asked["messages"][0]["content"]
        assert "| a poem" in asked["messages"][0]["content"]
        ran(session, path)
        assert len(provider.seen) == 2
        provider.plays("another", "no verdict")
        (one,) = ran(session, path, Wanted(fresh=True)).outcomes
        assert (one.status, one.reason) == ("error", "scorer")
        assert "can't be read" in one.why
    assert len(provider.seen) == 6


def test_suites_may_be_made_in_code(provider: Provider, tmp_path: Path) -> None:
    """ER-12: loading a file is optional."""
    provider.plays("print(2)")
    model = Model("openai/tester", provider.base)
    made = Suite(
        "mine",
        str(tmp_path / "mine"),
        (Case("a", "x", {"input": "x"}, tests=(Test(expect="2"),)),),
        models=(model,),
    )
    with opened(tmp_path) as session:
        one = session.prepare(made, "mine", Wanted(samples=2))
        ended = session.run(session.view(one), Way(jobs=1))
        assert told(ended.outcomes) == [("completed", "pass")] * 2
        assert session.evals() == ["mine"]


def test_what_can_not_go_well_is_said_before_anything_is_asked(provider: Provider, tmp_path: Path) -> None:
    """ER-08."""
    with opened(tmp_path) as session:
        path = laid(tmp_path, 'prompt = "x"\n[[cases]]\ninput = "x"\n')
        with pytest.raises(AutoresearchError, match="no model is named"):
            ran(session, path)
        (tmp_path / "runner.py").write_text("def setup(run): pass\n")
        path = laid(tmp_path, suite(provider.base, "", runner="runner.py"))
        with pytest.raises(AutoresearchError, match="has no step"):
            ran(session, path)
        with pytest.raises(AutoresearchError, match="can't be the name"):
            session.prepare(cases.read(path), "a/b", Wanted())
        path = laid(tmp_path, suite(provider.base))
        with pytest.raises(AutoresearchError, match="nobody knows the price"):
            ran(session, path, way=Way(max_cost=1.0))
    assert provider.seen == []
