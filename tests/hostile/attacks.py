"""The hostile programs, and what is known of them: at which levels each gets through, and why.

Each is bounded, so that it harms nobody where nothing stops it, and says THROUGH where it got what it wanted.
What it changed outside, `scene.py` sees for itself. docs/security.md is made from this (`python -m
tests.hostile.table`), and `test_hostile.py` holds it against what happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

PRELUDE = """
import os, signal, sys, time
def attempt(deed, *more):
    try:
        return deed(*more)
    except (OSError, EOFError, ValueError):
        return None
def text(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="replace")
def write(path, what="overwritten"):
    with open(path, "a") as file:
        file.write(what)
def through(found=True):
    if found:
        print("THROUGH", flush=True)
"""

LEVELS = ("none", "landlock", "bubblewrap")


@dataclass(frozen=True)
class Attack:
    """One program: what it tries, in words, and how.

    `passes` are the levels at which it gets through, each with why, if that isn't plain; `as_root` the same
    where it is run as root. `version` is the Landlock that it takes to stop it. `walled`: it is not for a
    machine without walls.
    """

    group: str
    name: str
    source: str
    passes: Mapping[str, str] = field(default_factory=lambda: {"none": ""})
    as_root: Mapping[str, str] | None = None
    version: int = 1
    walled: bool = False

    def expected(self, level: str, *, root: bool, version: int) -> bool:
        """Does it get through?"""
        passes = self.as_root if root and self.as_root is not None else self.passes
        return level in passes or (level == "landlock" and version < self.version)


NEVER: Mapping[str, str] = {}
WITHIN = "Landlock can't take back anything within a folder that it opens."
ONE = "Within an evaluation there are no walls."
SAME = {"none": "", "landlock": ONE, "bubblewrap": ONE}
METADATA = "Landlock doesn't watch over modes."

ATTACKS = [
    Attack("Secrets", "read `~/.ssh`, `~/.aws`, `~/.netrc`", """
for name in (".ssh/id_ed25519", ".aws/credentials", ".netrc"):
    through("SECRET" in (attempt(text, f"{scene['home']}/{name}") or ""))
"""),
    Attack("Secrets", "read `.env` in the user's checkout", """
through("SECRET" in (attempt(text, f"{scene['repository']}/.env") or ""))
"""),
    Attack("Secrets", "read `/etc/shadow`", """
through("root:" in (attempt(text, "/etc/shadow") or ""))
""", NEVER, as_root={"none": ""}),
    Attack("Secrets", "read keys in its own environment", """
through("SECRET" in str(os.environ))
""", NEVER),
    Attack("Secrets", "read keys in the environment of other processes", """
for pid in filter(str.isdigit, os.listdir("/proc")):
    through("SECRET-OF-A-PROCESS" in (attempt(text, f"/proc/{pid}/environ") or ""))
"""),
    Attack("Secrets", "read keys in the command lines of other processes", """
for pid in filter(str.isdigit, os.listdir("/proc")):
    through("SECRET" + scene["abstract"] in (attempt(text, f"/proc/{pid}/cmdline") or ""))
""", {"none": "", "landlock": "`/proc` can only be shown or hidden as a whole."}),
    Attack("Secrets", "read the memory of another process", """
through(attempt(open, f"/proc/{scene['victim']}/mem", "rb"))
"""),
    Attack("Secrets", "ask the kernel's keyring", """
import ctypes
libc = ctypes.CDLL(None)
through(libc.syscall({"x86_64": 250, "aarch64": 219}[os.uname().machine], 0, -4, 1) > 0)
"""),
    Attack("Network", "connect by TCP", """
import socket
through(attempt(lambda: socket.create_connection(("127.0.0.1", scene["port"]), 2).recv(3) == b"ok\\n"))
"""),
    Attack("Network", "send by UDP, and so ask DNS", """
import socket
def ask():
    mine = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mine.settimeout(0.5)
    mine.sendto(b"?", ("127.0.0.1", scene["port"]))
    return mine.recv(2)
