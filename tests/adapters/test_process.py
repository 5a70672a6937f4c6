"""Commands in real processes: how they end, what is kept of their output, and that nothing is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from autoresearch.adapters.process import Finished, Redirect, Warden
from autoresearch.core.errors import AutoresearchError, Terminated

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc or a child subreaper")
ENVIRONMENT = {"PATH": os.environ["PATH"]}
MIB = 1 << 20

DAEMON = """
    import os, signal, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(name, signal.SIG_IGN)
            with open(sys.argv[1] + ".new", "w") as file:
                file.write(str(os.getpid()))
            os.rename(sys.argv[1] + ".new", sys.argv[1])
            time.sleep(600)
        os._exit(0)
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.005)
"""


class Bench:
    """A warden with a folder, a log, and short words for what every test does."""

    def __init__(self, warden: Warden, folder: Path) -> None:
        self.warden = warden
        self.folder = folder
        self.log = folder / "run.log"

    def run(self, command: str | list[str], env: Mapping[str, str] = ENVIRONMENT, **more: Any) -> Finished:
        return self.warden.run(command, cwd=self.folder, env=env, log=self.log, **more)

    def script(self, source: str, *arguments: object) -> list[str]:
        return python(self.folder, source, *arguments)


def python(folder: Path, source: str, *arguments: object) -> list[str]:
    path = folder / f"program{len(list(folder.glob('program*.py')))}.py"
    path.write_text(dedent(source))
    return [sys.executable, "-S", str(path), *map(str, arguments)]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition: Any) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Warden() as warden:
        yield Bench(warden, tmp_path)


# How a command ends


def test_the_exit_code_and_the_output_are_told(bench: Bench) -> None:
    done = bench.run("echo out; echo err >&2; exit 7")
    assert (done.code, done.timed_out, done.swept, done.output_bytes) == (7, False, 0, 8)
    assert 0 < done.seconds < 60
    assert bench.log.read_bytes() == b"out\nerr\n"


def test_a_signal_is_told_as_a_negative_code(bench: Bench) -> None:
    assert bench.run("kill -SEGV $$").code == -signal.SIGSEGV


def test_one_warden_serves_many_commands_and_appends_to_the_log(bench: Bench) -> None:
    wardens = {bench.run("echo $PPID").code for _ in range(3)}
    assert wardens == {0}
    lines = bench.log.read_text().split()
    assert len(lines) == 3
    assert len(set(lines)) == 1


def test_a_command_runs_in_its_folder_with_its_environment_alone(bench: Bench) -> None:
    program = bench.script("import os; print(os.getcwd()); print(sorted(set(os.environ) - {'LC_CTYPE'}))")
    bench.run(program, env={"ONLY": "this"})
    assert bench.log.read_text() == f"{bench.folder}\n['ONLY']\n"


def test_a_program_is_looked_for_in_its_own_path(bench: Bench) -> None:
    (bench.folder / "mine").write_text("#!/bin/sh\necho found $1\n")
    (bench.folder / "mine").chmod(0o755)
    assert bench.run(["mine", "it"], env={"PATH": str(bench.folder)}).code == 0
    assert bench.log.read_text() == "found it\n"


def test_a_missing_program_fails_with_127_and_a_line(bench: Bench) -> None:
    done = bench.run(["no-such-program", "x"])
    assert (done.code, done.swept, done.timed_out) == (127, 0, False)
    assert bench.log.read_text() == "[NOT STARTED] [Errno 2] No such file or directory: 'no-such-program'\n"
    assert bench.run("exit 0").code == 0


def test_a_missing_folder_fails_with_127_and_a_line(bench: Bench) -> None:
    done = bench.warden.run("exit 0", cwd=bench.folder / "gone", env=ENVIRONMENT, log=bench.log)
    assert done.code == 127
    assert f"No such file or directory: '{bench.folder / 'gone'}'" in bench.log.read_text()


@pytest.mark.parametrize("arguments", [["true", "a\0b"], [""], ["./not-executable"]])
def test_what_can_never_be_started_fails_with_127(bench: Bench, arguments: list[str]) -> None:
    (bench.folder / "not-executable").write_text("text")
    assert bench.run(arguments).code == 127
    assert bench.log.read_text().startswith("[NOT STARTED] ")


def test_the_working_folder_can_be_removed_afterwards(bench: Bench) -> None:
    inside = bench.folder / "worktree"
    inside.mkdir()
    bench.warden.run("echo x", cwd=inside, env=ENVIRONMENT, log=bench.log)
    inside.rmdir()
    assert bench.run("echo y").code == 0


def test_signals_that_we_ignore_are_not_ignored_by_the_command(bench: Bench) -> None:
    program = bench.script("""
        import signal
        names = "SIGINT SIGTERM SIGHUP SIGQUIT SIGPIPE SIGCHLD SIGUSR1"
        handlers = [signal.getsignal(getattr(signal, name)) for name in names.split()]
        # Python itself sets these two at its start
        assert handlers.pop(0) is signal.default_int_handler and handlers.pop(3) is signal.SIG_IGN
        assert set(handlers) == {signal.SIG_DFL}, handlers
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []), "blocked"
    """)
    client = python(
        bench.folder,
        """
        import signal, sys
        from pathlib import Path
        from autoresearch.adapters.process import Warden
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGCHLD])
        with Warden() as warden:
            folder = Path(sys.argv[1])
            done = warden.run(sys.argv[2:], cwd=folder, env={}, log=folder / "run.log")
        sys.exit(done.code)
        """,
        bench.folder,
        *program,
    )
    ended = subprocess.run(client, env=client_environment(), timeout=60)
    assert ended.returncode == 0, bench.log.read_text()
    assert bench.run(["/bin/sh", "-c", "yes | head -n 1 >/dev/null; kill -PIPE $$"]).code == -signal.SIGPIPE


# What is given and kept


def test_any_bytes_survive_in_output_arguments_and_environment(bench: Bench) -> None:
    weird = os.fsdecode(b"caf\xe9 \xff\xfe \xc3\xa9")
    program = bench.script("""
        import os, sys
        os.write(1, b"\\0\\xff\\x1b[31m\\r" + os.fsencode(sys.argv[1]) + os.environb[b"WEIRD"])
    """)
    bench.run([*program, weird], env=ENVIRONMENT | {"WEIRD": weird})
    assert bench.log.read_bytes() == b"\0\xff\x1b[31m\r" + 2 * b"caf\xe9 \xff\xfe \xc3\xa9"


@LINUX_ONLY
def test_paths_that_are_no_utf_8_are_used_as_they_are(bench: Bench) -> None:
    folder = bench.folder / os.fsdecode(b"caf\xe9 '\n")
    folder.mkdir()
    done = bench.warden.run("cat in", cwd=folder, env=ENVIRONMENT, log=folder / "log")
    assert done.code == 1
    (folder / "in").write_text("here")
    bench.warden.run(
        "cat", cwd=folder, env=ENVIRONMENT, log=folder / "log", redirect=Redirect(stdin=folder / "in")
    )
    assert (folder / "log").read_text().endswith("here")


def test_standard_input_is_empty_unless_a_file_is_given(bench: Bench) -> None:
    (bench.folder / "in").write_text("given\n")
    bench.run("cat; echo end")
    bench.run("cat; echo end", redirect=Redirect(stdin=bench.folder / "in"))
    assert bench.log.read_text() == "end\ngiven\nend\n"


def test_standard_output_can_have_a_file_of_its_own(bench: Bench) -> None:
    out = bench.folder / "reply.json"
    out.write_text("from before, and longer than what comes")
    done = bench.run("echo '{}'; echo warning >&2", redirect=Redirect(stdout=out))
    assert (out.read_text(), bench.log.read_text()) == ("{}\n", "warning\n")
    assert done.output_bytes == 11


def test_a_standard_output_of_its_own_is_cut_at_its_cap(bench: Bench) -> None:
    out = bench.folder / "reply.json"
    program = bench.script("import os\nfor _ in range(20): os.write(1, b'x' * (1 << 20))")
    done = bench.run(program, redirect=Redirect(stdout=out))
    assert (done.code, done.output_bytes, out.stat().st_size) == (0, 20 * MIB, 16 * MIB)


def test_output_is_on_disk_while_the_command_still_runs(bench: Bench) -> None:
    """AM-42: output is captured and streamed to disk while running."""
    program = bench.script(
        """
        import sys, time
        print("loss: 0.5", flush=True)
        for _ in range(2000):
            if "loss: 0.5" in open(sys.argv[1]).read():
                sys.exit(0)
            time.sleep(0.01)
        sys.exit(1)
        """,
        bench.log,
    )
    assert bench.run(program).code == 0


def test_a_long_output_keeps_its_whole_first_and_last_lines(bench: Bench) -> None:
    program = bench.script("""
        import sys
        for number in range(1_000_000):
            sys.stdout.write(f"line {number}\\n")
    """)
    done = bench.run(program)
    written = sum(len(f"line {number}\n") for number in range(1_000_000))
    assert done.output_bytes == written
    lines = bench.log.read_text().splitlines()
    marker = next(index for index, line in enumerate(lines) if line.startswith("[…"))
    tail = range(1_000_000 - (len(lines) - marker - 1), 1_000_000)
    assert lines[:marker] == [f"line {number}" for number in range(marker)]
    assert lines[marker + 1 :] == [f"line {number}" for number in tail]
    left_out = written - sum(len(line) + 1 for line in lines) + len(lines[marker]) + 1
    assert lines[marker] == f"[… {left_out:,} bytes left out …]"
    assert 2 * MIB - 100_000 < bench.log.stat().st_size < 2 * MIB + 100_000


@pytest.mark.parametrize("size", [MIB - 1, MIB, MIB + 1, 2 * MIB])
def test_output_up_to_two_mebibytes_is_kept_whole(bench: Bench, size: int) -> None:
    bench.run(bench.script("import os, sys; os.write(1, b'y' * int(sys.argv[1]))", size))
    assert bench.log.read_bytes() == b"y" * size


@LINUX_ONLY
def test_endless_output_leaves_memory_flat(bench: Bench) -> None:
    program = bench.script("""
        import os
        for _ in range(300):
            os.write(1, b"x" * (1 << 20))
        os.write(1, b"\\nloss: 0.25\\n")
    """)
    bench.run("echo $PPID")
    warden = Path("/proc") / bench.log.read_text().strip() / "status"
    done = bench.run(program)
    peak = next(line for line in warden.read_text().splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 40_000  # kB
    assert (done.code, done.output_bytes) == (0, 300 * MIB + 12)
    assert bench.log.read_bytes().endswith(b"x\nloss: 0.25\n")
    assert bench.log.stat().st_size < 2 * MIB + 200_000


@LINUX_ONLY
def test_commands_of_any_fate_leave_no_file_open(bench: Bench) -> None:
    bench.run("echo $PPID")
    descriptors = Path("/proc") / bench.log.read_text().strip() / "fd"
    before = len(list(descriptors.iterdir()))
    for command in ["true", "exit 3", ["no-such-program"], "sleep 600 & exit"]:
        bench.run(command, redirect=Redirect(stdout=bench.folder / "out"))
        bench.run(command)
    bench.run("sleep 600", limit=0.01)
    assert len(list(descriptors.iterdir())) == before


def test_a_log_that_can_not_be_written_is_told_and_the_next_command_runs(bench: Bench) -> None:
    with pytest.raises(AutoresearchError, match="No such file or directory"):
        bench.warden.run("true", cwd=bench.folder, env=ENVIRONMENT, log=bench.folder / "gone" / "log")
    assert bench.run("exit 3").code == 3


@LINUX_ONLY
def test_a_full_disk_ends_the_command_and_is_told(bench: Bench) -> None:
    pid_file = bench.folder / "pid"
    with pytest.raises(AutoresearchError, match="No space left"):
        bench.warden.run(
            f"echo $$ >{pid_file}; echo x; sleep 600",
            cwd=bench.folder,
            env=ENVIRONMENT,
            log=Path("/dev/full"),
        )
    assert not is_alive(int(pid_file.read_text()))
    assert bench.run("exit 3").code == 3


# The time limit


def test_at_the_limit_it_is_killed_and_what_it_wrote_is_kept(bench: Bench) -> None:
    """AM-43: output written before a time-out is kept and a [TIMEOUT] marker is added."""
    done = bench.run("printf 'loss: 0.5'; sleep 600", limit=0.4)
    assert (done.code, done.timed_out, done.output_bytes) == (None, True, 9)
    assert done.seconds >= 0.4
    assert bench.log.read_text() == "loss: 0.5\n[TIMEOUT] killed after 0.4 s\n"


def test_at_the_limit_a_command_is_asked_to_end_first(bench: Bench) -> None:
    program = bench.script("""
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("saved"))
        time.sleep(600)
    """)
    done = bench.run(program, limit=1)
    assert (done.code, done.timed_out) == (None, True)
    assert bench.log.read_text() == "saved\n[TIMEOUT] killed after 1 s\n"


def test_a_command_within_its_limit_is_no_timeout(bench: Bench) -> None:
    done = bench.run("exit 4", limit=60)
    assert (done.code, done.timed_out) == (4, False)


@LINUX_ONLY
def test_a_whole_tree_that_ignores_sigterm_is_killed_at_the_limit(bench: Bench) -> None:
    """AR-14, AM-44: a time-out kills the whole process tree, grandchildren and daemons included."""
    pid_file = bench.folder / "pid"
    stubborn = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid(), flush=True)
    time.sleep(600)
    """
    done = bench.run(bench.script(DAEMON + stubborn.removeprefix("\n"), pid_file), limit=1.5)
    assert (done.code, done.timed_out, done.swept) == (None, True, 1)
    pids = [int(pid_file.read_text()), int(bench.log.read_text().split()[0])]
    assert not any(map(is_alive, pids))


