"""The profile for macOS, as a text: nobody has run it on a Mac yet."""

from pathlib import Path

from autoresearch.adapters.room import Room
from autoresearch.adapters.seatbelt import command, profile
from autoresearch.adapters.toolchains import Ground

GROUND = Ground("/home/me", places=["/usr"])


def test_everything_is_denied_that_is_not_named(tmp_path: Path) -> None:
    text = profile(Room(write=[tmp_path]), GROUND)
    assert text.startswith("(version 1)\n(deny default)\n")
    assert "(allow network" not in text
    assert f'(allow file-write*\n  (subpath "{tmp_path}"))\n' in text
    assert '(subpath "/usr")' in text
    assert "/home/me" not in text


def test_what_is_kept_or_hidden_is_denied_after_what_is_allowed() -> None:
    room = Room(write=[Path("/w")], keep=[Path("/w/bench.py")], hide=[Path("/w/.git")], network=True)
    lines = profile(room, GROUND).splitlines()
    allowed, kept = lines.index("(allow file-write*"), lines.index("(deny file-write*")
    assert allowed < kept < lines.index("(deny file-read-data")
    assert "(allow network*)" in lines


def test_a_path_can_not_end_its_quotes() -> None:
    odd = Path('/w/a"b\\c')
    assert '(subpath "/w/a\\"b\\\\c")' in profile(Room(write=[odd]), GROUND)


def test_parentheses_match() -> None:
    room = Room(write=[Path("/w")], read=[Path("/r")], keep=[Path("/w/k")], hide=[Path("/w/h")], network=True)
    text = profile(room, GROUND)
    assert text.count("(") == text.count(")")


def test_the_command_line_is_run_by_sandbox_exec() -> None:
    assert command(["python", "x.py"], Room(), GROUND)[:2] == ["/usr/bin/sandbox-exec", "-p"]
    assert command(["python", "x.py"], Room(), GROUND)[3:] == ["python", "x.py"]