through(attempt(ask))
"""),
    Attack("Network", "talk to a unix socket by its path (docker, an ssh agent)", """
import socket
def ask():
    mine = socket.socket(socket.AF_UNIX)
    mine.connect(scene["socket"])
    return mine.recv(3)
through(attempt(ask))
"""),
    Attack("Network", "talk to an abstract unix socket (X11, D-Bus)", """
import socket
def ask():
    mine = socket.socket(socket.AF_UNIX)
    mine.connect("\\0" + scene["abstract"])
    return mine.recv(3)
through(attempt(ask))
"""),
    Attack("Network", "take a descriptor to the network by io_uring", """
import ctypes
libc = ctypes.CDLL(None)
ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
through(ring >= 0)
"""),
    Attack("Limits", "a fork bomb", """
for count in range(3 * scene["processes"]):
    if attempt(os.fork) == 0:
        time.sleep(20)
        os._exit(0)
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "a fork bomb of processes that all fork", """
signal.alarm(15)
for _ in range(9):  # 512 processes where nothing stops it: bounded, so that a machine lives through the test
    attempt(os.fork)
    signal.alarm(15)
time.sleep(3)
through()
""", NEVER),
    Attack("Limits", "a fork bomb that also begins a session in each", """
signal.alarm(15)
for _ in range(9):  # bounded, as above
    if attempt(os.fork) == 0:
        attempt(os.setsid)
        signal.alarm(15)
time.sleep(3)
through()
""", NEVER, walled=True),
    Attack("Limits", "memory in one process", """
held = bytearray(3 * scene["memory"])
held[::4096] = b"x" * len(held[::4096])
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "memory in many processes", """
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(scene["memory"] // 4)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(20)
        os._exit(0)
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "memory in files without a name", """
files = [os.memfd_create("hidden") for _ in range(3)]
for file in files:
    for _ in range(scene["memory"] >> 20):
        os.write(file, bytes(1 << 20))
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "memory in `/dev/shm`", """
path = f"/dev/shm/{scene['name']}"
with open(path, "wb") as file:
    for _ in range(3 * scene["memory"] >> 20):
        file.write(bytes(1 << 20))
time.sleep(1)
os.unlink(path)
through()
""", {"none": "", "landlock": "The machine's own `/dev/shm` is shared: locks need it."}),
    Attack("Limits", "disk in one file", """
with open("large", "wb") as file:
    for _ in range(4 * scene["disk"] >> 20):
        file.write(bytes(1 << 20))
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "disk in many small files", """
for number in range(4 * scene["disk"] // 4096):
    with open(f"small{number}", "wb") as file:
        file.write(b"x")
time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "disk in a file that is deleted but open", """
with open("large", "wb") as file:
    os.unlink("large")
    for _ in range(4 * scene["disk"] >> 20):
        file.write(bytes(1 << 20))
    time.sleep(5)
through()
""", NEVER),
    Attack("Limits", "disk in a folder that nobody may look into", """
os.mkdir("dark")
os.chmod("dark", 0o300)
with open("dark/large", "wb") as file:
    for _ in range(4 * scene["disk"] >> 20):
        file.write(bytes(1 << 20))
time.sleep(5)
through()
""", NEVER),
    Attack("Outside", "write to the home folder", """
attempt(write, f"{scene['home']}/.bashrc")
attempt(write, f"{scene['home']}/new")
"""),
    Attack("Outside", "write to the user's checkout", """
attempt(write, f"{scene['repository']}/main.py")
attempt(os.unlink, f"{scene['repository']}/README.md")
"""),
    Attack("Outside", "write to `.git`: hooks, config, refs", """
for name in ("hooks/post-checkout", "config", "refs/heads/main"):
    attempt(write, f"{scene['repository']}/.git/{name}")
"""),
    Attack("Outside", "write to `results.tsv`", """
attempt(write, f"{scene['experiment']}/results.tsv")
"""),
    Attack("Outside", "change the worktree's `.git` pointer", """
attempt(write, ".git")
attempt(os.replace, ".git", "elsewhere")
""", {"none": "", "landlock": WITHIN}),
    Attack("Outside", "change the evaluator in the worktree", """
attempt(write, "bench.py")
attempt(os.unlink, "bench.py")
""", {"none": "", "landlock": WITHIN}),
    Attack("Outside", "make files of the user's unreadable", """
attempt(os.chmod, f"{scene['repository']}/main.py", 0)
""", {"none": "", "landlock": METADATA}),
    Attack("Outside", "change the mode of a device for the whole machine", """
through(attempt(lambda: os.chmod("/dev/full", os.stat("/dev/full").st_mode & 0o7777) or True))
""", NEVER, as_root={"none": "", "landlock": METADATA, "bubblewrap": "Root owns the devices."}),
    Attack("Outside", "leave something in `/tmp` for the next trial", """
attempt(write, f"{scene['temporary']}/{scene['name']}")
"""),
    Attack("Outside", "leave something in `/dev/shm` for the next trial", """
attempt(write, f"/dev/shm/{scene['name']}")
""", {"none": "", "landlock": "The machine's own `/dev/shm` is shared: locks need it."}),
    Attack("Outside", "mount something, in namespaces of its own", """
import ctypes
libc = ctypes.CDLL(None)
through(libc.unshare(0x10020000) == 0)
"""),
    Attack("Survival", "a process in a session of its own", """
if os.fork() == 0:
    os.setsid()
    while True:
        write("heartbeat", ".")
        time.sleep(0.02)
time.sleep(0.2)
""", NEVER),
    Attack("Survival", "a daemon: two forks, no descriptor, every signal ignored", """
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        attempt(signal.signal, number, signal.SIG_IGN)
    os.closerange(0, 1024)
    while True:
        write("heartbeat", ".")
        time.sleep(0.02)
time.sleep(0.2)
""", NEVER),
    Attack("Others", "kill another process of the user's", """
attempt(os.kill, scene["victim"], signal.SIGKILL)
""", version=6),
    Attack("Others", "kill the process that watches over it", """
for number in (signal.SIGTERM, signal.SIGKILL):
    if os.getppid() > 2:
        attempt(os.kill, os.getppid(), number)
time.sleep(0.3)
""", version=6),
    Attack("Others", "trace another process", """
import ctypes
libc = ctypes.CDLL(None)
through(libc.ptrace(16, scene["victim"], 0, 0) == 0)
"""),
    Attack("Output", "300 MB of it", """
for _ in range(300):
    os.write(1, b"x" * (1 << 20))
""", NEVER),
    Attack("Output", "a million lines, of no encoding", """
line = b"\\xff\\xfe\\0\\x1b[2J\\r\\n"
for _ in range(1000):
    os.write(1, line * 1000)
""", NEVER),
    Attack("Time", "hang, and ignore every signal", """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    attempt(signal.signal, number, signal.SIG_IGN)
time.sleep(60)
through()
""", NEVER),
    Attack("Time", "stop itself", """
os.kill(os.getpid(), signal.SIGSTOP)
through()
""", NEVER),
    Attack("Metric", "print it from the evaluator's own process", """
import subprocess
write("candidate.py", "import atexit\\natexit.register(print, 'THROUGH')")
evaluator = "import sys; sys.path.insert(0, ''); import candidate; print(0.5)"
subprocess.run([sys.executable, "-S", "-c", evaluator])
""", SAME),
    Attack("Metric", "write to the descriptor of the evaluator that started it", """
import subprocess
write("candidate.py", "import os; open(f'/proc/{os.getppid()}/fd/1', 'w').write('THROUGH\\\\n')")
subprocess.run([sys.executable, "-S", "candidate.py"], stdout=subprocess.DEVNULL)
""", SAME),
]  # fmt: skip