# Nothing is left behind


@LINUX_ONLY
def test_a_double_fork_with_its_own_session_does_not_survive(bench: Bench) -> None:
    """AR-14, AM-44: the answer comes when the daemon, which ignores signals, is gone."""
    pid_file = bench.folder / "pid"
    done = bench.run(bench.script(DAEMON, pid_file))
    assert not is_alive(int(pid_file.read_text()))
    assert (done.code, done.swept) == (0, 1)


def test_a_grandchild_that_holds_the_output_open_does_not_delay_the_end(bench: Bench) -> None:
    """AR-14: what is left of the tree is ended, not waited for."""
    done = bench.run("sleep 600 & echo $!; echo done")
    assert (done.code, done.swept) == (0, 1)
    pid, said = bench.log.read_text().split()
    assert said == "done"
    assert not is_alive(int(pid))


def test_a_grandchild_that_never_stops_writing_does_not_delay_the_end(bench: Bench) -> None:
    done = bench.run("yes & sleep 0.2; exit 5")
    assert (done.code, done.swept) == (5, 1)


@LINUX_ONLY
def test_a_chain_of_daemons_that_keeps_forking_is_ended(bench: Bench) -> None:
    """AR-14: each link starts the next one and ends; bounded, so that a failure harms nobody."""
    links = bench.folder / "links"
    program = bench.script(
        """
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            for _ in range(3000):
                with open(sys.argv[1], "a") as links:
                    links.write(f"{os.getpid()}\\n")
                time.sleep(0.002)
                if os.fork():
                    os._exit(0)
        else:
            while not os.path.exists(sys.argv[1]):
                time.sleep(0.005)
        """,
        links,
    )
    done = bench.run(program)
    forked = links.read_text().split()
    assert done.swept >= 1
    assert not any(is_alive(int(pid)) for pid in forked)
    assert len(forked) < 3000
    time.sleep(0.05)
    assert links.read_text().split() == forked


