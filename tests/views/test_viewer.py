"""The viewer, key by key, on real logs."""

import json
import re
from pathlib import Path

import pytest

from autoresearch.calls.index import Filter
from autoresearch.views.viewer_keys import KEYS
from autoresearch.views.viewer_pages import TRIALS
from tests.views.viewing import LARGE, Looking, call, lines, log, look, mixed


def test_a_call_is_shown_with_its_header_its_request_and_its_answer(tmp_path: Path) -> None:
    """AM-93: all of it is in sight, a line each, beside its name."""
    path = log(tmp_path, *mixed())

    async def story(here: Looking) -> None:
        await here.press("right", "right")
        assert here.lines[:17] == [
            "call 3 of 24 · by time ↑",
            "id          00000000000000000000000000000002",
            "time        2026-01-02 03:04:07 UTC",
            "stage       plan",
            "trial       1 of engineering/knob",
            f"model       {LARGE}",
            "status      ok",
            "duration    2.00 s",
            "tokens      1,500 + 40 · $0.0123",
            "── request, user · 11 characters ──",
            "Question 2?",
            "── answer · 9 characters ──",
            "Answer 2.",
            *[""] * 4,
        ]
        assert here.lines[-2:] == [
            "←→ call  d whole  f stage  r trial  e experiment  / status, model  c all  s sort",
            "t timeline  a statistics  j export  h help  q quit",
        ]

    look(path, story)


def test_the_arrows_go_from_call_to_call_and_stop_at_the_ends(tmp_path: Path) -> None:
    """AM-79"""

    async def story(here: Looking) -> None:
        await here.press("left")
        assert here.status.startswith("call 1 of 24 ·")
        await here.press("right", "right")
        assert here.status.startswith("call 3 of 24 ·")
        assert "Answer 2." in here.lines
        await here.press("left")
        assert here.status.startswith("call 2 of 24 ·")
        await here.press(*["right"] * 30)
        assert here.status.startswith("call 24 of 24 ·")
        assert "Answer 23." in here.lines

    look(log(tmp_path, *mixed()), story)


def test_home_end_and_page_keys_jump(tmp_path: Path) -> None:
    """AM-91"""

    async def story(here: Looking) -> None:
        for key, number in (
            ("pagedown", 11), ("pagedown", 21), ("pageup", 11), ("end", 24), ("pagedown", 24), ("pageup", 14),
            ("home", 1), ("pageup", 1),
        ):  # fmt: skip
            await here.press(key)
            assert here.status.startswith(f"call {number} of 24 ·"), key

    look(log(tmp_path, *mixed()), story)


@pytest.mark.parametrize("answer", ["2", "propose", "prop", "PROPOSE "])
def test_f_leaves_one_stage_by_its_number_or_its_name(tmp_path: Path, answer: str) -> None:
    """AM-80, AM-92: and empty clears."""

    async def story(here: Looking) -> None:
        await here.press("f")
        assert here.lines[1:4] == ["   1. stage plan     12 calls", "   2. stage propose  12 calls", ""]
        assert here.lines[-2] == "stage: a number or a name; nothing: any (Esc: back)"
        await here.type(answer)
        assert here.status == "call 1 of 12 · by time ↑ · only stage propose (24 in all)"
        assert "stage       propose" in here.lines
        await here.press("f")
        await here.type("")
        assert here.status == "call 1 of 24 · by time ↑"

    look(log(tmp_path, *mixed()), story)


def test_r_leaves_one_trial_by_its_number(tmp_path: Path) -> None:
    """AM-81: the number of the trial, not of its line in the list; and empty clears."""

    async def story(here: Looking) -> None:
        await here.press("r")
        assert here.lines[1:3] == ["      trial 0   2 calls", "      trial 1   2 calls"]
        await here.type("3")
        assert here.status == "call 1 of 2 · by time ↑ · only trial 3 (24 in all)"
        assert "trial       3 of engineering/knob" in here.lines
        await here.press("r")
        await here.type("")
        assert here.status == "call 1 of 24 · by time ↑"

    look(log(tmp_path, *mixed()), story)


