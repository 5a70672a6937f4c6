"""The house: floors, walls, sizes, and what a command may load. Rules are mended, not loosened."""

import ast
import fnmatch
import graphlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Project

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "autoresearch"
FILES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text()) for name, path in FILES.items()}

FLOORS = {"core": 1, "adapters": 2, "research": 3, "suites": 3, "calls": 3, "views": 4, "cli": 5}
WALLS = {
    "git": ["adapters/git.py"],
    "subprocess": ["adapters/git.py", "adapters/process.py", "adapters/processes.py", "adapters/child.py"],
    "yaml": ["adapters/settings_file.py", "adapters/syntax.py"],
    "pydantic": ["adapters/settings*.py"],
    "pydantic_core": ["adapters/settings*.py"],
    "jinja2": ["adapters/pages.py"],
    "rich": ["adapters/screen.py", "views/*"],
    "click": ["cli/*"],
    "optuna": ["adapters/optuna_study.py"],
    "litellm": ["adapters/llm.py"],
    "dotenv": ["adapters/env_file.py"],
    "textual": ["views/viewer*"],
    "tomli_w": ["adapters/toml_text.py"],
}
PURE = {"os", "io", "time", "datetime", "subprocess", "shutil", "tempfile", "threading", "socket", "signal"}
HEAVY = {"litellm", "optuna", "textual", "matplotlib", "distributed"}

