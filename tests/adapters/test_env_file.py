"""`.env`, and the variables that stand for settings."""

import os
from pathlib import Path

import pytest

from autoresearch.adapters.env_file import as_overrides, from_environ, variables
from autoresearch.adapters.settings import Settings, load
from autoresearch.core.errors import SettingsError

LEAST = "target: a.py\nevaluate: python bench.py\nmetric: {name: ms, direction: lower}\n"
KEY = "sk-or-v1-0123456789"


def env(folder: Path, text: str | bytes) -> dict[str, str]:
    (folder / ".env").write_bytes(text if isinstance(text, bytes) else text.encode())
    return variables([folder], {})


def settings(folder: Path, environ: dict[str, str], text: str = "", *overrides: str) -> Settings:
    config = folder / "config.yaml"
    config.write_text(LEAST + text)
    return load([config], overrides, environ)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A = b", "b"),
        ("export A=b", "b"),
        ('A="b c"', "b c"),
        ("A='b $c'", "b $c"),
        ("A=b # what it is for", "b"),
        ("A=b#c", "b#c"),
        ('A="b # c"', "b # c"),
        ("# A=c\n\n   \nA=b", "b"),
        ("\ufeffA=b", "b"),
        ("A=b\r\nB=c\r\n", "b"),
        ("A=", ""),
        ("A=schlüssel=", "schlüssel="),
        ('A="two\nlines"', "two\nlines"),
        ("A=c\nA=b", "b"),
    ],
)
def test_a_line_is_read_as_it_is_usually_written(tmp_path: Path, line: str, value: str) -> None:
    assert env(tmp_path, line)["A"] == value


def test_a_file_that_is_not_written_in_utf_8_is_refused(tmp_path: Path) -> None:
    """AM-72: its names would be read as others, and a run would go on without the key and the model."""
    with pytest.raises(SettingsError, match=r"\.env: this is no plain text; save it as UTF-8$"):
        env(tmp_path, "CODE_MODEL=openai/name\n".encode("utf-16"))


def test_a_name_without_a_value_is_no_variable(tmp_path: Path) -> None:
    assert env(tmp_path, "A\nexport B\nC=1\n") == {"C": "1"}


@pytest.mark.parametrize(("text", "line"), [("A=b\n=c\n", 2), ("A=b\n\n# ok\nB='open\n", 4), ("a b c\n", 1)])
def test_a_line_that_cannot_be_read_is_named_without_its_text(tmp_path: Path, text: str, line: int) -> None:
    """AM-72: what is wrong may be a key."""
    with pytest.raises(SettingsError) as wrong:
        env(tmp_path, text)
    assert str(wrong.value) == f"{tmp_path}/.env:{line}: this can't be read; write NAME=value"


def test_bytes_that_are_no_text_are_no_reason_to_stop(tmp_path: Path) -> None:
    assert env(tmp_path, b"A=\xff\xfe\nB=c\n") == {"A": "\udcff\udcfe", "B": "c"}


def test_no_file_and_a_folder_of_that_name_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "x" / ".env").mkdir(parents=True)
    assert variables([tmp_path, tmp_path / "x", tmp_path / "gone"], {"A": "b"}) == {"A": "b"}


