"""What of a home folder is shown: interpreters and compilers, never the folder."""

from pathlib import Path

import pytest

from autoresearch.adapters.toolchains import inside, look


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in (
        *(".ssh/id", ".aws/credentials", ".netrc", ".config/gh/hosts.yml", ".cargo/credentials.toml"),
        *(".cargo/bin/cargo", ".nvm/versions/node/v20/bin/node", ".cache/huggingface/token"),
        *(".cache/huggingface/hub/model", "project/.env", "project/bin/tool", "project/main.py"),
        *("envs/torch/bin/python", "envs/torch/pyvenv.cfg", "envs/torch/lib/site.py", "envs/torch/.env"),
        *("apps/julia/bin/julia", "apps/julia/lib/sys.so", "apps/julia/notes.txt", "bin/mine"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def shown(home: Path, path: str, **environ: str) -> set[str]:
    """The files of the home folder that are shown, where PATH is `path` (with ~)."""
    user = {"HOME": str(home), "PATH": path.replace("~", str(home))}
    user |= {name: value.replace("~", str(home)) for name, value in environ.items()}
    places = look(user).places
    files = [found for found in home.rglob("*") if found.is_file() and inside(str(found), places)]
    return {str(found.relative_to(home)) for found in files}


KNOWN = {".cargo/bin/cargo", ".nvm/versions/node/v20/bin/node", ".cache/huggingface/hub/model"}


def test_known_folders_are_shown_without_the_keys_beside_them(home: Path) -> None:
    assert shown(home, "/usr/bin") == KNOWN


def test_a_folder_on_the_path_is_shown_with_what_is_installed_with_it(home: Path) -> None:
    assert shown(home, "~/apps/julia/bin:/usr/bin") == KNOWN | {
        "apps/julia/bin/julia",
        "apps/julia/lib/sys.so",
    }


def test_a_folder_of_links_is_shown_with_where_they_lead(home: Path) -> None:
    (home / "bin/julia").symlink_to("../apps/julia/bin/julia")
    found = shown(home, "~/bin")
    assert found == KNOWN | {"bin/mine", "bin/julia", "apps/julia/bin/julia", "apps/julia/lib/sys.so"}


def test_a_virtual_environment_is_shown_without_what_else_lies_there(home: Path) -> None:
    expected = KNOWN | {f"envs/torch/{name}" for name in ("bin/python", "pyvenv.cfg", "lib/site.py")}
    assert shown(home, "/usr/bin", VIRTUAL_ENV="~/envs/torch") == expected


def test_a_project_with_programs_keeps_its_secrets(home: Path) -> None:
    assert shown(home, "~/project/bin") == KNOWN | {"project/bin/tool"}


@pytest.mark.parametrize("root", ["~", "~/.", "/", "~/project/..", "relative"])
def test_a_variable_can_not_show_the_whole_home_folder(home: Path, root: str) -> None:
    assert shown(home, root, GOPATH=root, JAVA_HOME=root) <= KNOWN


def test_a_path_that_is_not_there_or_not_ours_is_left_out(home: Path) -> None:
    assert shown(home, "~/missing/bin:::relative/bin:~/.netrc") == KNOWN