# A module without a test file of its own, and the tests that hold it.
ELSEWHERE = {
    "__main__.py": "tests/end_to_end/test_loop.py",  # how every test starts the command line
    "views/report_chapters.py": "tests/views/test_report.py",
    "views/report_facts.py": "tests/views/test_report.py",
    "views/report_lists.py": "tests/views/test_report.py",
    "core/errors.py": "tests/cli/test_main.py",  # a tree of names; what they lead to is an exit code
    "core/marks.py": "tests/core/test_tuning.py",
    "adapters/resources.py": "tests/adapters/test_pages.py",
    "adapters/warden.py": "tests/adapters/test_process.py",
    "adapters/output.py": "tests/adapters/test_process.py",
    "adapters/processes.py": "tests/adapters/test_process.py",
    "adapters/spawn.py": "tests/adapters/test_process.py",
    "adapters/room.py": "tests/adapters/test_sandbox.py",
    "adapters/levels.py": "tests/adapters/test_sandbox.py",
    "adapters/bubblewrap.py": "tests/adapters/test_sandbox.py",
    "adapters/landlock.py": "tests/adapters/test_sandbox.py",
    "adapters/limits.py": "tests/adapters/test_sandbox.py",
    "adapters/seccomp.py": "tests/hostile/test_hostile.py",
    "research/attempt.py": "tests/end_to_end/test_measuring.py",
    "research/evaluator.py": "tests/end_to_end/test_measuring.py",
    "research/experiment.py": "tests/end_to_end/test_looking.py",
    "research/harvest.py": "tests/end_to_end/test_apply.py",
    "research/ideas.py": "tests/end_to_end/test_new.py",
    "research/lab.py": "tests/end_to_end/test_running.py",
    "adapters/points.py": "tests/faults/test_points.py",
    "cli/certify.py": "tests/research/test_certifying.py",
    "cli/keep.py": "tests/research/test_certifying.py",
    "cli/doctor.py": "tests/end_to_end/test_doctor.py",
    "views/health.py": "tests/end_to_end/test_doctor.py",
    "research/findings.py": "tests/research/test_health.py",
    "research/leftovers.py": "tests/research/test_health.py",
    "research/chain.py": "tests/faults/test_damaged_chain.py",
    "research/mending.py": "tests/faults/test_damaged_chain.py",
    "adapters/objects.py": "tests/faults/test_damaged_chain.py",
    "cli/check.py": "tests/end_to_end/test_check.py",
    "cli/clean.py": "tests/research/test_cleaning.py",
    "research/proposers/llm.py": "tests/end_to_end/test_models.py",
    "cli/evaluators.py": "tests/end_to_end/test_ready_evaluators.py",
    "research/loop.py": "tests/end_to_end/test_running.py",
    "research/question.py": "tests/end_to_end/test_question.py",
    "research/sessions.py": "tests/end_to_end/test_interrupting.py",
    "research/setup.py": "tests/end_to_end/test_new.py",
    "calls/reading.py": "tests/calls/test_index.py",
    "calls/statistics.py": "tests/calls/test_index.py",
    "calls/store.py": "tests/calls/test_index.py",
    "views/call_sums.py": "tests/end_to_end/test_logs.py",
    "cli/lazy.py": "tests/cli/test_main.py",
    "cli/logs/common.py": "tests/end_to_end/test_logs.py",
    "cli/logs/export.py": "tests/end_to_end/test_logs.py",
    "cli/logs/ls.py": "tests/end_to_end/test_logs.py",
    "cli/logs/show.py": "tests/end_to_end/test_logs.py",
    "cli/logs/stats.py": "tests/end_to_end/test_logs.py",
    "cli/logs/tail.py": "tests/end_to_end/test_logs.py",
    "cli/logs/timeline.py": "tests/end_to_end/test_logs.py",
    "cli/apply.py": "tests/end_to_end/test_apply_refused.py",
    "cli/common.py": "tests/end_to_end/test_looking.py",
    "cli/dashboard.py": "tests/end_to_end/test_exports.py",
    "cli/demo.py": "tests/end_to_end/test_demo.py",
    "cli/init.py": "tests/cli/test_main.py",
    "cli/list.py": "tests/end_to_end/test_looking.py",
    "cli/new.py": "tests/end_to_end/test_new.py",
    "adapters/settings_sections.py": "tests/adapters/test_settings.py",
    "research/files_shown.py": "tests/research/test_briefing.py",
    "research/learning.py": "tests/end_to_end/test_notebook.py",
    "research/notebook.py": "tests/end_to_end/test_notebook.py",
    "cli/plan.py": "tests/end_to_end/test_notebook.py",
    "cli/tasks.py": "tests/end_to_end/test_notebook.py",
    "cli/report.py": "tests/end_to_end/test_report.py",
    "cli/run.py": "tests/end_to_end/test_running.py",
    "cli/show.py": "tests/end_to_end/test_looking.py",
    "cli/status.py": "tests/end_to_end/test_looking.py",
    "cli/logs/view.py": "tests/end_to_end/test_viewer.py",
    "views/viewer_keys.py": "tests/views/test_viewer.py",
    "views/viewer_pages.py": "tests/views/test_viewer.py",
    "views/viewer_screen.py": "tests/views/test_viewer.py",
    "cli/suite/ls.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/show.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/status.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/retry.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/stop.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/edit.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/rm.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/compare.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/run.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/options.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/common.py": "tests/end_to_end/test_suite_looking.py",
    "cli/suite/generate.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/test.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/score.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/report.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/export.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/import.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/older.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/steps.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/new.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/validate.py": "tests/end_to_end/test_suite_steps.py",
    "cli/suite/shell.py": "tests/end_to_end/test_suite_shell.py",
    "cli/suite/shell_state.py": "tests/end_to_end/test_suite_shell.py",
    "cli/suite/shell_commands.py": "tests/end_to_end/test_suite_shell.py",
    "suites/case_files.py": "tests/suites/test_cases.py",
    "suites/case_tables.py": "tests/suites/test_cases.py",
    "suites/case_fields.py": "tests/suites/test_cases.py",
    "suites/matches.py": "tests/suites/test_cases.py",
    "suites/older.py": "tests/suites/test_cases.py",
    "suites/rendering.py": "tests/suites/test_cases.py",
    "suites/acts.py": "tests/suites/test_session.py",
    "suites/budget.py": "tests/suites/test_asking.py",
    "suites/evals.py": "tests/suites/test_session.py",
    "suites/figures.py": "tests/suites/test_session.py",
    "suites/judging.py": "tests/suites/test_session.py",
    "suites/keys.py": "tests/suites/test_session.py",
    "suites/outcomes.py": "tests/suites/test_session.py",
    "suites/place.py": "tests/end_to_end/test_suite_in_loop.py",
    "suites/running.py": "tests/suites/test_session.py",
    "suites/custom_scoring.py": "tests/suites/test_runner.py",
    "suites/emitting.py": "tests/end_to_end/test_suite_in_loop.py",
    "suites/giving.py": "tests/end_to_end/test_suite_steps.py",
    "suites/hands.py": "tests/end_to_end/test_suite_looking.py",
    "suites/validating.py": "tests/end_to_end/test_suite_steps.py",
    "adapters/child.py": "tests/suites/test_runner.py",
    "adapters/line_reader.py": "tests/end_to_end/test_suite_shell.py",
    "adapters/settings_snapshot.py": "tests/suites/test_session.py",
    "core/suite.py": "tests/suites/test_session.py",
    "research/home.py": "tests/research/test_experiment.py",
    "views/suite.py": "tests/end_to_end/test_suite_looking.py",
    "views/suite_live.py": "tests/end_to_end/test_suite_shell.py",
    "views/suite_tables.py": "tests/end_to_end/test_suite_looking.py",
    "views/suite_compare.py": "tests/end_to_end/test_suite_looking.py",
    "views/suite_export.py": "tests/end_to_end/test_suite_steps.py",
    "views/suite_report.py": "tests/end_to_end/test_suite_steps.py",
}


