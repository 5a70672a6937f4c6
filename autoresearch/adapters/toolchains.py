"""What every room shows: the system's programs, and the compilers and interpreters in the user's home folder.

Owns which folders these are. A home folder is never shown whole: only what is named here, and what `PATH`
and the variables of version managers lead to.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

SYSTEM = "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /opt /nix /gnu /run/current-system /run/opengl-driver".split()
ETC = [
    f"/etc/{name}"
    for name in "passwd group hosts host.conf nsswitch.conf gai.conf protocols services localtime timezone "
    "ld.so.cache ld.so.conf ld.so.conf.d alternatives os-release debian_version ssl ca-certificates pki "
    "crypto-policies static locale.conf mime.types magic terminfo inputrc fonts ImageMagick-6 OpenCL vulkan "
    "glvnd java java-8-openjdk java-11-openjdk java-17-openjdk java-21-openjdk maven python3 perl R julia".split()
]
KNOWN = (
    ".pyenv .local/bin .local/lib .local/share/uv .local/share/pipx .local/share/hatch .local/share/pnpm "
    ".local/share/mise .local/share/fnm .local/share/virtualenvs .virtualenvs .poetry miniconda3 anaconda3 "
    "miniforge3 mambaforge micromamba .micromamba .conda/envs .pixi .nvm .fnm .volta .bun .deno/bin .rustup "
    ".cargo/bin .cargo/registry .cargo/git go sdk .rbenv .rvm .gem .asdf .sdkman .jenv .m2/repository .ghcup "
    ".stack .cabal .opam .juliaup .julia .nimble .elan .dotnet .nix-profile .local/state/nix .linuxbrew "
    ".cache/huggingface/hub .cache/huggingface/datasets .cache/torch/hub"
).split()
ROOTS = (
    "PYENV_ROOT UV_PYTHON_INSTALL_DIR CONDA_PREFIX NVM_DIR FNM_DIR VOLTA_HOME BUN_INSTALL RUSTUP_HOME GOROOT "
    "GOPATH GOMODCACHE JAVA_HOME RBENV_ROOT GEM_HOME ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR SDKMAN_DIR DOTNET_ROOT "
    "JULIA_DEPOT_PATH HF_HUB_CACHE HF_DATASETS_CACHE TRANSFORMERS_CACHE TORCH_HOME R_LIBS_USER HOMEBREW_PREFIX"
).split()
PARTS = "bin lib lib64 libexec include share pyvenv.cfg conda-meta".split()
"""What belongs to an installation: a virtual environment may stand in a folder that holds more than that."""


def home(environ: Mapping[str, str]) -> Path:
    """The user's home folder."""
    return Path(environ.get("HOME") or Path("~").expanduser())


def toolchains(environ: Mapping[str, str]) -> list[Path]:
    """Folders and files outside of `SYSTEM` that hold what the user's programs are run by."""
    own = home(environ)
    found = [own / name for name in KNOWN]
    found += [Path(environ[name]) for name in ROOTS if environ.get(name)]
    found += [Path(environ["CARGO_HOME"], part) for part in ("bin", "registry", "git") if "CARGO_HOME" in environ]
    bins = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    bins += [Path(environ["VIRTUAL_ENV"], "bin")] if environ.get("VIRTUAL_ENV") else []
    bins += [Path(prefix, "bin") for prefix in (sys.prefix, sys.base_prefix)]
    found += [path for folder in dict.fromkeys(bins) if not _is_system(folder) for path in _led_to(folder, own)]
    return [path for path in dict.fromkeys(found) if _may_be_shown(path, own)]


def _led_to(folder: Path, own: Path) -> Iterator[Path]:
    """A folder of programs, what is installed with it, and where its links lead."""
    yield folder
    yield from _installed_with(folder, own)
    try:
        entries = [entry.path for entry in os.scandir(folder) if entry.is_symlink()]
    except OSError:  # PATH may name what is not there
        return
    for entry in entries:
        program = Path(os.path.realpath(entry))
        if not _is_system(program) and program.parent != folder:
            yield program
            yield from _installed_with(program.parent, own)


def _installed_with(folder: Path, own: Path) -> Iterator[Path]:
    prefix = folder.parent
    if folder.name in ("bin", "sbin", "condabin") and prefix not in (own, own / ".local"):
        yield from (prefix / part for part in PARTS)


def _may_be_shown(path: Path, own: Path) -> bool:
    """Is it there, and does it not hold the whole home folder?"""
    real = Path(os.path.realpath(path))
    return path.is_absolute() and path.exists() and not Path(os.path.realpath(own)).is_relative_to(real)


def _is_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in SYSTEM)