def test_e_leaves_one_experiment(tmp_path: Path) -> None:
    """AM-82"""

    async def story(here: Looking) -> None:
        await here.press("e")
        await here.type("title")
        assert here.status == "call 1 of 2 · by time ↑ · only experiment content/title (24 in all)"
        assert "trial       11 of content/title" in here.lines

    look(log(tmp_path, *mixed()), story)


def test_a_slash_leaves_one_status_or_one_model_and_filters_add_up(tmp_path: Path) -> None:
    async def story(here: Looking) -> None:
        await here.press("slash")
        await here.type("error")
        assert here.status == "call 1 of 3 · by time ↑ · only status error (24 in all)"
        assert f"status      error: models.propose: {LARGE} (500)" in here.lines
        assert "── no answer ──" in here.lines
        await here.press("r")
        await here.type("2")
        assert here.status == "call 1 of 1 · by time ↑ · only trial 2, status error (24 in all)"
        await here.press("slash")
        await here.type("")
        assert here.status == "call 1 of 2 · by time ↑ · only trial 2 (24 in all)"
        await here.press("c", "slash")
        await here.type("small")
        assert here.status == "call 1 of 2 · by time ↑ · only model ollama_chat/small (24 in all)"

    look(log(tmp_path, *mixed()), story)


def test_c_clears_all_filters(tmp_path: Path) -> None:
    """AM-83"""

    async def story(here: Looking) -> None:
        await here.press("f")
        await here.type("plan")
        await here.press("r")
        await here.type("4")
        assert here.status.startswith("call 1 of 1 ·")
        await here.press("c")
        assert here.status == "call 1 of 24 · by time ↑"

    look(log(tmp_path, *mixed()), story)


def test_what_nobody_can_mean_is_said_and_asked_again(tmp_path: Path) -> None:
    async def story(here: Looking) -> None:
        await here.press("f")
        await here.type("proof")
        assert here.lines[-2:] == ["there is no 'proof' here", "proof"]
        await here.type("p")
        assert here.lines[-2] == "'p' may be plan, propose"
        await here.press("escape")
        assert here.status == "call 1 of 24 · by time ↑"
        await here.press("right")
        assert here.status.startswith("call 2 of 24 ·")

    look(log(tmp_path, *mixed()), story)


def test_s_changes_what_is_sorted_by_and_capital_s_the_direction(tmp_path: Path) -> None:
    """AM-84, AM-85"""
    path = log(
        tmp_path, call(3, stage="report", trial=9), call(5, stage="plan", trial=2), call(1, stage="propose")
    )
    first = {"time": 1, "stage": 5, "trial": 1, "duration": 1}
    last = {"time": 5, "stage": 1, "trial": 3, "duration": 5}  # the last one is the first, turned round
    last["stage"] = 3

    async def story(here: Looking) -> None:
        for sort in ("time", "stage", "trial", "duration", "time"):
            assert here.status == f"call 1 of 3 · by {sort} ↑"
            assert f"Answer {first[sort]}." in here.lines
            await here.press("S")
            assert here.status == f"call 1 of 3 · by {sort} ↓"
            assert f"Answer {last[sort]}." in here.lines
            await here.press("S", "s")

    look(path, story)


def test_d_shows_the_whole_call_and_every_line_of_it_can_be_reached(tmp_path: Path) -> None:
    """AM-86, AM-94: request, answer, context; by lines, by pages, and to either end."""
    prompt = "\n".join(f"asked, line {number}" for number in range(500))
    answer = "word " * 2000 + "the very end"
    seen: list[str] = []

    async def story(here: Looking) -> None:
        assert "asked, line 499" not in here.text
        assert "… (d shows all of it)" in here.lines
        await here.press("d")
        for _ in range(60):
            seen.extend(here.lines[1:-2])
            await here.press("pagedown")
        for number in range(500):
            assert any(line.startswith(f"asked, line {number}") for line in seen), number
        assert "temperature 0.7" in "\n".join(seen) and "source a.b:7" in "\n".join(seen)
        assert "the very end" in here.text
        await here.press("home")
        assert here.lines[1].startswith("id ")
        await here.press("down", "down", "up")
        assert here.lines[1].startswith("begun ")
        await here.press("space")
        assert here.lines[1].startswith("── user · ")
        await here.press("end")
        assert "the very end" in here.text
        await here.press("right")  # the next call, also whole
        assert here.status.startswith("call 2 of 2 ·")
        assert here.lines[1].startswith("id ")
        await here.press("d")
        assert "── request, user · 11 characters ──" in here.lines

    look(log(tmp_path, call(1, prompt=prompt, answer=answer), call(2)), story)