def modules_of(name: str) -> Iterator[tuple[ast.stmt, str]]:
    """Each import of a file: the statement and the full name of what is imported."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node, inner if file_of(inner) else str(node.module)


def file_of(module: str) -> str:
    """The file of a module of ours, relative to the package; "" where it is none."""
    path = module.removeprefix("autoresearch").replace(".", "/").lstrip("/")
    if module.split(".", maxsplit=1)[0] != "autoresearch":
        return ""
    return next((file for file in (f"{path}.py", f"{path}/__init__.py".lstrip("/")) if file in FILES), "")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_imports_run_downwards_only() -> None:
    for name in FILES:
        floor = FLOORS.get(name.split("/", maxsplit=1)[0], 6)
        if name == "__init__.py":
            floor = 0
        for _, module in modules_of(name):
            if (there := file_of(module)) and there != "__init__.py":
                below = FLOORS.get(there.split("/", maxsplit=1)[0], 6)
                assert below <= floor, f"{name} imports {module}, which is on a floor above it"


def test_no_module_is_its_own_ancestor() -> None:
    graph = {name: {file_of(module) for _, module in modules_of(name)} - {""} for name in FILES}
    graphlib.TopologicalSorter(graph).prepare()


def test_every_folder_of_the_package_has_its_floor() -> None:
    assert {name.split("/")[0] for name in FILES if "/" in name} <= set(FLOORS)


def test_the_core_is_pure() -> None:
    for name in FILES:
        if name.startswith("core/"):
            foreign = {module.split(".")[0] for _, module in modules_of(name)} - {"autoresearch"}
            assert foreign <= set(sys.stdlib_module_names) - PURE, name


def test_each_foreign_thing_stands_behind_its_wall() -> None:
    ours = {"autoresearch", *sys.stdlib_module_names} - {"subprocess"}
    for name in FILES:
        for foreign in {module.split(".")[0] for _, module in modules_of(name)} - ours:
            assert foreign in WALLS, f"{name} imports {foreign}: give it an adapter, and a wall here"
            allowed = any(fnmatch.fnmatch(name, pattern) for pattern in WALLS[foreign])
            assert allowed, f"{name} imports {foreign}, which is for {WALLS[foreign]}"


def test_nothing_is_imported_inside_a_function() -> None:
    """But a heavy library that may be missing, in its own adapter; and the commands, when they are called."""
    late = {
        "adapters/optuna_study.py": 'import_module("optuna")',
        "adapters/llm.py": 'import_module("litellm")',
        "cli/lazy.py": "import_module(",
    }
    for name, tree in TREES.items():
        for function in functions(tree):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Import | ast.ImportFrom), f"{name}:{node.lineno}"
        text = FILES[name].read_text()
        assert "__import__" not in text, name
        assert text.count("import_module(") == text.count(late.get(name, "import_module(")) * (
            name in late
        ), name


def test_modules_and_functions_are_small() -> None:
    """A command's options are its interface, not its body: only the body is counted."""
    for name, tree in TREES.items():
        assert len(FILES[name].read_text().splitlines()) <= 300, name
        for function in functions(tree):
            lines = (function.end_lineno or 0) - function.body[0].lineno + 1
            assert lines <= 40, f"{name}: {function.name} has {lines} lines"


