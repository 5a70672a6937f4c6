"""What each kind of value may be, and what is said of the others."""

from pathlib import Path

import pytest

from autoresearch.adapters.settings import load
from autoresearch.core.errors import SettingsError

LEAST = "target: a.py\nevaluate: python bench.py\nmetric: {name: ms, direction: lower}\n"


def said_of(key: str, value: str, folder: Path) -> str:
    path = folder / "config.yaml"
    path.write_text(LEAST)
    with pytest.raises(SettingsError) as refused:
        load([path], [f"{key}={value}"])
    return str(refused.value).removeprefix(f"-c {key}={value}: {key}: ")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("target", "[]", "must name at least one"),
        ("target", "", "must name at least one"),
        ("target", "{a: b}", "must be a list, such as [a, b], not a mapping"),
        ("target", "5", "must be a list, such as [a, b], not 5"),
        ("target", "[a, 5]", "must be text, not 5; put it in quotes"),
        ("target", "[a, null]", "must be text, not empty"),
        ("target", "[on]", "must be text, not true; put it in quotes"),
        ("target", "['']", "must not be empty"),
        ("evaluate", "", "must be a command, such as python bench.py or [python, bench.py], not empty"),
        ("evaluate", "[]", "must be a command, such as python bench.py or [python, bench.py], not a list"),
        ("evaluate", "' '", "must not be empty"),
        ("evaluate", "[sleep, 5]", "must be text, not 5; put it in quotes"),
        ("evaluate", r'"a\0b"', r"must be text that a command or a path can hold, not 'a\x00b'"),
        ("evaluate", r'"a\ud800b"', r"must be text that a command or a path can hold, not 'a\ud800b'"),
        ("metric", "p50_ms", "must be keys and values, such as {name: …}"),
        ("metric.name", "5", "must be text, not 5; put it in quotes"),
        ("metric.unit", "", "must be text, not empty"),
        ("metric.direction", "Lower", "must be lower or higher, not 'Lower'; did you mean 'lower'?"),
        ("metric.direction", "up", "must be lower or higher, not 'up'"),
        ("metric.once", "3", "must be true or false, not 3"),
        ("metric.once", "'yes'", "must be true or false, not 'yes'"),
        ("time_budget", "ten", "must be a duration such as 5m or 2h, not 'ten'"),
        ("time_budget", "0", "must be a duration such as 5m or 2h, not 0"),
        ("time_budget", "-5m", "must be a duration such as 5m or 2h, not '-5m'"),
        ("time_budget", "true", "must be a duration such as 5m or 2h, not true"),
        ("time_budget", "1:30", "must be a duration such as 5m or 2h, not '1:30'"),
        ("time_budget", "", "must be a duration such as 5m or 2h, not empty"),
        ("timeout", ".inf", "must be a duration such as 5m or 2h, not inf"),
        ("constraints", "[peak_mb]", "'peak_mb' is no constraint: write NAME, one of <= >= == != < >,"
            " and a number, as `peak_mb <= 512`"),
        ("environment", "[A-B]", "must be the name of an environment variable, or NAME=value, not 'A-B'"),
        ("proposer.use", "tunr",
            "must be llm or agent or tuner or command, not 'tunr'; did you mean 'tuner'?"),
        ("proposer", "{use: claude}", "claude is an agent; write agent: claude"),
        ("proposer", "claude", "must be keys and values, such as {agent: claude}"),
        ("proposer.seed", "-1", "must be a whole number of at least 0, not -1"),
        ("proposer.seed", "0.5", "must be a whole number of at least 0, not 0.5"),
        ("keep", "off", "must be keys and values, such as {confirm: …}"),
        ("keep.confirm", "norml", "must be normal or strict or off, not 'norml'; did you mean 'normal'?"),
        ("keep.confirm", "true", "must be normal or strict or off, not true"),
        ("stop.trials", "'ten'", "must be a whole number of at least 1, not 'ten'"),
        ("stop.trials", "0", "must be a whole number of at least 1, not 0"),
        ("stop.trials", "true", "must be a whole number of at least 1, not true"),
        ("stop.trials", "1e400", "must be a whole number of at least 1, not '1e400'"),
        ("stop.target", ".nan", "must be a number, not nan"),
        ("stop.target", "false", "must be a number, not false"),
        ("stop.hours", "0", "must be a number of hours above 0, such as 8 or 0.5, not 0"),
        ("stop.hours", "1:30", "must be a number of hours above 0, such as 8 or 0.5, not '1:30'"),
        ("repository", "src", "must be an absolute path, not 'src'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_in_plain_words(key: str, value: str, said: str, tmp_path: Path) -> None:
    assert said_of(key, value, tmp_path) == said


@pytest.mark.parametrize("key", ["target", "context", "share"])
@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../../b", ".git/config", ".autoresearch/x", "."])
def test_a_path_that_leaves_the_repository_is_refused(key: str, path: str, tmp_path: Path) -> None:
    """AR-06: also a path into .git, or the repository as a whole."""
    said = f"'{path}' is off limits; name files inside the repository, relative to it"
    assert said_of(key, path, tmp_path) == said


@pytest.mark.parametrize("path", ["data/*", "a?", "run[0-9]"])
def test_what_is_shared_is_no_pattern(path: str, tmp_path: Path) -> None:
    assert said_of("share", f"'{path}'", tmp_path) == f"{path!r} is a pattern; name the file or folder itself"


def test_a_long_value_is_shown_short(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{LEAST}proposer: {{use: {'x' * 10_000}}}\n{'y' * 1000}: 5\n")
    with pytest.raises(SettingsError) as refused:
        load([path])
    assert all(len(line) < len(str(path)) + 300 for line in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("value", "number"), [("1e-3", 0.001), ("10", 10), ("-1_000", -1000), ("'0.5'", 0.5), (".5", 0.5)]
)
def test_numbers_are_read_as_people_write_them(value: str, number: float, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{LEAST}stop: {{target: {value}}}\n")
    assert load([path]).stop.target == number


def test_whole_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{LEAST}proposer: {{seed: 9007199254740993}}\nstop: {{trials: 1e3}}\n")
    settings = load([path])
    assert (settings.proposer.seed, settings.stop.trials) == (9007199254740993, 1000)


@pytest.mark.parametrize("value", ["off", "'off'", '"off"', "false", "no"])
def test_off_is_off_with_and_without_quotes(value: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{LEAST}keep: {{confirm: {value}}}\n")
    assert load([path]).keep.confirm == "off"


def test_one_of_anything_is_a_list_of_one(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"{LEAST}checks: pytest -q\ncontext: b.py\nshare: data\nenvironment: A\nconstraints: x < 1\n"
    )
    settings = load([path])
    assert settings.checks == ("pytest -q",)
    assert (settings.context, settings.share, settings.environment) == (("b.py",), ("data",), ("A",))
    assert len(settings.constraints) == 1


def test_a_command_says_that_it_is_used_unless_the_tuner_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{LEAST}proposer: {{command: python propose.py}}\n")
    assert load([path]).proposer.use == "command"
    assert load([path], ["proposer.use=tuner"]).proposer.use == "tuner"