@LINUX_ONLY
def test_a_tree_of_many_processes_is_ended_whole(bench: Bench) -> None:
    program = bench.script("""
        import os, time
        root = os.getpid()
        for _ in range(5):
            os.fork()
        open(f"alive{os.getpid()}", "w")
        while len([name for name in os.listdir() if name.startswith("alive")]) < 32:
            time.sleep(0.01)
        if os.getpid() != root:
            time.sleep(600)
    """)
    done = bench.run(program, limit=60)
    pids = [int(path.name.removeprefix("alive")) for path in bench.folder.glob("alive*")]
    assert (len(pids), done.code, done.swept) == (32, 0, 31)
    assert not any(map(is_alive, pids))


def test_a_killed_warden_is_told_and_replaced(bench: Bench) -> None:
    with pytest.raises(AutoresearchError, match="ended by signal 9"):
        bench.run("kill -9 $PPID")
    assert bench.run("exit 6").code == 6


@LINUX_ONLY
def test_a_warden_that_was_killed_while_idle_is_replaced_silently(bench: Bench) -> None:
    bench.run("echo $PPID")
    warden = int(bench.log.read_text())
    os.kill(warden, signal.SIGKILL)
    os.waitid(os.P_PID, warden, os.WEXITED | os.WNOWAIT)
    assert bench.run("exit 6").code == 6


