"""docs/configuration.md is complete, and true."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from autoresearch.adapters.settings import SECTIONS, Settings, load
from autoresearch.core.errors import SettingsError
from autoresearch.core.model import Metric

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
ROWS = dict(re.findall(r"^\| `([\w.]+)` \| `?(.*?)`? \|", PAGE, re.MULTILINE))
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LEAST = "target: a.py\nevaluate: b\nmetric: {name: m, direction: lower}\n"


def keys() -> dict[str, bool]:
    """Every dotted key, and whether it is required. A section's own row is needed where it is required."""
    found = {}
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            if not section and name in SECTIONS and not field.is_required():
                continue
            found[f"{section}.{name}".lstrip(".")] = field.is_required()
    return found


def test_every_key_is_documented_and_no_other() -> None:
    assert sorted(ROWS) == sorted(keys())


def test_every_section_of_the_settings_is_known() -> None:
    least = Settings.model_validate(
        {"target": "a", "evaluate": "b", "metric": {"name": "m", "direction": "lower"}}
    )
    sections = {name for name, value in least if isinstance(value, BaseModel | Metric)}
    assert sections == set(SECTIONS) - {""}


@pytest.mark.parametrize("key", [key for key, required in keys().items() if required])
def test_a_key_said_to_be_required_is(key: str) -> None:
    assert ROWS[key] == "required"


@pytest.mark.parametrize("key", [key for key, required in keys().items() if not required])
def test_the_documented_default_is_the_default(key: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(LEAST)
    assert load([file], [f"{key}={ROWS[key]}"]) == load([file])


@pytest.mark.parametrize("text", BLOCKS[:-1])
def test_the_examples_are_accepted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    load([file])


def test_the_mistakes_on_the_page_are_what_is_really_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(".autoresearch/engineering/api-speed/config.yaml")
    file.parent.mkdir(parents=True)
    file.write_text(BLOCKS[-1])
    with pytest.raises(SettingsError) as refused:
        load([file], ["time_budget=soon"])
    shown = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert [f"{refused.value}\n"] == shown