def test_t_shows_the_timeline_of_what_matches(tmp_path: Path) -> None:
    """AM-87: by trial and stage: how many, when, which model, how long, ok or error."""

    async def story(here: Looking) -> None:
        await here.press("e")
        await here.type("knob")
        await here.press("t")
        assert here.status == "timeline · 22 calls · only experiment engineering/knob (24 in all)"
        shown = [re.sub(" +", " ", line).strip() for line in here.lines[1:8]]
        assert shown == [
            "trial stage calls first (UTC) model time ok errors",
            "── engineering/knob ──",
            f"0 plan 1 01-02 03:04 {LARGE} 0.00 s 1",
            "0 propose 1 01-02 03:04 1.00 s 0 1",
            f"1 plan 1 01-02 03:04 {LARGE} 2.00 s 1",
            "1 propose 1 01-02 03:04 3.00 s 0 1",
            f"2 plan 1 01-02 03:04 {LARGE} 4.00 s 1",
        ]
        await here.press("t")
        assert here.status.startswith("call 1 of 22 ·")

    look(log(tmp_path, *mixed()), story)


def test_a_long_timeline_is_cut_and_can_be_turned_round(tmp_path: Path) -> None:
    """AM-87"""

    async def story(here: Looking) -> None:
        await here.press("t", "end")
        assert here.lines[-4].split()[:2] == [str(TRIALS - 1), "propose"]
        assert here.lines[-3] == f"… {TRIALS} trials; S turns the order round, r shows one"
        await here.press("S")
        assert here.lines[3].split()[:2] == [str(TRIALS + 4), "propose"]

    look(log(tmp_path, *(call(number) for number in range(TRIALS + 5))), story)


def test_a_shows_statistics_of_what_matches(tmp_path: Path) -> None:
    """AM-88: total, success, errors, tokens, duration; by stage, model, trial."""

    async def story(here: Looking) -> None:
        await here.press("a")
        shown = [re.sub(" +", " ", line).strip() for line in here.lines]
        assert shown[0] == "statistics · 24 calls"
        assert "calls 24, 21 ok, 3 errors" in shown
        assert "success 87.5%" in shown
        assert any(line.startswith("tokens 31,500 in, 840 out") for line in shown)
        assert "time 4m 36s" in shown
        for title, row in (("stage", "propose 12 75.0% 3"), ("model", "ollama_chat/small 2 100%")):
            assert any(line.startswith(f"{title} calls success errors") for line in shown)
            assert any(line.startswith(row) for line in shown), row
        await here.press("end")
        assert any(re.match(r"content/title 11 +2 +100%", line) for line in here.lines), here.lines
        await here.press("f")
        await here.type("plan")
        assert here.status == "statistics · 12 calls · only stage plan (24 in all)"

    look(log(tmp_path, *mixed()), story)


def test_h_names_every_key(tmp_path: Path) -> None:
    """AM-89"""

    async def story(here: Looking) -> None:
        await here.press("h")
        for key in ("←", "→", "PageUp", "PageDown", "Home", "End", *"dfrecsStajJhq", "/", "Esc", "Ctrl-C"):
            assert any(line.startswith(f"{key}  ") for line in here.lines), key
        await here.press("escape")
        assert here.status.startswith("call 1 of 1 ·")

    look(log(tmp_path, call(1)), story, size=(80, 30))