def test_the_environment_outranks_the_first_file_and_that_the_second(tmp_path: Path) -> None:
    for name, text in (("one", "A=1\nB=1\n"), ("two", "A=2\nB=2\nC=2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".env").write_text(text)
    folders = [tmp_path / "one", tmp_path / "two", tmp_path / "one"]
    assert variables(folders, {"A": "0"}) == {"A": "0", "B": "1", "C": "2"}


def test_nothing_of_it_reaches_our_own_environment(tmp_path: Path) -> None:
    before = dict(os.environ)
    env(tmp_path, "OF_ITS_OWN=1\n")
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("variable", "stage"),
    [
        ("SUMMARIZE_MODEL", "summarize"),  # AM-18
        ("CODE_MODEL", "propose"),  # AM-19
        ("REPORT_MODEL", "report"),  # AM-20
        ("ANALYSIS_MODEL", "analyze"),  # AM-21
        ("PLAN_MODEL", "plan"),  # AM-22
    ],
)
def test_each_stage_has_its_variable(tmp_path: Path, variable: str, stage: str) -> None:
    """AM-15, AM-16"""
    environ = {"CODE_MODEL": "openrouter/a/code", variable: "openrouter/a/own"}
    assert settings(tmp_path, environ).models.chain(stage)[0].name == "openrouter/a/own"


def test_a_stage_without_a_model_takes_the_default_else_that_of_the_code(tmp_path: Path) -> None:
    """AM-16, AM-22: but logs are summarized by rules, for nothing, unless a model is named for that."""
    code = {"CODE_MODEL": "openrouter/a/code"}
    assert settings(tmp_path, code, "models: {default: openrouter/a/cheap}\n").models.chain("summarize") == ()
    for stage in ("plan", "analyze", "report"):
        assert settings(tmp_path, code).models.chain(stage)[0].name == "openrouter/a/code"
        default = settings(tmp_path, code, "models: {default: openrouter/a/cheap}\n")
        assert default.models.chain(stage)[0].name == "openrouter/a/cheap"
    assert settings(tmp_path, {}).models.chain("plan") == ()


def test_numbers_have_their_variables(tmp_path: Path) -> None:
    """AM-23, AM-24"""
    environ = {"MAX_RUNS": "10", "TIMEOUT_SECONDS": "7200", "MAX_RETRIES": "2", "TEMPERATURE": "0.9"}
    found = settings(tmp_path, environ)
    assert (found.stop.trials, found.hard_limit) == (10, 7200)
    assert (found.requests.retries, found.requests.temperature) == (2, 0.9)
    usual = settings(tmp_path, {})
    assert (usual.requests.retries, usual.requests.temperature) == (3, 0.3)


def test_files_and_the_command_line_outrank_variables(tmp_path: Path) -> None:
    environ = {"MAX_RUNS": "10", "MAX_RETRIES": "2", "TEMPERATURE": "  "}
    found = settings(tmp_path, environ, "stop: {trials: 20}\n", "requests.retries=5")
    assert (found.stop.trials, found.requests.retries, found.requests.temperature) == (20, 5, 0.3)


def test_a_variable_with_a_wrong_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"MAX_RUNS.*stop\.trials: must be a whole number"):
        settings(tmp_path, {"MAX_RUNS": "many"})


def test_what_comes_from_variables_is_told() -> None:
    told = from_environ({"MAX_RUNS": "10", "CODE_MODEL": "openrouter/a/b", "PATH": "/bin"})
    assert told == ["models.propose: openrouter/a/b (from CODE_MODEL)", "stop.trials: 10 (from MAX_RUNS)"]


@pytest.mark.parametrize(
    ("written", "keys", "meant"),
    [
        ("google/gemini-2.5-flash-preview-05-20", ["OPENROUTER_API_KEY"], "openrouter/"),
        ("google/gemini-2.5-flash-preview-05-20", [], "openrouter/"),  # so its key is asked for
        ("google/gemini-2.5-flash-preview-05-20", ["OPENROUTER_API_KEY", "GOOGLE_API_KEY"], "openrouter/"),
        ("openai/o4-mini", ["OPENROUTER_API_KEY"], "openrouter/"),
        ("openai/o4-mini", ["OPENROUTER_API_KEY", "OPENAI_API_KEY"], ""),
        ("openai/o4-mini", ["OPENAI_API_KEY"], ""),
        ("openai/o4-mini", [], ""),
        ("meta-llama/llama-4", ["OPENROUTER_API_KEY"], "openrouter/"),
        ("azure/gpt", ["OPENROUTER_API_KEY", "AZURE_API_KEY"], ""),
        ("openrouter/google/gemini", ["OPENROUTER_API_KEY"], ""),
        ("ollama_chat/qwen3", ["OPENROUTER_API_KEY"], ""),
        ("gpt-4o", ["OPENROUTER_API_KEY"], ""),
    ],
)
def test_an_old_name_of_openrouter_is_understood(written: str, keys: list[str], meant: str) -> None:
    """AM-17, AM-18, AM-19, AM-20, AM-21"""
    environ = {"CODE_MODEL": written, **dict.fromkeys(keys, KEY)}
    assert as_overrides(environ) == {"CODE_MODEL": f"models.propose={meant}{written}"}
