"""What a proposer is told of the machine: asked of real programs."""

import os
import platform
from pathlib import Path

import pytest

from autoresearch.adapters.process import Warden
from autoresearch.adapters.sandbox import choose
from autoresearch.research.experiment import Experiment
from autoresearch.research.surroundings import Asking
from tests.conftest import Project
from tests.faults import make


def lines(experiment: Experiment, *texts: str) -> str:
    with Warden(choose("auto", os.environ)) as warden:
        return "\n".join(Asking(experiment, warden, os.environ).lines(texts))


def test_machine_python_and_packages_are_told(project: Project) -> None:
    """AM-29, AM-47: the versions that the evaluation's own Python has; what can be shared."""
    experiment, text = make(project), "import yaml\nfrom rich.table import Table\nimport nowhere\n"
    said = lines(experiment, text)
    assert f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores" in said
    assert f"Python of the evaluation: {platform.python_version()}, " in said
    assert "PyYAML 6" in said and "rich " in said and "nowhere" not in said
    assert "$AUTORESEARCH_DIR/shared/" in said and "no network" in said
    assert lines(experiment, text) == said


def test_the_gpu_is_what_its_program_says(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    experiment = make(project)
    assert "GPU: none" in lines(experiment)
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'NVIDIA A100-SXM4-80GB, 81920 MiB'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "GPU: NVIDIA A100-SXM4-80GB, 81920 MiB" in lines(experiment)


def test_a_program_that_hangs_or_fails_is_no_answer(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho boo\nexit 9\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "GPU: none" in lines(make(project))