def test_a_warden_outlives_the_polite_signals_of_its_command(bench: Bench) -> None:
    assert bench.run("kill -TERM $PPID; kill -INT $PPID; kill -HUP $PPID; exit 8").code == 8


# Interruptions


def client_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Terminated(15)])
def test_an_interruption_ends_the_command_and_is_raised_again(bench: Bench, error: BaseException) -> None:
    """AR-42: no process is left; the command itself interrupts the client once it runs."""

    def interrupt(*_: object) -> None:
        raise error

    pid_file = bench.folder / "pid"
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(type(error)):
            bench.run(f"sleep 600 & echo $! >{pid_file}; kill -USR1 {os.getpid()}; wait")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not is_alive(int(pid_file.read_text()))
    assert bench.run("exit 2").code == 2


CLIENT = """
    import sys
    from pathlib import Path
    from autoresearch.adapters.process import Warden
    folder = Path(sys.argv[1])
    with Warden() as warden:
        warden.run(sys.argv[2:], cwd=folder, env={"PATH": "/usr/bin:/bin"}, log=folder / "run.log")
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own whose warden runs a daemon that ignores signals, and goes on itself."""
    daemon = python(tmp_path, DAEMON + "    print('up', os.getppid(), flush=True); time.sleep(600)\n")
    command = python(tmp_path, CLIENT, tmp_path, *daemon, tmp_path / "pid")
    with subprocess.Popen(
        command, env=client_environment(), stderr=subprocess.PIPE, process_group=0
    ) as process:
        assert eventually(lambda: (tmp_path / "run.log").exists() and b"up" in log_of(tmp_path))
        yield process
        process.kill()


