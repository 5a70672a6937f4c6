"""What evaluators and proposers may see of the user's environment."""

import pytest

from autoresearch.core.environment import for_agent, for_evaluator, for_proposer

NEEDED = """
    PATH HOME LANG LC_ALL TMPDIR VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHASHSEED LD_LIBRARY_PATH
    CC CXXFLAGS GOPATH GOMAXPROCS CARGO_HOME RUSTUP_TOOLCHAIN NODE_PATH NVM_DIR JAVA_HOME JDK_JAVA_OPTIONS
    CUDA_VISIBLE_DEVICES NVIDIA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES OMP_NUM_THREADS MKL_NUM_THREADS
    OPENBLAS_NUM_THREADS XDG_CACHE_HOME SSL_CERT_FILE HF_HOME PYTORCH_CUDA_ALLOC_CONF
"""
FOREIGN = """
    OPENAI_API_KEY ANTHROPIC_API_KEY HF_TOKEN AWS_SECRET_ACCESS_KEY DATABASE_URL HTTPS_PROXY GITHUB_TOKEN
    GOOGLE_APPLICATION_CREDENTIALS GOAUTH DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR DOCKER_HOST DISPLAY
"""
SECRET = """
    CONDA_TOKEN PYTHON_API_KEY NVM_AUTH_HEADER CUDA_PASSWORD TORCH_secret JULIA_PKG_CREDENTIALS
    CMAKE_PASSPHRASE JAX_jwt
"""


@pytest.mark.parametrize("name", NEEDED.split())
def test_an_evaluator_sees_what_programs_need(name: str) -> None:
    assert for_evaluator({name: "value"}) == {name: "value"}


@pytest.mark.parametrize("name", FOREIGN.split())
def test_an_evaluator_sees_nothing_else(name: str) -> None:
    assert for_evaluator({name: "value"}) == {}


@pytest.mark.parametrize("name", SECRET.split())
def test_what_is_named_like_a_secret_is_seen_only_if_allowed_by_its_exact_name(name: str) -> None:
    assert for_evaluator({name: "value"}) == {}
    assert for_evaluator({name: "value"}, [name[:-1], f"{name}S", "CONDA_*"]) == {}
    assert for_evaluator({name: "value"}, [name]) == {name: "value"}


def test_a_user_can_let_through_and_set_variables() -> None:
    environ = {"PATH": "/bin", "DATA": "here", "EMPTY": "", "OTHER": "x"}
    allowed = ["DATA", "MISSING", "EMPTY", "PATH=/opt/bin", "FLAGS=-O2 -DX=1", "NONE="]
    assert for_evaluator(environ, allowed) == {
        "PATH": "/opt/bin", "DATA": "here", "EMPTY": "", "FLAGS": "-O2 -DX=1", "NONE": "",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "SSH_AUTH_SOCK"])
def test_the_way_to_the_repository_and_the_ssh_agent_stays_shut(name: str) -> None:
    assert for_evaluator({name: "value"}, [name, f"{name}=other"]) == {}


def test_a_proposer_sees_everything_but_what_steers_git() -> None:
    environ = {
        "OPENAI_API_KEY": "k",
        "SSH_AUTH_SOCK": "s",
        "GIT_DIR": "/x",
        "GIT_INDEX_FILE": "i",
        "GITHUB": "g",
    }
    assert for_proposer(environ) == {"OPENAI_API_KEY": "k", "SSH_AUTH_SOCK": "s", "GITHUB": "g"}


def test_an_agent_sees_what_programs_need_and_its_own_variables() -> None:
    own = ["CLAUDE_*", "ANTHROPIC_API_KEY"]
    seen = {
        "PATH": "/bin", "HOME": "/h", "LANG": "C", "ANTHROPIC_API_KEY": "k", "CLAUDE_CODE_OAUTH_TOKEN": "t",
        "CLAUDE_": "",
    }  # fmt: skip
    like_them = ["ANTHROPIC_API_KEYS", "MY_ANTHROPIC_API_KEY", "CLAUDE", *FOREIGN.split()]
    others = {name: "x" for name in like_them if name not in seen}
    assert for_agent({**others, **seen}, own) == seen


def test_an_agent_that_names_none_sees_no_variable_of_its_own() -> None:
    assert for_agent({"PATH": "/bin", "OPENAI_API_KEY": "k", "ANYTHING": "x"}, []) == {"PATH": "/bin"}


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_SSH_COMMAND", "SSH_AUTH_SOCK"])
def test_an_agent_never_sees_the_way_to_the_repository_or_the_ssh_agent(name: str) -> None:
    assert for_agent({name: "value"}, [name, "GIT_*", "SSH_*", "*"]) == {}
