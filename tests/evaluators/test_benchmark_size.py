"""evaluators/benchmark_size.py, run as a program."""

import os
from pathlib import Path

import pytest

from tests.evaluators.programs import Evaluated, evaluate


def size(at: Path, *args: str, env: dict[str, str] | None = None) -> Evaluated:
    return evaluate("benchmark_size", *args, at=at, env=env)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """1,000 bytes in a file, 234 in a folder below."""
    folder = tmp_path / "dist"
    (folder / "deep").mkdir(parents=True)
    (folder / "a").write_bytes(bytes(1000))
    (folder / "deep" / "b").write_bytes(bytes(234))
    return folder


def test_a_folder_is_as_large_as_all_its_files(dist: Path) -> None:
    """AR-31: size_bytes, exactly."""
    assert size(dist.parent, "--path", "dist").numbers == {"size_bytes": 1234, "files": 2}


def test_a_file_is_as_large_as_it_is(dist: Path) -> None:
    """AR-31: a file."""
    assert size(dist.parent, "--path", "dist/a").numbers == {"size_bytes": 1000, "files": 1}


def test_paths_are_added_and_what_they_share_counts_once(dist: Path) -> None:
    done = size(dist.parent, "--path", "dist/deep", "--path", "dist", "--path", "dist/a")
    assert done.numbers == {"size_bytes": 1234, "files": 2}


def test_hard_links_count_once(dist: Path) -> None:
    os.link(dist / "a", dist / "deep" / "again")
    assert size(dist.parent, "--path", "dist").numbers == {"size_bytes": 1234, "files": 2}


def test_a_symbolic_link_counts_by_itself_and_is_not_followed(dist: Path) -> None:
    (dist / "link").symlink_to("/etc")
    (dist / "self").symlink_to(".")
    assert size(dist.parent, "--path", "dist").numbers == {"size_bytes": 1234 + len("/etc") + 1, "files": 4}


def test_holes_count_as_bytes(dist: Path) -> None:
    os.truncate(dist / "a", 50_000_000)
    assert size(dist.parent, "--path", "dist").numbers["size_bytes"] == 50_000_234


@pytest.mark.parametrize("path", ["nothing", "dist/nothing", "void", "zero", "zeros"])
def test_a_missing_or_empty_path_is_no_measurement(dist: Path, path: str) -> None:
    """AR-31: it scored 0 bytes."""
    (dist.parent / "void").mkdir()
    (dist.parent / "zero").touch()
    (dist.parent / "zeros").mkdir()
    (dist.parent / "zeros" / "zero").touch()
    assert size(dist.parent, "--path", path).failed(path)
    assert size(dist.parent, "--path", "dist", "--path", path).failed(path)


@pytest.mark.parametrize("path", ["link", "link/deep", "bare"])
def test_a_path_that_leads_elsewhere_is_no_measurement(dist: Path, path: str) -> None:
    (dist.parent / "link").symlink_to("dist")
    (dist.parent / "bare").symlink_to("/nowhere")
    assert size(dist.parent, "--path", path).failed(path.partition("/")[0], "symbolic link")


def test_what_the_build_makes_is_measured(tmp_path: Path) -> None:
    """AR-31: an optional build."""
    done = size(tmp_path, "--path", "app", "--build", "printf 12345 > app; echo size_bytes: 1")
    assert done.numbers == {"size_bytes": 5, "files": 1}


def test_a_build_that_fails_is_no_measurement(dist: Path) -> None:
    """AR-31: also where its product stands there from before."""
    assert size(dist.parent, "--path", "dist", "--build", "exit 3").failed("the build", "exited 3")


def test_one_of_path_and_image_is_needed(dist: Path) -> None:
    assert size(dist.parent).misused("--path or --image")
    assert size(dist.parent, "--path", "dist", "--image", "app").misused("--path or --image")


def docker(folder: Path, text: str) -> dict[str, str]:
    """A docker that is a shell script; the rest of PATH as it is."""
    folder.mkdir()
    (folder / "docker").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_an_image_is_as_large_as_docker_says(tmp_path: Path) -> None:
    """AR-31: an image."""
    env = docker(tmp_path / "bin", '[ "$*" = "image inspect --format {{.Size}} -- app:1" ] && echo 7654321')
    assert size(tmp_path, "--image", "app:1", env=env).numbers == {"size_bytes": 7654321}


@pytest.mark.parametrize(
    ("text", "word"),
    [("echo No such image: app >&2; exit 1", "app"), ("echo much", "app"), ("echo 0", "is empty")],
)
def test_an_image_that_docker_does_not_know_is_no_measurement(tmp_path: Path, text: str, word: str) -> None:
    assert size(tmp_path, "--image", "app", env=docker(tmp_path / "bin", text)).failed(word)


def test_without_docker_an_image_is_no_measurement(tmp_path: Path) -> None:
    assert size(tmp_path, "--image", "app", env={"PATH": str(tmp_path)}).failed("neither docker nor podman")