def log_of(folder: Path) -> bytes:
    return (folder / "run.log").read_bytes()


@LINUX_ONLY
def test_nothing_survives_a_client_that_is_killed(tmp_path: Path, client: subprocess.Popen[bytes]) -> None:
    """AR-14, AR-42: even `kill -9` of autoresearch and its process group leaves neither daemon nor warden."""
    pids = [int((tmp_path / "pid").read_text()), int(log_of(tmp_path).split()[1])]
    assert all(map(is_running, pids))
    os.killpg(client.pid, signal.SIGKILL)
    client.wait()
    assert eventually(lambda: not any(map(is_running, pids)))


def is_running(pid: int) -> bool:
    """Alive, and no zombie that whoever inherits it has not looked after."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@LINUX_ONLY
def test_ctrl_c_leaves_nothing_when_the_client_has_ended(
    tmp_path: Path, client: subprocess.Popen[bytes]
) -> None:
    """AR-42: Ctrl-C cleans up before it ends."""
    client.send_signal(signal.SIGINT)
    client.wait()
    assert not is_alive(int((tmp_path / "pid").read_text()))
    assert client.stderr is not None
    assert client.stderr.read().rstrip().endswith(b"KeyboardInterrupt")


@LINUX_ONLY
def test_many_ctrl_c_still_leave_nothing(tmp_path: Path, client: subprocess.Popen[bytes]) -> None:
    """AR-42: a second Ctrl-C stops at once; the warden ends the rest on its own."""
    while client.poll() is None:
        client.send_signal(signal.SIGINT)
        time.sleep(0.001)
    assert eventually(lambda: not is_alive(int((tmp_path / "pid").read_text())))


@LINUX_ONLY
def test_closing_ends_the_warden(tmp_path: Path) -> None:
    with Warden() as warden:
        bench = Bench(warden, tmp_path)
        bench.run("echo $PPID")
        assert is_alive(int(bench.log.read_text()))
    assert not is_alive(int(bench.log.read_text()))
    warden.close()
