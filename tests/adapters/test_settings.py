"""The typed settings: what is accepted, what it becomes, and what is said of every mistake."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from autoresearch.adapters.settings import Settings, as_yaml, load
from autoresearch.core.constraints import Constraint
from autoresearch.core.errors import SettingsError
from autoresearch.core.model import Metric

LEAST = "target: a.py\nevaluate: python bench.py\nmetric: {name: ms, direction: lower}\n"

Write = Callable[[str], Path]


@pytest.fixture
def config(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return write


def mistakes(files: list[Path], *overrides: str) -> list[str]:
    """The lines that are said, without the folder."""
    with pytest.raises(SettingsError) as refused:
        load(files, overrides)
    lines = str(refused.value).replace(f"{files[-1].parent}/", "").splitlines()
    if len(lines) > 1:
        assert lines.pop(0) == f"{len(lines)} mistakes in the settings:"
    return lines


def test_three_keys_are_enough(config: Write) -> None:
    settings = load([config(LEAST)])
    assert settings.target == ("a.py",)
    assert settings.evaluate == "python bench.py"
    assert settings.metric == Metric("ms", "lower", unit="", once=False)
    assert (settings.context, settings.share, settings.checks) == ((), (), ())
    assert (settings.time_budget, settings.timeout, settings.hard_limit) == (300, None, 750)
    assert (settings.constraints, settings.environment, settings.repository) == ((), (), None)
    proposer, stop = settings.proposer, settings.stop
    assert (proposer.use, proposer.command, proposer.timeout, proposer.seed) == (None, None, 600, 0)
    assert settings.use == "tuner"
    assert (stop.trials, stop.hours, stop.target, stop.patience, stop.crashes) == (100, None, None, None, 5)
    assert (settings.keep.confirm, settings.sandbox.use) == ("normal", "auto")


def test_every_key_is_read(config: Write) -> None:
    text = """
