"""What the settings may say of the sandbox: read, or refused with what it must be."""

from pathlib import Path
from typing import Any

import pytest

from autoresearch.adapters.settings import Settings, load
from autoresearch.core.errors import SettingsError

LEAST = "target: knob.py\nevaluate: python bench.py\nmetric: {name: value, direction: lower}\n"


def read(folder: Path, *overrides: str) -> Settings:
    file = folder / "config.yaml"
    file.write_text(LEAST)
    return load([file], overrides)


@pytest.mark.parametrize(
    ("given", "key", "meant"),
    [
        ("network=true", "network", True),
        ("network=[8000, 8001]", "network", (8000, 8001)),
        ("network=8000", "network", (8000,)),
        ("memory=4G", "memory", 4 << 30),
        ("disk=512M", "disk", 512 << 20),
        ("processes=null", "processes", None),
        ("use=landlock", "use", "landlock"),
        ("read=[/data, ~/sets]", "read", (Path("/data"), Path.home() / "sets")),
    ],
)
def test_what_is_written_is_what_is_meant(tmp_path: Path, given: str, key: str, meant: Any) -> None:
    if key == "read":
        meant = (Path("/data"), Path("~/sets").expanduser())
    assert getattr(read(tmp_path, f"sandbox.{given}").sandbox, key) == meant


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("network=[0]", "must be true, false, or TCP ports such as [8000]"),
        ("network=yes please", "must be true, false, or TCP ports"),
        ("memory=lots", "must be a size such as 512M or 4G"),
        ("use=bubblewarp", "did you mean 'bubblewrap'?"),
        ("write=[data]", "must be an absolute path, or one that begins with ~/"),
        ("level=none", "unknown key 'level'"),
    ],
)
def test_what_cannot_be_meant_is_one_line(tmp_path: Path, given: str, says: str) -> None:
    with pytest.raises(SettingsError, match="sandbox") as refused:
        read(tmp_path, f"sandbox.{given}")
    assert says in str(refused.value)


@pytest.mark.parametrize("path", ["/etc", "../x", ".", "~/../x"])
def test_an_agents_own_paths_lie_in_the_home_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(SettingsError, match="must be a path in your home folder"):
        read(tmp_path, f"proposer.home=[{path}]")
