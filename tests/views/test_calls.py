"""Calls as people see them: everything that was logged, in full, and nothing that steers a terminal."""

from pathlib import Path

from autoresearch.adapters.screen import Screen
from autoresearch.calls.index import Entry, Filter, Index
from autoresearch.views.calls import cells, draw_call, facts, line, plain, texts
from tests.calls.logged import ASKED, LARGE, SMALL, call, failed, lay, tried


def entry(folder: Path, **more: object) -> Entry:
    log = lay(folder / "calls.jsonl", call(1, **more))  # type: ignore[arg-type]
    with Index.open(folder, [log]) as index:
        return index.page(Filter())[0]


def test_every_fact_of_the_record_is_shown() -> None:
    """AM-62, AM-63, AM-64, AM-65, AM-66, AM-67, AM-68, AM-69, AM-70, AM-71: messages, parameters, answer
    with usage, time and id, each attempt with its error, stage, trial and experiment, duration and tokens,
    module and line."""
    repaired = {**tried(SMALL, (7, 3)), "error": "the answer can't be read", "text": "no JSON"}
    known = call(1, attempts=[failed(), repaired, tried()], seconds=61.0)
    told = dict(facts(known))
    assert told["id"] == known["id"] and told["begun"] == known["started"]
    assert (told["experiment"], told["trial"], told["stage"]) == ("engineering/knob", "1", "propose")
    assert (told["model"], told["answered by"], told["answer's id"]) == (
        LARGE.name,
        "vendor/large-2",
        "reply-1",
    )
    assert (told["ended by"], told["status"], told["duration"]) == ("stop", "ok", "1m 01s")
    assert told["tokens"] == "107 in, 23 out" and told["cost"] == "$0.02"
    assert told["parameters"] == "temperature 0.3"
    assert told["context"] == "source autoresearch.research.proposers.llm:42, parent 0"
    assert told["attempt 1"] == f"error, {LARGE.name}, 0.50 s, HTTP 429, slow down"
    assert told["attempt 2"].endswith(", the answer can't be read") and SMALL.name in told["attempt 2"]
    assert "at most 500 tokens" in told["attempt 3"]
    said = [(one.title, one.text) for one in texts(known)]
    assert said == [
        ("system", ASKED[0]["content"]), ("user", ASKED[1]["content"]),
        ("answer of attempt 2, which was no use", "no JSON"), ("answer", "IDEA: less"),
    ]  # fmt: skip
    shown = plain(known)
    assert all(value in shown for value in told.values()) and all(text in shown for _, text in said if text)


def test_long_texts_are_whole() -> None:
    """AM-94: no line is cut or wrapped."""
    long = "x" * 200_000 + "\n" + "a line\n" * 10_000 + "the end"
    known = call(1, answer=long, messages=[{"role": "user", "content": long}])
    assert plain(known).count(long) == 2


def test_nothing_in_a_call_steers_the_terminal(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    evil = "\x1b[2J\x1b]0;title\x07[bold]not markup[/bold] \u202e\ud83d"
    known = call(1, answer=evil, messages=[{"role": evil, "content": evil}], error=evil, model=evil)
    Screen().show(draw_call(known))
    for shown in (plain(known), capsys.readouterr().out, line(entry(tmp_path, error=evil, model=evil))):
        assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
        assert "[bold]not markup[/bold]" in shown


def test_what_was_not_logged_is_said_to_be_so() -> None:
    bare = call(1, request={"messages": None, "parameters": {}})
    bare["response"]["text"] = None
    assert [text for _, text in texts(bare)] == [None, None]
    assert plain(bare).count("(not in the log: logs.content is off)") == 2


def test_the_files_of_an_agent_are_shown(tmp_path: Path) -> None:
    attempt = {"started": "2026-01-02", "model": "claude", "status": "ok", "cost_usd": None, "tokens": 900}
    response = {"text": "done", "files": {"a.py": "x = 1\n", "b.py": None}, "put_back": ["c.py"]}
    known = call(1, attempts=[attempt], tokens=900, cost_usd=None, response=response)
    assert [one.title for one in texts(known)][2:] == ["answer", "file a.py", "file b.py"]
    told = dict(facts(known))
    assert (told["tokens"], told["put back"]) == ("900", "c.py") and "cost" not in told


def test_a_row_says_what_is_known_and_no_more(tmp_path: Path) -> None:
    row = cells(entry(tmp_path / "a", attempts=[failed(), tried(cost=None), tried()]), several=True)
    assert row == [
        "00000001", "2026-01-02 03:05:05", "engineering/knob", "1", "propose", LARGE.name, "ok", "3", "3.0",
        "200 + 40", "≥ $0.01", "",
    ]  # fmt: skip
    nothing = cells(entry(tmp_path / "b", attempts=[], answer=None, trial=None, seconds=None, cost_usd=None))
    assert nothing[2:] == ["", "", "propose", "", "error", "", "", "", "", "models.propose: gave up"]
