"""Rooms at each level that this machine has: what works inside, what is shown, and the limits."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autoresearch.adapters import landlock
from autoresearch.adapters.process import Finished, Warden
from autoresearch.adapters.sandbox import LEVELS, Level, Room, Sandbox, available, choose
from autoresearch.core.errors import AutoresearchError

MIB = 1 << 20
STRONG: list[Level] = ["bubblewrap", "landlock"]


@cache
def levels() -> Mapping[Level, str]:
    return available()


class Bench:
    """A home folder with keys, a worktree, and a warden that works at a level."""

    def __init__(self, level: Level, folder: Path, warden: Warden) -> None:
        self.level, self.folder, self.warden = level, folder, warden
        self.home, self.worktree, self.log = folder / "home", folder / "worktree", folder / "log"

    def run(self, command: str | list[str], limit: float = 60, **room: Any) -> Finished:
        self.log.unlink(missing_ok=True)
        return self.warden.run(
            command,
            cwd=self.worktree,
            env={"PATH": self.warden.sandbox.environ["PATH"], "HOME": str(self.home)},
            log=self.log,
            limit=limit,
            room=Room(**{"write": [self.worktree], **room}),
        )

    def said(self, command: str | list[str], **room: Any) -> str:
        self.run(command, **room)
        return self.log.read_text()

    def python(self, source: str, *arguments: object) -> list[str]:
        return [sys.executable, "-S", "-c", dedent(source), *map(str, arguments)]


def bench_at(level: Level, folder: Path, **environ: str) -> Iterator[Bench]:
    if levels()[level]:
        pytest.skip(levels()[level])
    for name in ("home/.ssh", "home/.pyenv/bin", "worktree"):
        (folder / name).mkdir(parents=True)
    (folder / "home/.ssh/id").write_text("SECRET")
    (folder / "home/.pyenv/bin/tool").write_text("#!/bin/sh\necho a tool\n")
    (folder / "home/.pyenv/bin/tool").chmod(0o755)
    path = f"{folder}/home/.pyenv/bin:{os.environ['PATH']}"
    user = dict(os.environ, HOME=str(folder / "home"), PATH=path) | environ
    with Warden(Sandbox(level, user)) as warden:
        yield Bench(level, folder, warden)


@pytest.fixture(params=STRONG)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from bench_at(request.param, tmp_path)


@pytest.fixture
def wrapped(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_at("bubblewrap", tmp_path)


@pytest.fixture
def confined(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_at("landlock", tmp_path)


# Which level


def test_every_level_is_tried_by_running_something() -> None:
    assert list(levels()) == list(LEVELS)
    assert levels()["none"] == ""


def test_auto_takes_the_strongest_that_works_and_a_name_is_a_minimum() -> None:
    """AM-11: the sandbox is on by default."""
    working = [level for level in LEVELS[:-1] if not levels()[level]]
    if not working:
        pytest.skip("no level works here")
    assert choose("auto", os.environ).level == working[0]
    assert choose(working[-1], os.environ).level == working[0]
    assert choose("none", os.environ).level == "none"


def test_a_level_that_can_not_be_had_is_refused_with_the_mend() -> None:
    """AM-11: never silently without."""
    with pytest.raises(AutoresearchError, match="bubblewrap: bwrap is not installed") as refused:
        choose("bubblewrap", {"PATH": ""})
    assert "apt install bubblewrap" in refused.value.mend
    assert "sandbox: {use: none}" in refused.value.mend


def test_a_level_that_is_there_but_does_not_work_says_why(tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a namespace' >&2; exit 1\n"
    )
    (tmp_path / "bwrap").chmod(0o755)
    broken = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    with pytest.raises(AutoresearchError, match="bwrap: No permissions to create a namespace"):
        choose("bubblewrap", broken)
    if not levels()["landlock"]:
        assert choose("auto", broken).level == "landlock"


# What works inside


def test_exit_codes_signals_and_missing_programs_are_told_as_without(bench: Bench) -> None:
    assert bench.run("exit 7").code == 7
    assert bench.run("kill -SEGV $$").code == -signal.SIGSEGV
    assert bench.run(["no-such-program"]).code == 127


def test_a_program_that_is_out_of_reach_is_told_with_the_mend(bench: Bench) -> None:
    away = bench.folder / "away"
    shutil.copy("/bin/cat", away)
    (bench.worktree / "script").write_text(f"#!{away}\n")
    (bench.worktree / "script").chmod(0o755)
    assert bench.run("./script").code in (126, 127)
    assert "[SANDBOX] a program, or what it is run by, was not found" in bench.log.read_text()


def test_arguments_reach_the_program_as_they_are(bench: Bench) -> None:
    """CX-30: nothing is expanded on the way."""
    odd = ["$HOME `id` 'x' \"y\"", "EOF\n", "--", "caf\udce9", "*", ""]
    bench.run([sys.executable, "-S", "-c", "import os, sys; os.write(1, repr(sys.argv[1:]).encode())", *odd])
    assert bench.log.read_text() == repr(odd)


def test_several_processes_work_together(bench: Bench) -> None:
    program = bench.python("""
        import asyncio, concurrent.futures, multiprocessing
        with multiprocessing.Pool(2) as pool:
            assert pool.map(abs, [-1, -2]) == [1, 2]
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            assert list(pool.map(abs, [-3])) == [3]
        asyncio.run(asyncio.sleep(0.01))
        print("done")
    """)
    assert bench.said(program).strip() == "done"


def test_a_compiler_and_pipes_of_a_shell_work(bench: Bench) -> None:
    assert (
        bench.said("printf 'b\\na\\n' | sort | tr '\\n' ' '; python3 -c 'print(1)' >/dev/null && echo ok")
        == "a b ok\n"
    )


def test_the_worktree_can_be_changed_and_a_scratch_folder_in_tmp_too(bench: Bench) -> None:
    assert bench.run("mkdir -p a/b && echo new >a/b/c && mv a/b/c d && ln -s d e && rm -r a").code == 0
    assert (bench.worktree / "e").read_text() == "new\n"


def test_a_tool_in_the_home_folder_is_there_and_a_key_is_not(bench: Bench) -> None:
    assert bench.said("tool") == "a tool\n"
    assert "SECRET" not in bench.said(f"cat {bench.home}/.ssh/id; cat ~/.ssh/id")


def test_what_may_be_read_can_not_be_written(bench: Bench) -> None:
    data = bench.folder / "data"
    data.mkdir()
    (data / "x").write_text("content")
    assert bench.said(f"cat {data}/x") != "content"
    assert bench.said(f"cat {data}/x", read=[data]) == "content"
    assert bench.run(f"echo more >>{data}/x || rm {data}/x", read=[data]).code != 0
    assert (data / "x").read_text() == "content"


def test_what_is_kept_stays_and_what_is_hidden_is_empty(wrapped: Bench) -> None:
    for name in ("bench.py", ".git", "src.py"):
        (wrapped.worktree / name).write_text("as it was")
    (wrapped.worktree / "private").mkdir()
    (wrapped.worktree / "private/x").touch()
    room = {
        "keep": [wrapped.worktree / "bench.py"],
        "hide": [wrapped.worktree / ".git", wrapped.worktree / "private", wrapped.worktree / "missing"],
    }
    assert wrapped.said("cat .git bench.py; ls private", **room) == "as it was"
    wrapped.run("for f in bench.py .git src.py; do echo changed >$f; rm -f $f; done; touch private/y", **room)
    assert (
        (wrapped.worktree / "bench.py").read_text() == (wrapped.worktree / ".git").read_text() == "as it was"
    )
    assert not (wrapped.worktree / "src.py").exists()
    assert [path.name for path in (wrapped.worktree / "private").iterdir()] == ["x"]
    assert not (wrapped.worktree / "missing").exists()


def test_a_home_folder_is_found_through_a_link(tmp_path: Path) -> None:
    """As on systems where /home leads to /var/home."""
    (tmp_path / "var").mkdir()
    (tmp_path / "link").symlink_to("var")
    for made in bench_at("bubblewrap", tmp_path / "var", HOME=f"{tmp_path}/link/home"):
        said = made.said(f"{tmp_path}/link/home/.pyenv/bin/tool; cd {tmp_path}/link/worktree && pwd -P")
        assert said == f"a tool\n{tmp_path}/var/worktree\n"


def test_home_tmp_and_shared_memory_are_empty_and_can_be_written(wrapped: Bench) -> None:
    stray = Path("/dev/shm", wrapped.folder.name)
    done = wrapped.run(
        f"for d in ~ /tmp /dev/shm; do echo x >$d/{stray.name} || exit 1; done; ls /tmp | wc -l"
    )
    assert (done.code, stray.exists(), (wrapped.home / stray.name).exists()) == (0, False, False)


def test_nothing_else_can_be_written(wrapped: Bench) -> None:
    assert (
        wrapped.run("for d in / /etc /usr /dev /proc/sys /opt; do touch $d/x && exit 1; done; true").code == 0
    )


def test_no_capability_is_left_to_anybody(bench: Bench) -> None:
    rows = dict(row.split(":\t") for row in bench.said("cat /proc/self/status").splitlines() if ":\t" in row)
    assert (
        int(rows["CapEff"], 16)
        == int(rows["CapPrm"], 16)
        == int(rows["CapBnd"], 16) * (not os.geteuid())
        == 0
    )
    assert rows["NoNewPrivs"] == "1"


# The network


def test_single_ports_can_be_opened(bench: Bench) -> None:
    if landlock.version() < 4:
        pytest.skip("single ports take Linux 6.7")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [server.getsockname()[1] for server in (one, other)]
        program = bench.python(
            """
            import socket, sys
            for port in sys.argv[1:]:
                try:
                    socket.create_connection(("127.0.0.1", int(port)), 5)
                    print("open")
                except OSError:
                    print("closed")
            """,
            *ports,
        )
        assert bench.said(program, network=ports[:1]).split() == ["open", "closed"]
        assert bench.said(program, network=True).split() == ["open", "open"]
        assert bench.said(program).split() == ["closed", "closed"]


def test_a_server_of_its_own_is_reached_inside(wrapped: Bench) -> None:
    program = wrapped.python("""
        import socket
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), 5)
            print("reached")
    """)
    assert wrapped.said(program) == "reached\n"


# The limits


@pytest.fixture(params=["none", *STRONG])
def limited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from bench_at(request.param, tmp_path)


def test_too_much_memory_is_killed_and_told(limited: Bench) -> None:
    """CX-28: a memory limit."""
    program = limited.python("""
        import time
        held = b"x" * (300 << 20)
        time.sleep(60)
    """)
    done = limited.run(program, memory=100 * MIB)
    assert (done.code, done.killed, done.timed_out) == (None, "memory", False)
    assert limited.log.read_text().startswith("[MEMORY] killed at 0.")
    assert limited.log.read_text().endswith(" GB of 0.10 GB\n")


def test_memory_that_processes_share_is_counted_once(limited: Bench) -> None:
    program = limited.python("""
        import os, time
        held = b"x" * (100 << 20)
        for _ in range(5):
            if os.fork() == 0:
                time.sleep(60)
        time.sleep(1.5)
    """)
    done = limited.run(program, memory=300 * MIB)
    assert (done.code, done.killed) == (0, "")


def test_a_large_file_that_is_mapped_is_no_memory(limited: Bench) -> None:
    (limited.worktree / "data").write_bytes(bytes(200 * MIB))
    program = limited.python("""
        import mmap, time
        with open("data", "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        sum(mapped[:: 4096])
        time.sleep(0.5)
    """)
    assert limited.run(program, memory=100 * MIB).killed == ""


def test_too_many_processes_are_killed_and_told(limited: Bench) -> None:
    """CX-28: a pids limit."""
    done = limited.run("for i in $(seq 60); do sleep 60 & done; wait", processes=30)
    assert (done.code, done.killed) == (None, "processes")
    assert limited.log.read_text().endswith("[PROCESSES] killed at more than 30 processes\n")


def test_as_many_processes_as_allowed_are_left_alone(limited: Bench) -> None:
    assert limited.run("for i in $(seq 28); do sleep 0.5 & done; wait", processes=30).killed == ""


@pytest.mark.parametrize(
    "command",
    [
        "head -c 30000000 /dev/zero >large; sleep 60",
        "for i in $(seq 9000); do echo x >small$i; done; sleep 60",
        "exec 5>gone; rm gone; head -c 30000000 /dev/zero >&5; sleep 60",
    ],
    ids=["one file", "many files", "a file without a name"],
)
def test_too_much_on_the_disk_is_killed_and_told(limited: Bench, command: str) -> None:
    done = limited.run(command, disk=10 * MIB)
    assert (done.code, done.killed) == (None, "disk")
    assert "[DISK] killed at 0." in limited.log.read_text()


def test_what_was_there_before_is_not_counted(limited: Bench) -> None:
    (limited.worktree / "data").write_bytes(bytes(50 * MIB))
    assert limited.run("head -c 5000000 /dev/zero >new; sleep 0.3", disk=20 * MIB).killed == ""


def test_at_the_time_limit_it_is_asked_to_end_first(limited: Bench) -> None:
    program = limited.python("""
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("saved"))
        time.sleep(600)
    """)
    done = limited.run(program, limit=1.5)
    assert (done.code, done.killed, done.timed_out) == (None, "timeout", True)
    assert limited.log.read_text() == "saved\n[TIMEOUT] killed after 1.5 s\n"


def test_nothing_survives_a_warden_that_is_killed(bench: Bench, tmp_path: Path) -> None:
    """AR-14, AM-44: with namespaces, or signals that stay inside, the kernel ends what is left."""
    if bench.level == "landlock" and landlock.version() < 6:
        pytest.skip("it takes Linux 6.12")
    client = dedent("""
        import os, sys
        from pathlib import Path
        from autoresearch.adapters.process import Warden
        from autoresearch.adapters.sandbox import Room, Sandbox
        level, folder = sys.argv[1], Path(sys.argv[2])
        beat = "setsid sh -c 'while :; do echo . >>beats; sleep 0.02; done' & wait"
        with Warden(Sandbox(level, os.environ)) as warden:
            warden.run(beat, cwd=folder, env=dict(os.environ), log=folder / "log", room=Room(write=[folder]))
    """)
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HOME": str(bench.home),
    }
    command = [sys.executable, "-c", client, bench.level, str(bench.worktree)]
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as process:
        beats = bench.worktree / "beats"
        assert eventually(beats.exists)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        process.wait()
    assert eventually(lambda: stands_still(beats))


def stands_still(path: Path) -> bool:
    before = path.stat().st_size
    time.sleep(0.3)
    return path.stat().st_size == before


def eventually(condition: Any) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False