target: [src/search.py, "lib/**"]
context: [README.md]
share: [data/, .venv]
evaluate: [python, bench.py]
metric: {name: p50_ms, direction: higher, unit: ms, once: true}
checks: [pytest -q, [ruff, check]]
constraints: [peak_mb <= 512]
time_budget: 1m30s
timeout: 2h
environment: [HOME_DIR, "A=b = c"]
proposer: {command: [python, propose.py], timeout: 30, seed: 7}
keep: {confirm: off}
stop: {trials: 10, hours: 0.5, target: -1e-3, patience: 3, crashes: null}
repository: /srv/project
"""
    settings = load([config(text)])
    assert settings.target == ("src/search.py", "lib/**")
    assert (settings.context, settings.share) == (("README.md",), ("data/", ".venv"))
    assert settings.evaluate == ("python", "bench.py")
    assert settings.metric == Metric("p50_ms", "higher", "ms", once=True)
    assert settings.checks == ("pytest -q", ("ruff", "check"))
    assert settings.constraints == (Constraint("peak_mb", "<=", 512),)
    assert (settings.time_budget, settings.timeout, settings.hard_limit) == (90, 7200, 7200)
    assert settings.environment == ("HOME_DIR", "A=b = c")
    proposer, stop = settings.proposer, settings.stop
    assert (proposer.use, proposer.command, proposer.timeout) == ("command", ("python", "propose.py"), 30)
    assert (proposer.seed, settings.keep.confirm) == (7, "off")
    assert (stop.trials, stop.hours, stop.target, stop.patience, stop.crashes) == (10, 0.5, -0.001, 3, None)
    assert settings.repository == Path("/srv/project")


def test_settings_can_not_be_changed(config: Write) -> None:
    settings = load([config(LEAST)])
    with pytest.raises(ValidationError):
        settings.time_budget = 1


def test_later_files_win_key_by_key_and_lists_are_replaced(tmp_path: Path) -> None:
    defaults, experiment = tmp_path / "defaults.yaml", tmp_path / "config.yaml"
    defaults.write_text("checks: [a, b]\nstop: {trials: 7, hours: 8}\ntimeout: 9m\n")
    experiment.write_text(LEAST + "checks: [c]\nstop: {hours: 2}\ntimeout: null\nproposer:\n")
    settings = load([defaults, experiment])
    assert settings.checks == ("c",)
    assert (settings.stop.trials, settings.stop.hours, settings.timeout) == (7, 2, None)


def test_an_empty_section_changes_nothing(tmp_path: Path) -> None:
    defaults, experiment = tmp_path / "defaults.yaml", tmp_path / "config.yaml"
    defaults.write_text("stop: {trials: 7}\n")
    experiment.write_text(LEAST + "stop:\n  # trials: 5\nchecks:\n")
    settings = load([defaults, experiment])
    assert (settings.stop.trials, settings.checks) == (7, ())


def test_only_the_last_file_must_exist(tmp_path: Path, config: Write) -> None:
    missing = tmp_path / "missing.yaml"
    assert load([missing, config(LEAST)]) == load([config(LEAST)])
    assert mistakes([config(LEAST), missing]) == [
        "missing.yaml: there is no such file; `autoresearch new` makes an experiment"
    ]


def test_overrides_win_from_left_to_right(config: Write) -> None:
    overrides = ["stop.trials=5", "stop={hours: 3}", "stop.trials=6", "target=[a.py,b.py]", "timeout="]
    settings = load([config(LEAST + "timeout: 5m\n")], overrides)
    assert (settings.stop.trials, settings.stop.hours) == (6, 3)
    assert (settings.target, settings.timeout) == (("a.py", "b.py"), None)


def test_the_value_of_an_override_may_hold_an_equals_sign(config: Write) -> None:
    settings = load([config(LEAST)], ["constraints=peak_mb <= 512", "environment=[A=1]"])
    assert settings.constraints == (Constraint("peak_mb", "<=", 512),)
    assert settings.environment == ("A=1",)


def test_mistakes_in_an_override_are_found_there(config: Write) -> None:
    overrides = ("stop.trails=5", "proposer={use: command}", "nothing", "=1", "evaluate=[", "stop.hours=x")
    assert mistakes([config(LEAST)], *overrides) == [
        "-c stop.trails=5: stop: unknown key 'trails'; did you mean 'trials'?",
        "-c proposer={use: command}: proposer: use: command needs a command,"
        " such as command: python propose.py",
        "-c nothing: needs a key and a value, such as -c stop.trials=5",
        "-c =1: needs a key and a value, such as -c stop.trials=5",
        "-c evaluate=[: this can't be read: expected the node content, but found the end;"
        " mend the brackets, quotes or indentation",
        "-c stop.hours=x: stop.hours: must be a number of hours above 0, such as 8 or 0.5, not 'x'",
    ]


def test_an_override_beneath_a_value_is_refused_at_the_override(config: Write) -> None:
    lines = mistakes([config(LEAST)], "stop.trials.x=5")
    assert lines == ["-c stop.trials.x=5: stop.trials: must be a whole number of at least 1, not a mapping"]


def test_all_mistakes_of_all_files_come_at_once_and_in_order(tmp_path: Path) -> None:
    defaults, experiment = tmp_path / "defaults.yaml", tmp_path / "config.yaml"
    defaults.write_text("keep: {confirm: sure}\ntime_bugdet: 5m\n")
    experiment.write_text(
        "target:\n  - ok.py\n  - ../x.py\nstop: {trails: 5, trials: ten}\n"
        "metric: {name: ms}\nstop: {crashes: 0}\nshare: [data/*]\n"
    )
    assert mistakes([defaults, experiment]) == [
        "defaults.yaml:1:8: keep.confirm: must be normal or strict or off, not 'sure'",
        "defaults.yaml:2:1: unknown key 'time_bugdet'; did you mean 'time_budget'?",
        "config.yaml:1:1: evaluate: is needed, such as evaluate: python bench.py",
        "config.yaml:3:5: target: '../x.py' is off limits; name files inside the repository, relative to it",
        "config.yaml:5:1: metric.direction: is needed, such as direction: lower",
        "config.yaml:6:1: 'stop' is given twice, first on line 4; keep one",
        "config.yaml:6:8: stop.crashes: must be a whole number of at least 1, not 0",
        "config.yaml:7:9: share: 'data/*' is a pattern; name the file or folder itself",
    ]


def test_one_mistake_is_one_line(config: Write) -> None:
    with pytest.raises(SettingsError) as refused:
        load([config(LEAST + "stop:\n  trails: 5\n")])
    folder = config("").parent
    assert (
        str(refused.value) == f"{folder}/config.yaml:5:3: stop: unknown key 'trails'; did you mean 'trials'?"
    )


def test_what_is_missing_is_said_with_an_example(config: Write) -> None:
    """AR-03: what is missing is said."""
    assert mistakes([config("# nothing yet\n")]) == [
        "config.yaml:1:1: target: is needed, such as target: [src/search.py]",
        "config.yaml:1:1: evaluate: is needed, such as evaluate: python bench.py",
        "config.yaml:1:1: metric: is needed, such as metric: {name: p50_ms, direction: lower}",
    ]


def test_nothing_is_called_missing_when_a_file_can_not_be_read(tmp_path: Path) -> None:
    defaults, experiment = tmp_path / "defaults.yaml", tmp_path / "config.yaml"
    defaults.write_text("checks: [a\n")
    experiment.write_text("stop: {trails: 5}\n")
    first, second = mistakes([defaults, experiment])
    assert first.startswith("defaults.yaml:2:1: this can't be read")
    assert second == "config.yaml:1:8: stop: unknown key 'trails'; did you mean 'trials'?"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Target: a", "unknown key 'Target'; did you mean 'target'?"),
        ("trials: 5", "unknown key 'trials'; did you mean 'stop.trials'?"),
        (
            "metric: {timeout: 5}",
            "metric: unknown key 'timeout'; "
            "did you mean 'timeout' or 'proposer.timeout' or 'requests.timeout'?",
        ),
        ("keep: {zzz: 1}", "keep: unknown key 'zzz'; the keys are confirm"),
        ("5: 1", "unknown key '5'; the keys are target, "),
        ("<<: {stop: {}}", "unknown key '<<'; the keys are target, "),
        ("models: {defualt: x}", "models: unknown key 'defualt'; did you mean 'default'?"),
    ],
)
def test_an_unknown_key_is_refused_with_what_was_meant(key: str, said: str, config: Write) -> None:
    lines = mistakes([config(key)])
    assert any(re.fullmatch(rf"config.yaml:1:\d+: {re.escape(said)}.*", line) for line in lines)


HARD = st.text("ab: #'\"\n\t-[]{}&*!|>%@`,?\\é\u2028🙂01e.~", min_size=1).filter(str.strip)
MISREAD = st.sampled_from(["no", "1e3", "0x1F", "1:30", "null", "~", "2024-01-01", "=", "<<", "---", "1_0"])
WORDS = HARD | MISREAD
KEYS = st.fixed_dictionaries(
    {
        "evaluate": WORDS | st.lists(WORDS, min_size=1),
        "metric": st.fixed_dictionaries(
            {"direction": st.sampled_from(["lower", "higher"]), "name": WORDS},
            optional={"unit": MISREAD, "once": st.booleans()},
        ),
        "target": st.lists(st.sampled_from(["a.py", "-x", "é ü.py", "no", "1", "*.py"]), min_size=1),
    },
    optional={
        "stop": st.fixed_dictionaries({}, optional={"hours": st.just(1e-3), "trials": st.integers(1, 9)}),
        "checks": st.lists(st.lists(WORDS, min_size=1) | WORDS),
        "timeout": st.sampled_from(["5m", 300, 0.5, None]),
    },
)


@settings(deadline=None)
@given(KEYS)
def test_what_is_written_is_read_again(keys: dict[str, Any]) -> None:
    text = as_yaml(keys)
    assert yaml.safe_load(text) == keys
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text)
        assert load([path]) == Settings.model_validate(keys)


def test_a_written_file_is_easy_to_read() -> None:
    shared = ["a.py", "b c.py"]
    keys = {
        "stop": {"hours": 8, "trials": 5},
        "checks": ["pytest -q --strict-markers --strict-config", "ruff check src tests --no-cache", "mypy"],
        "time_budget": "5m",
        "evaluate": "cd src\npython bench.py",
        "metric": {"unit": "%", "direction": "lower", "name": "off"},
        "context": shared,
        "target": shared,
    }
    assert (
        as_yaml(keys)
        == """\
