"""What every room shows: the system's programs, and the compilers and interpreters in the user's home folder.

Owns which folders these are. A home folder is never shown whole: only what is named here, and what `PATH`
and the variables of version managers lead to.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SYSTEM = "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /opt /nix /gnu /run/current-system /run/opengl-driver"
_ETC = (
    "passwd group hosts resolv.conf nsswitch.conf localtime timezone os-release ld.so.cache alternatives "
    "ssl pki crypto-policies static fonts OpenCL R maven "
    "java-8-openjdk java-11-openjdk java-17-openjdk java-21-openjdk"
)
_KNOWN = (
    ".pyenv .local/bin .local/lib .local/share/uv .local/share/pipx .local/share/hatch .local/share/pnpm "
    ".local/share/mise .local/share/fnm .local/share/virtualenvs .virtualenvs .poetry miniconda3 anaconda3 "
    "miniforge3 mambaforge micromamba .micromamba .conda/envs .pixi .nvm .fnm .volta .bun .deno/bin .rustup "
    ".cargo/bin .cargo/registry .cargo/git go sdk .rbenv .rvm .gem .asdf .sdkman .jenv .m2/repository .ghcup "
    ".stack .cabal .opam .juliaup .julia .nimble .elan .dotnet .nix-profile .local/state/nix .linuxbrew "
    ".cache/huggingface/hub .cache/huggingface/datasets .cache/torch/hub"
)
_ROOTS = (
    "PYENV_ROOT UV_PYTHON_INSTALL_DIR CONDA_PREFIX NVM_DIR FNM_DIR VOLTA_HOME BUN_INSTALL RUSTUP_HOME GOROOT "
    "GOPATH GOMODCACHE JAVA_HOME RBENV_ROOT GEM_HOME ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR SDKMAN_DIR "
    "DOTNET_ROOT JULIA_DEPOT_PATH HF_HUB_CACHE HF_DATASETS_CACHE TRANSFORMERS_CACHE TORCH_HOME R_LIBS_USER "
    "HOMEBREW_PREFIX"
)
_ACCELERATORS = "nvidia* kfd dri dxg accel*"
_PARTS = "bin lib lib64 libexec include share pyvenv.cfg conda-meta"
KERNEL = ("/dev", "/proc", "/sys")  # rooms have their own
BINS = ("bin", "sbin", "condabin")
CARGO = ("bin", "registry", "git")  # of its home folder, without credentials
SYSTEM = _SYSTEM.split()
ETC = [f"/etc/{name}" for name in _ETC.split()]
KNOWN = _KNOWN.split()
"""Folders of a home folder."""
ROOTS = _ROOTS.split()
"""Variables that name a folder of programs."""
ACCELERATORS = _ACCELERATORS.split()
"""Names in /dev of what a GPU is reached by."""
PARTS = _PARTS.split()
"""What belongs to an installation: a virtual environment may stand in a folder that holds more than that."""


@dataclass(frozen=True)
class Ground:
    """What every room shows, by where it really is; `links` lead there; `devices` are the accelerators'."""

    home: str
    places: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    devices: list[str] = field(default_factory=list)

    def place(self, path: str) -> str:
        """Where a path really is; the links on the way there are added to `links`."""
        at, rest = Path("/"), path.split("/")[::-1]
        while rest:
            part = rest.pop()
            if part == "..":
                at = at.parent
            elif (at / part).is_symlink():
                self.links[str(at / part)] = target = str((at / part).readlink())
                at = Path("/") if target.startswith("/") else at
                rest += target.split("/")[::-1]
            else:
                at /= part
        return str(at)


def look(environ: Mapping[str, str]) -> Ground:
    """What every room shows here."""
    ground = Ground(environ.get("HOME") or str(Path("~").expanduser()))
    ground.devices.extend(str(path) for name in ACCELERATORS for path in sorted(Path("/dev").glob(name)))
    system = [*SYSTEM, *ETC, "/sys" if ground.devices else "/sys/devices/system"]
    found = [
        *system,
        *(path for path in _toolchains(environ, ground.home) if _may_be_shown(path, ground.home)),
    ]
    for path in dict.fromkeys(found):
        if there(path) and not inside(place := ground.place(path), ground.places):
            ground.places.append(place)
    return ground


def named(path: str, home: str, *, beside: bool = False) -> list[str]:
    """What is shown where a command names this path: itself, and what a program is installed with; the folder
    where it really lies too, if what is `beside` it may belong to it (npm, pipx). [] for a relative path."""
    if not path.startswith("/"):
        return []
    real = os.path.realpath(path)
    bins = [at for at in dict.fromkeys((path, real)) if Path(at).parent.name in BINS]
    found = [path, *(shown for at in bins for shown in _program(at, home))]
    found += [str(Path(real).parent)] if beside else []
    kept = (at for at in found if _may_be_shown(at, home) and not inside(at, KERNEL))
    return [at for at in kept if there(at)]


def there(path: str | Path) -> bool:
    """Is it there, and ours to reach?"""
    try:
        Path(path).stat()
    except OSError:
        return False
    return True


def inside(path: str, folders: Iterable[str]) -> bool:
    """Is it one of these folders, or in one?"""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _toolchains(environ: Mapping[str, str], home: str) -> Iterator[str]:
    yield from (f"{home}/{name}" for name in KNOWN)
    yield from (environ[name] for name in ROOTS if environ.get(name))
    if cargo := environ.get("CARGO_HOME"):
        yield from (f"{cargo}/{part}" for part in CARGO)
    bins = [f"{prefix}/bin" for prefix in (environ.get("VIRTUAL_ENV"), sys.prefix, sys.base_prefix) if prefix]
    for folder in dict.fromkeys([*environ.get("PATH", "").split(os.pathsep), *bins]):
        if folder.startswith("/") and _can_be_listed(folder) and not inside(folder, SYSTEM):
            yield from _installed(folder, home)
            for link in (entry for entry in Path(folder).iterdir() if entry.is_symlink()):
                if not inside(os.path.realpath(link), [folder]):
                    yield from _program(os.path.realpath(link), home)


def _can_be_listed(folder: str) -> bool:
    return os.access(folder, os.R_OK | os.X_OK) and Path(folder).is_dir()


def _program(path: str, home: str) -> Iterator[str]:
    if not inside(path, SYSTEM):
        yield path
        yield from _installed(str(Path(path).parent), home)


def _installed(folder: str, home: str) -> Iterator[str]:
    """A folder of programs, and what belongs to them."""
    yield folder
    prefix, _, name = folder.rpartition("/")
    if name in BINS and prefix not in (home, f"{home}/.local"):
        yield from (f"{prefix}/{part}" for part in PARTS)


def _may_be_shown(path: str, home: str) -> bool:
    """Doesn't it hold the whole home folder?"""
    return path.startswith("/") and not inside(os.path.realpath(home), [os.path.realpath(path).rstrip("/")])
