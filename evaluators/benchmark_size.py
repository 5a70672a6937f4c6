"""Size of files and folders, or of a container image, in bytes: `size_bytes`, lower is better.

    python evaluators/benchmark_size.py --path dist --build "make dist"
    python evaluators/benchmark_size.py --image app:latest --build "docker build -t app:latest ."

The apparent size: hard links count once, a symbolic link in a folder counts by itself and is not followed.
"""

import argparse
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from _evaluator import fail, main, must_run, run, usage

EVALUATOR = {
    "metric": "size_bytes",
    "direction": "lower",
    "unit": "bytes",
    "summary": "size of files, folders or a container image",
    "settings": {
        "path": {"help": "a file or folder to measure", "default": []},
        "image": {"help": "a docker or podman image to measure instead", "default": ""},
        "build": {"help": "a command that makes it, run first", "default": ""},
    },
}


def measure(settings: argparse.Namespace) -> dict[str, float]:
    """Bytes; of paths also how many `files` they hold."""
    if bool(settings.path) == bool(settings.image):
        usage("give either --path or --image")
    if settings.build:
        must_run(settings.build, "the build")
    if settings.image:
        return {"size_bytes": _image(settings.image)}
    sizes: dict[tuple[int, int], int] = {}
    for path in settings.path:
        found = dict(_files(path))
        if not sum(found.values()):
            fail(f"{path} is empty: no measurement; is it what the build makes?")
        sizes |= found
    return {"size_bytes": sum(sizes.values()), "files": len(sizes)}


def _files(path: str) -> Iterator[tuple[tuple[int, int], int]]:
    """Which file (device and inode), and its size, of all below `path`."""
    _refuse_links(Path(path))
    try:
        if stat.S_ISREG((status := os.lstat(path)).st_mode):
            yield (status.st_dev, status.st_ino), status.st_size
            return
        for folder, folders, names in os.walk(path, onerror=_unreadable):
            for name in names + folders:
                status = Path(folder, name).lstat()
                if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    yield (status.st_dev, status.st_ino), status.st_size
    except OSError as error:
        _unreadable(error)


def _refuse_links(path: Path) -> None:
    """Of a relative path no part may lead elsewhere; an absolute one is the user's own, as far as its end."""
    for part in (path,) if path.is_absolute() else (path, *path.parents):
        if part.is_symlink():
            fail(f"{part} is a symbolic link: no measurement; give the file or folder itself")


def _unreadable(error: OSError) -> None:
    fail(f"{error.filename} can't be read ({error.strerror}): no measurement; does the build make it?")


def _image(name: str) -> int:
    tool = shutil.which("docker") or shutil.which("podman")
    if not tool:
        fail("neither docker nor podman is on PATH: install one to measure an image")
    done = run([tool, "image", "inspect", "--format", "{{.Size}}", "--", name])
    if done.code != 0 or not done.output.strip().isdigit():
        fail(f"image {name} can't be inspected with {tool}; does it exist?", done)
    if not (size := int(done.output)):
        fail(f"image {name} is empty: no measurement")
    return size


if __name__ == "__main__":
    main(EVALUATOR, __doc__, measure)
