"""Programs that mean harm, at every level that this machine has, as the user of the tests and as another one.

AM-11, AM-44, AR-14, CX-27, CX-28: what is stopped, and what is said to get through (docs/security.md).
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from autoresearch.adapters import landlock
from autoresearch.adapters.sandbox import available
from tests.hostile.attacks import ATTACKS, LEVELS, Attack
from tests.hostile.scene import play
from tests.hostile.table import PAGE, with_table

ROOT = Path(__file__).parents[2]
NOBODY = 65534
CASES = [
    pytest.param(attack, level, id=f"{attack.group}: {attack.name}, {level}".replace("`", ""))
    for attack in ATTACKS
    for level in LEVELS
    if level != "none" or not attack.walled
]


@cache
def why_not(level: str) -> str:
    return available()[level]  # type: ignore[index]


def expected(attack: Attack, level: str, *, root: bool) -> bool:
    return attack.expected(level, root=root, version=landlock.version())


@pytest.mark.parametrize(("attack", "level"), CASES)
def test_a_hostile_program_gets_only_what_the_page_says(attack: Attack, level: str) -> None:
    """AM-11, AM-44, AR-14, CX-27, CX-28."""
    if why_not(level):
        pytest.skip(f"{level}: {why_not(level)}")
    got = play(attack, level)
    assert bool(got) == expected(attack, level, root=os.geteuid() == 0), got


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[tuple[str, Path]]:
    """An interpreter that another user can run, and a copy of the program that they can read."""
    if os.geteuid():
        pytest.skip("only root can be somebody else")
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(python).exists() and as_nobody([python, "-c", test], Path("/")).returncode == 0:
            break
    else:
        pytest.skip("another user has no Python here")
    folder = Path(tempfile.mkdtemp(prefix="hostile-as-nobody-"))
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "autoresearch", folder / "autoresearch", ignore=without)
    shutil.copytree(ROOT / "tests" / "hostile", folder / "tests" / "hostile", ignore=without)
    (folder / "tests" / "__init__.py").touch()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    yield python, folder
    shutil.rmtree(folder)


def as_nobody(argv: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            argv, cwd=folder, env=environ, capture_output=True, user=NOBODY, group=NOBODY, extra_groups=[]
        )
    except PermissionError:  # the interpreter lies in a folder of somebody's own
        return subprocess.CompletedProcess(argv, 126)


@pytest.mark.parametrize(("attack", "level"), [case for case in CASES if case.values[1] != "none"])
def test_another_user_is_as_safe(attack: Attack, level: str, elsewhere: tuple[str, Path]) -> None:
    """AM-11, AM-44, AR-14, CX-27, CX-28."""
    if why_not(level):
        pytest.skip(f"{level}: {why_not(level)}")
    python, folder = elsewhere
    done = as_nobody([python, "-m", "tests.hostile.scene", attack.name, level], folder)
    assert done.returncode == 0, done.stderr.decode()
    got = json.loads(done.stdout)
    assert bool(got) == expected(attack, level, root=False), got


def test_the_page_says_what_these_tests_show() -> None:
    text = PAGE.read_text()
    assert with_table(text) == text, "run `python -m tests.hostile.table`"