def test_only_the_command_line_catches_everything() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and name != "cli/main.py":
                caught = [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)] if node.type else [""]
                assert not {"", "Exception", "BaseException"} & set(caught), f"{name}:{node.lineno}"


def test_only_the_screen_prints() -> None:
    """Errors and help leave through cli/main.py; the warden talks to us through its own output."""
    for name, tree in TREES.items():
        if name in ("adapters/screen.py", "cli/main.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                printing = (
                    "print",
                    "click.echo",
                    "click.secho",
                    "Console",
                    "sys.stdout.write",
                    "sys.stderr.write",
                )
                assert called not in printing, f"{name}:{node.lineno}: {called}"


def test_every_module_says_in_a_few_lines_what_it_owns() -> None:
    for name, tree in TREES.items():
        told = ast.get_docstring(tree)
        assert told, name
        if name != "core/errors.py":  # which draws the tree of errors
            assert len(told.splitlines()) <= 5, name


def test_the_warden_stands_alone() -> None:
    """Whatever it imports, or what that imports, is paid for at every run."""
    left, seen = ["adapters/warden.py"], set()
    while left:
        name = left.pop()
        seen.add(name)
        modules = {module for _, module in modules_of(name)}
        assert {module.split(".")[0] for module in modules} <= {"autoresearch", *sys.stdlib_module_names}, (
            name
        )
        left += {file_of(module) for module in modules} - {"", *seen}
    stems = {Path(name).stem for name in seen}
    assert stems == {"warden", "spawn", "landlock", "limits", "output", "processes"}


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("__init__.py")])
def test_every_module_has_its_tests(name: str) -> None:
    own = ROOT / "tests" / Path(name).with_name(f"test_{Path(name).name}")
    if name in ELSEWHERE and not own.exists():
        assert (ROOT / ELSEWHERE[name]).exists(), f"{name} is said to be held by {ELSEWHERE[name]}"
    else:
        assert own.exists(), f"{name} has no {own.relative_to(ROOT)}"


def test_every_test_file_has_its_module() -> None:
    free = {"end_to_end", "faults", "hostile", "templates"}
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.parent.relative_to(ROOT / "tests").as_posix()
        if folder.split("/")[0] in FLOORS.keys() - free:
            names = [name for name in FILES if Path(name).parent.as_posix() == folder]
            stems = [Path(name).stem for name in names]
            told = path.stem.removeprefix("test_")
            assert any(told.startswith(stem) for stem in stems) or path.name in SPECIAL, path


SPECIAL = {"test_configuration_reference.py"}  # holds a page of docs/


def loaded(project: Project, *words: str) -> set[str]:
    """The top-level modules that a command has imported when it is done."""
    program = (
        "import json, sys\n"
        "from autoresearch.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as done:\n"
        "    assert not done.code, done.code\n"
        "    print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=project.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {module.split(".")[0] for module in json.loads(done.stderr.splitlines()[-1])}


def test_help_needs_click_alone(project: Project) -> None:
    modules = loaded(project, "--help")
    assert "click" in modules
    assert not modules & (HEAVY | {"git", "pydantic", "yaml", "rich", "jinja2"})


def test_looking_loads_nothing_heavy(project: Project) -> None:
    assert project.new("engineering/knob", "--no-measure").code == 0
    for command in ("list", "status", "dashboard"):
        modules = loaded(project, command)
        assert {"rich", "yaml"} <= modules  # or this looked at the wrong process
        assert not modules & HEAVY, command