def test_the_page_on_the_log_names_every_key() -> None:
    """AM-89"""
    page = (Path(__file__).parents[2] / "docs" / "logging.md").read_text()
    assert [key.shown for key in KEYS if f"`{key.shown}`" not in page] == []


@pytest.mark.parametrize(("key", "code"), [("q", None), ("ctrl+c", 130), ("ctrl+q", None)])
def test_q_and_ctrl_c_quit(tmp_path: Path, key: str, code: int | None) -> None:
    """AM-89: Ctrl-C also while something is typed."""

    async def story(here: Looking) -> None:
        if key == "ctrl+c":
            await here.press("f")
        await here.press(key)

    viewer = look(log(tmp_path, call(1)), story)
    assert not viewer.is_running
    assert viewer.return_value == code


def test_j_writes_the_call_and_capital_j_all_that_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AM-90: under a name that it proposes, or another; JSON or JSONL; it says where."""
    monkeypatch.chdir(tmp_path)
    calls = mixed()

    async def story(here: Looking) -> None:
        await here.press("right", "j")
        assert here.lines[-2:] == ["write this call to (.json or .jsonl) (Esc: back)", "call-00000000.json"]
        await here.press("enter")
        assert f"written: {tmp_path}/call-00000000.json (1 of 24 calls)" in here.words
        await here.press("f")
        await here.type("plan")
        await here.press("S", "J")
        assert here.lines[-2:] == [
            "write all 12 that match to (.json or .jsonl) (Esc: back)",
            "calls-export.jsonl",
        ]
        await here.press("enter")
        assert f"written: {tmp_path}/calls-export.jsonl (12 of 24 calls)" in here.words
        await here.press("J")
        await here.type("all.json")
        await here.press("j")
        await here.type("one.JSONL")

    look(log(tmp_path, *calls), story, size=(160, 24))
    assert json.loads((tmp_path / "call-00000000.json").read_text()) == calls[1]
    written = (tmp_path / "calls-export.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == calls[-2::-2]
    assert json.loads((tmp_path / "all.json").read_text()) == calls[-2::-2]
    assert (tmp_path / "one.JSONL").read_text() == lines(calls[22])


def test_a_file_is_never_overwritten_without_being_asked(tmp_path: Path) -> None:
    """AM-90: and the log itself never."""
    mine = tmp_path / "mine.json"
    mine.write_text("mine")
    path = log(tmp_path, *mixed())
    before = path.read_bytes()

    async def story(here: Looking) -> None:
        for answer, kept in (("n", True), ("", True), ("y", False)):
            await here.press("j")
            await here.type(str(mine))
            assert "mine.json is there already; overwrite it? (y/n)" in here.words
            assert mine.read_text() == "mine"
            await here.type(answer)
            assert (mine.read_text() == "mine") is kept
        for name, said in (
            ("none/x.json", "not written: "),
            ("", "is a folder"),
            (path.name, "is the log"),
            ("x" * 999, "name too long"),
        ):
            await here.press("J")
            await here.type(f"{tmp_path}/{name}")
            assert said in here.words, name
            await here.press("escape")
        await here.press("right")
        assert here.status.startswith("call 2 of 24 ·")

    look(path, story, size=(160, 24))
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["calls.jsonl", "mine.json"]


def test_where_no_call_matches_it_says_so_and_goes_on(tmp_path: Path) -> None:
    """AM-92: every key still does no harm."""

    async def story(here: Looking) -> None:
        assert here.status == "no calls · by time ↑ · only trial 99 (24 in all)"
        assert here.lines[1:3] == ["no calls match: trial 99", "c shows all calls again"]
        await here.press("left", "right", "home", "end", "pageup", "s", "S", "d", "t", "a", "h", "j", "J")
        await here.press("escape", "c")
        assert here.status.startswith("call 1 of 24 ·")

    look(log(tmp_path, *mixed()), story, where=Filter(trial=99))


def test_an_empty_log_is_no_crash_and_what_comes_is_shown(tmp_path: Path) -> None:
    path = log(tmp_path)

    async def story(here: Looking) -> None:
        assert here.lines[:2] == ["no calls · by time ↑", "no calls yet"]
        await here.press(*"fdtahjJ", "escape", "right")
        path.write_text(lines(call(1)))
        here.viewer.refresh_log()
        await here.pilot.pause()
        assert "Answer 1." in here.lines

    look(path, story)


def test_damaged_lines_are_counted_and_the_rest_is_shown(tmp_path: Path) -> None:
    """AM-95"""
    path = log(tmp_path, call(1), '{"half', call(2), "[1]", '"text"', call(3))

    async def story(here: Looking) -> None:
        assert here.status == "call 1 of 3 · by time ↑ · 3 damaged lines skipped"
        await here.press("end")
        assert "Answer 3." in here.lines

    look(path, story)


@pytest.mark.parametrize("keys", [[], ["S"]])
def test_a_log_that_grows_moves_no_one_away(tmp_path: Path, keys: list[str]) -> None:
    """Newer calls come behind the one that is looked at, or before it where the order is turned round."""
    path = log(tmp_path, *mixed())

    async def story(here: Looking) -> None:
        await here.press(*keys, "right", "d", "down")
        shown = here.lines[1:-2]
        number = here.viewer.cursor.entry
        with path.open("a") as file:
            file.write(lines(*(call(number) for number in range(50, 60))))
        here.viewer.refresh_log()
        await here.pilot.pause()
        assert here.viewer.cursor.entry == number
        assert here.status.startswith(f"call {12 if keys else 2} of 34 ·")
        assert here.lines[1:-2] == shown

    look(path, story)


def test_it_looks_at_the_log_by_itself_now_and_then(tmp_path: Path) -> None:
    path = log(tmp_path, call(1))

    async def story(here: Looking) -> None:
        with path.open("a") as file:
            file.write(lines(call(2)))
        while not here.status.startswith("call 1 of 2 ·"):
            await here.pilot.pause(0.05)

    look(path, story)


def test_text_of_a_model_is_only_text(tmp_path: Path) -> None:
    """No markup of ours, and nothing that steers a terminal; halves of characters are no crash."""
    hostile = (
        "[red]markup[/red] [@click=app.quit]x[/] \x1b[2J\x1b]0;title\x07\x9b1m \u202eturned \ud83d half [/"
    )
    path = log(tmp_path, call(1, prompt=hostile, answer=hostile, experiment=hostile, model=f"a/{hostile}"))
    safe = "[red]markup[/red] [@click=app.quit]x[/] ␛[2J␛]0;title␇\ufffd1m \ufffdturned ? half [/"

    async def story(here: Looking) -> None:
        assert safe in here.lines
        for key in ("d", "t", "a", "e", "1", "enter", "slash"):
            await here.press(key)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", here.text), key

    look(path, story, size=(120, 40))


@pytest.mark.parametrize("size", [(60, 24), (40, 10), (10, 4)])
def test_a_small_terminal_shows_what_it_can(tmp_path: Path, size: tuple[int, int]) -> None:
    long = "速くする" * 100 + "word " * 200
    path = log(tmp_path, *(call(number, prompt=long, answer=long) for number in range(3)))

    async def story(here: Looking) -> None:
        for key in ("right", "d", "pagedown", "t", "a", "h", "f", "escape", "escape", "escape"):
            await here.press(key)
            assert len(here.lines) == size[1]
        await here.pilot.resize_terminal(80, 24)
        await here.pilot.pause()
        assert here.status == "call 2 of 3 · by time ↑"

    look(path, story, size=size)


def test_a_log_that_was_taken_away_is_said_not_a_crash(tmp_path: Path) -> None:
    path = log(tmp_path, call(1), call(2))

    async def story(here: Looking) -> None:
        path.unlink()
        await here.press("right")
        assert "this call can't be read:" in here.text or "no calls yet" in here.text

    look(path, story)


def test_a_bug_ends_it_and_is_not_printed_over_the_terminal(tmp_path: Path) -> None:
    async def story(here: Looking) -> None:
        here.viewer._handle_exception(ValueError("a bug"))

    with pytest.raises(ValueError, match="a bug"):
        look(log(tmp_path, call(1)), story)