# Every key, what it means and its default: docs/configuration.md
target: [a.py, b c.py]
context: [a.py, b c.py]
evaluate: |-
  cd src
  python bench.py
metric: {name: 'off', direction: lower, unit: '%'}
checks:
- pytest -q --strict-markers --strict-config
- ruff check src tests --no-cache
- mypy
time_budget: 5m
stop: {trials: 5, hours: 8}
"""
    )


def test_importing_the_settings_builds_no_validator() -> None:
    code = (
        "from autoresearch.adapters.settings import SECTIONS\n"
        "assert not any(keys.__pydantic_complete__ for keys in SECTIONS.values())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("api_base: localhost:8000/v1", "api_base: must be an address such as http://localhost:8000/v1, not"),
        ("api_key_env: sk-or-v1-123", "must be the name of a variable, such as MY_KEY, not the key itself"),
        ("api_key_env: $MY_KEY", "must be the name of a variable, such as MY_KEY, not the key itself"),
    ],
)
def test_a_key_in_the_place_of_its_name_is_refused_unseen_and_so_is_half_an_address(
    given: str, said: str, config: Write
) -> None:
    """AM-72"""
    [line] = mistakes([config(LEAST + f"models: {{propose: {{model: openai/a, {given}}}}}\n")])
    assert said in line and "123" not in line


def test_the_evaluation_is_told_in_words_that_a_person_would_use(config: Write) -> None:
    """Not as the line that a ready evaluator is started with."""
    ready = LEAST.replace(
        "evaluate: python bench.py", "evaluator: {use: benchmark_speed, command: python b.py, runs: 3}"
    )
    assert load([config(ready)]).measured_by == "benchmark_speed (command: python b.py, runs: 3)"
    assert "evaluate.py" in str(load([config(ready)]).evaluate)
    assert load([config(LEAST)]).measured_by == "python bench.py"
    words = LEAST.replace("python bench.py", "[python, 'b c.py']")
    assert load([config(words)]).measured_by == "python 'b c.py'"


def test_an_evaluation_is_said_once(config: Write) -> None:
    [line] = mistakes([config(f"{LEAST}evaluator: {{use: benchmark_speed}}\n")])
    assert "evaluate and evaluator say the same in two ways; keep one" in line


def test_a_stage_asks_nobody_where_none_is_said_and_the_tuner_needs_a_model_of_its_own(config: Write) -> None:
    """AM-16: `none`, and YAML's `off`; where no model proposes, only what is named for a stage counts."""
    asks = "models: {default: openrouter/a/b, report: %s}\n"
    for none in ("none", "off", "false"):
        found = load([config(LEAST + asks % none)])
        assert found.asks("report") == () and found.asks("plan")[0].name == "openrouter/a/b"
    tuned = load([config(LEAST + asks % "openrouter/c/d")], ["proposer.use=tuner"])
    assert tuned.asks("plan") == () and tuned.asks("report")[0].name == "openrouter/c/d"


def test_the_log_of_calls_has_its_switch_and_its_place(config: Write) -> None:
    """AM-60, AM-61: the variables of old, in every spelling of yes and no."""
    path = config(LEAST)
    for said, content in {
        "true": True,
        "1": True,
        "yes": True,
        "false": False,
        "0": False,
        "no": False,
    }.items():
        assert load([path], (), {"LLM_ENABLE_LOGGING": said}).logs.content is content
    assert load([path], (), {"LLM_LOG_DIR": "llm_logs"}).logs.dir == "llm_logs"
    assert load([path]).logs.content is True
    assert mistakes([path], "logs.content=perhaps") == [
        "-c logs.content=perhaps: logs.content: must be true or false, not 'perhaps'"
    ]
