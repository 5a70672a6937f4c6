"""The folders beside the package, in a wheel, an editable install and a checkout."""

import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from autoresearch.adapters import resources
from autoresearch.research.ideas import TEMPLATES
from tests.conftest import Project
from tests.provider import Provider

ROOT = Path(__file__).parent.parent.parent
SHIPPED = (
    "autoresearch", "evaluators", "prompts", "templates", "pyproject.toml", "README.md", "LICENSE",
    "CHANGELOG.md",
)  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the product is made of, so that nothing is built or noted in the real one."""
    copy = tmp_path / "a checkout"
    copy.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    return copy


def built(checkout: Path) -> Path:
    """A wheel of it."""
    into = checkout.parent / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    (wheel,) = into.glob("*.whl")
    return wheel


def installed(what: list[str], into: Path) -> Path:
    """The program, installed into an environment of its own that sees our libraries, but not us."""
    venv.create(into, symlinks=True)
    python = into / "bin" / "python"
    found = subprocess.run([python, "-c", "import site; print(site.getsitepackages()[0])"],
                           check=True, capture_output=True, text=True)  # fmt: skip
    Path(found.stdout.strip(), "libraries.pth").write_text(f"{site.getsitepackages()[0]}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install"]
    subprocess.run([*pip, "--quiet", "--no-index", "--no-deps", "--no-build-isolation", *what], check=True)
    return into / "bin" / "autoresearch"


def works(project: Project, program: list[str], package: Path) -> None:
    """Every command that needs a folder beside the package does its work, from another folder."""

    def run(*words: str) -> str:
        done = subprocess.run(
            [*program, *words], cwd=project.path, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import autoresearch; print(autoresearch.__file__)"
    python = program[0] if len(program) > 1 else str(Path(program[0]).with_name("python"))
    told = subprocess.run([python, "-c", where], cwd=project.path, capture_output=True, text=True, check=True)
    assert Path(told.stdout.strip()).parent == package
    made = ("--target", "knob.py", "--metric", "value", "--direction", "lower")
    measure = f"{sys.executable} bench.py"
    run("new", "engineering/knob", *made, "--eval", measure, "--template", TEMPLATES[0])
    assert "# Goal" in (project.folder() / "IDEA.md").read_text()
    assert "engineering/knob  knob.py  value lower" in run("list")
    assert "<html" in run("dashboard", "--format", "html")
    assert "benchmark_speed" in run("evaluators")
    run("new", "a/size", "--target", "knob.py", "--evaluator", "benchmark_size", "--set", "path=knob.py")
    with Provider() as provider:
        provider.plays('IDEA: less\n<file path="knob.py">\nx = 2\n</file>\n')
        assert "less" in run("run", "a/size", "--dry-run", "--model", "openai/m", *provider.options())
    demo = project.path.parent / "demo"
    assert "val_bpb" in run("demo", str(demo), "--trials", "1", "--budget", "1s")


def test_it_works_from_a_wheel(project: Project, checkout: Path) -> None:
    """AR-05: the folders travel inside the package."""
    wheel = built(checkout)
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {f"autoresearch/data/templates/ideas/{name}.md.j2" for name in TEMPLATES} <= set(names)
    assert "autoresearch/py.typed" in names
    assert all(
        name.split("/")[0] in ("autoresearch", wheel.name.split("-py3")[0] + ".dist-info") for name in names
    )
    program = installed([str(wheel)], checkout.parent / "env")
    shutil.rmtree(checkout)
    works(project, [str(program)], next((checkout.parent / "env").glob("lib/*/site-packages/autoresearch")))


def test_it_works_from_an_editable_install(project: Project, checkout: Path) -> None:
    """AR-05: the folders beside the package."""
    program = installed(["--editable", str(checkout)], checkout.parent / "env")
    works(project, [str(program)], checkout / "autoresearch")


def test_it_works_from_a_bare_checkout(
    project: Project, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AR-05: `python -m autoresearch` with the checkout on the path, installed nowhere."""
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    works(project, [sys.executable, "-m", "autoresearch"], checkout / "autoresearch")


def test_a_folder_is_found_beside_the_package_here() -> None:
    """AR-05"""
    assert resources.folder("templates") == ROOT / "templates"
    assert (resources.folder("templates") / "ideas").is_dir()
