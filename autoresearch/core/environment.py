"""Which environment variables a program of the user's may see.

An evaluator runs code that nobody has read yet: it sees what compilers, interpreters and accelerators
need, and no secret. A proposer is the user's own program: it sees everything but what steers git.
"""

import re
from collections.abc import Mapping, Sequence

# By exact name, or by prefix where a star stands.
_NEEDED = {
    "any program": "PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TZDIR LOCALE_ARCHIVE TERM COLORTERM "
    "NO_COLOR TMPDIR TEMP TMP SOURCE_DATE_EPOCH SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE "
    "XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CONFIG_DIRS XDG_DATA_DIRS",
    "loader": "LD_LIBRARY_PATH LD_PRELOAD GLIBC_TUNABLES MALLOC_* DYLD_LIBRARY_PATH "
    "DYLD_FALLBACK_LIBRARY_PATH DYLD_FRAMEWORK_PATH NIX_LD NIX_LD_LIBRARY_PATH",
    "C, C++, Fortran": "CC CXX CPP FC LD AR NM RANLIB CFLAGS CXXFLAGS CPPFLAGS FFLAGS LDFLAGS LDLIBS "
    "CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH PKG_CONFIG_* CMAKE_* CCACHE_DIR SDKROOT "
    "DEVELOPER_DIR MACOSX_DEPLOYMENT_TARGET HOMEBREW_PREFIX NIX_PATH NIX_CC NIX_CFLAGS_COMPILE NIX_LDFLAGS "
    "NIX_SSL_CERT_FILE",
    "Python": "PYTHON* VIRTUAL_ENV CONDA_* MAMBA_EXE MAMBA_ROOT_PREFIX PYENV_* UV_CACHE_DIR UV_OFFLINE "
    "UV_PROJECT_ENVIRONMENT UV_PYTHON UV_PYTHON_INSTALL_DIR MPLBACKEND MPLCONFIGDIR NUMBA_*",
    "Go": "GOPATH GOROOT GOBIN GOCACHE GOMODCACHE GOTMPDIR GOENV GOFLAGS GOOS GOARCH GOAMD64 GOARM "
    "GOTOOLCHAIN GOEXPERIMENT GODEBUG GOGC GOMAXPROCS GOMEMLIMIT CGO_*",
    "Rust": "CARGO_HOME CARGO_TARGET_DIR CARGO_INCREMENTAL CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_* "
    "CARGO_PROFILE_* RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTC RUSTC_WRAPPER RUSTFLAGS RUSTDOCFLAGS "
    "RUST_BACKTRACE RUST_LOG RUST_MIN_STACK RUST_TEST_THREADS RAYON_NUM_THREADS",
    "JavaScript": "NODE_PATH NODE_OPTIONS NODE_ENV NODE_EXTRA_CA_CERTS UV_THREADPOOL_SIZE NVM_* FNM_* "
    "VOLTA_HOME PNPM_HOME COREPACK_HOME BUN_INSTALL DENO_DIR",
    "Java and .NET": "JAVA_HOME JAVA_OPTS JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH "
    "MAVEN_HOME M2_HOME MAVEN_OPTS GRADLE_HOME GRADLE_USER_HOME GRADLE_OPTS SDKMAN_DIR SBT_OPTS "
    "KOTLIN_HOME SCALA_HOME DOTNET_ROOT DOTNET_CLI_HOME",
    "other languages": "GEM_HOME GEM_PATH RUBYLIB RUBYOPT RBENV_ROOT PERL5LIB R_HOME R_LIBS R_LIBS_USER "
    "JULIA_* LUA_PATH LUA_CPATH STACK_ROOT OPAM_SWITCH_PREFIX CAML_LD_LIBRARY_PATH ERL_LIBS MIX_ENV "
    "ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR",
    "threads": "OMP_* MKL_* OPENBLAS_* BLIS_* KMP_* TBB_* NUMEXPR_* GOTO_NUM_THREADS VECLIB_MAXIMUM_THREADS",
    "accelerators": "CUDA_* NVIDIA_* CUDNN_* CUBLAS_* NCCL_* HIP_* ROCM_* ROCR_* HSA_* MIOPEN_* ONEAPI_* "
    "SYCL_* ZE_*",
    "machine learning": "TORCH_* PYTORCH_* TRITON_* XLA_* JAX_* TF_* HF_HOME HF_HUB_CACHE HF_HUB_OFFLINE "
    "HF_DATASETS_CACHE HF_DATASETS_OFFLINE TRANSFORMERS_CACHE TRANSFORMERS_OFFLINE",
}
_WORDS = " ".join(_NEEDED.values()).split()
_NAMES = frozenset(word for word in _WORDS if not word.endswith("*"))
_PREFIXES = tuple(word.removesuffix("*") for word in _WORDS if word.endswith("*"))
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|JWT", re.IGNORECASE)
_NEVER = re.compile("GIT_|SSH_AUTH_SOCK$")  # would lead to the user's repository, or to their ssh keys


def for_evaluator(environ: Mapping[str, str], allowed: Sequence[str] = ()) -> dict[str, str]:
    """What an evaluator, and so a candidate, may see of `environ`.

    `allowed` are names that the user lets through besides, or `NAME=value` to set one. Even so, nothing
    that begins with GIT_, and no way to the ssh agent.
    """
    seen = {name: value for name, value in environ.items() if _is_harmless(name)}
    for entry in allowed:
        name, given, value = entry.partition("=")
        if given:
            seen[name] = value
        elif name in environ:
            seen[name] = environ[name]
    return {name: value for name, value in seen.items() if not _NEVER.match(name)}


def for_agent(environ: Mapping[str, str], own: Sequence[str]) -> dict[str, str]:
    """What a command-line agent may see of `environ`: what any program may, and its own variables, by name or
    with a star at the end. Keys of other providers never reach it."""
    names = tuple(name for name in own if not name.endswith("*"))
    prefixes = tuple(name.removesuffix("*") for name in own if name.endswith("*"))
    seen = {
        name: value
        for name, value in environ.items()
        if _is_harmless(name) or name in names or (prefixes and name.startswith(prefixes))
    }
    return {name: value for name, value in seen.items() if not _NEVER.match(name)}


def for_proposer(environ: Mapping[str, str]) -> dict[str, str]:
    """What a proposer may see of `environ`: everything but GIT_*."""
    return {name: value for name, value in environ.items() if not name.startswith("GIT_")}


def is_secret(name: str) -> bool:
    """Is a variable of this name likely to hold a key, a token or a password?"""
    return bool(_SECRET.search(name))


def _is_harmless(name: str) -> bool:
    return (name in _NAMES or name.startswith(_PREFIXES)) and not is_secret(name)
