"""What is seen to have been written between two looks."""

import os
from pathlib import Path

from autoresearch.adapters.git import Repository
from autoresearch.research.footprints import Place, places
from tests.conftest import Project


def test_what_came_went_or_was_written_is_named(tmp_path: Path) -> None:
    for name in ("gone", "written", "same"):
        (tmp_path / name).write_text("1")
    place = Place(tmp_path)
    before = place.look()
    (tmp_path / "gone").unlink()
    (tmp_path / "written").write_text("22")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "new").write_text("")
    assert place.changed(before) == [str(tmp_path / name) for name in ("deep/er/new", "gone", "written")]


def test_a_folder_that_is_not_entered_tells_by_its_time(tmp_path: Path) -> None:
    (tmp_path / "cache" / "old").mkdir(parents=True)
    os.utime(tmp_path / "cache", (1, 1))
    place = Place(tmp_path, 1)
    before = place.look()
    assert place.changed(before) == []
    (tmp_path / "cache" / "new").write_text("")
    assert place.changed(before) == [str(tmp_path / "cache")]


def test_what_is_spared_and_what_links_lead_to_is_not_looked_at(tmp_path: Path) -> None:
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    for folder in (elsewhere, here / "ours"):
        folder.mkdir(parents=True)
    (here / "link").symlink_to(elsewhere)
    place = Place(here, spare={here / "ours"})
    before = place.look()
    (elsewhere / "a").write_text("")
    (here / "ours" / "b").write_text("")
    assert place.changed(before) == []


def test_each_place_is_looked_at_once_and_what_is_ours_not_at_all(project: Project, tmp_path: Path) -> None:
    """The checkout lies in the home here, and both in the temporary folder."""
    folders = places(Repository.discover(project.path), tmp_path, tmp_path.parent, tmp_path / "ours")
    before = [place.look() for place in folders]
    project.write(".autoresearch/a", "")
    project.write(".git/objects/aa", "")
    (tmp_path / "ours").mkdir()
    assert [place.changed(was) for place, was in zip(folders, before, strict=True)] == [[], [], []]
    project.write("new", "")
    project.write(".git/hooks/post-commit", "")
    found = [place.changed(was) for place, was in zip(folders, before, strict=True)]
    assert found == [[str(project.path / ".git/hooks/post-commit"), str(project.path / "new")], [], []]
