"""Every process below this one: which they are, whether they live, and the memory that they hold.

Runs in the warden: standard library only.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator

LINUX = sys.platform == "linux"
if not LINUX:
    import subprocess


def descendants(group: int | None) -> list[tuple[int, int, bool]]:
    """Every process below this one, its group, and whether it lives (a zombie does not)."""
    below = defaultdict(list)
    for pid, parent, its_group, state in _processes():
        is_orphan = not LINUX and its_group == group  # without a subreaper they are known by their group only
        below[os.getpid() if is_orphan else parent].append((pid, its_group, state[:1] != b"Z"))
    found = below[os.getpid()]
    for pid, _, _ in found:
        found += below[pid]
    return found


def tree(group: int | None, most: int) -> list[int]:
    """Their ids, `most` of them or a few more; on Linux by looking at nobody else's processes."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        return [pid for pid, _, alive in descendants(group) if alive]
    found = _children(os.getpid())
    for pid in found:
        if len(found) > most:
            break
        found += _children(pid)
    return found


def memory(pid: int, *, shared_once: bool = False) -> tuple[int, int]:
    """Bytes that a process holds: of its own, and of files in memory. `shared_once` divides a page among
    those who share it, which takes longer: a process that forks has to be waited for."""
    if not LINUX:
        told = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(pid)], stdout=subprocess.PIPE).stdout
        return 1024 * int(told or 0), 0
    found = _table(f"/proc/{pid}/smaps_rollup") if shared_once else {}
    if b"Pss_Anon:" in found:
        return found[b"Pss_Anon:"], found[b"Pss_Shmem:"]
    found = _table(f"/proc/{pid}/status")
    return found.get(b"RssAnon:", 0), found.get(b"RssShmem:", 0)


def _table(path: str) -> dict[bytes, int]:
    """Bytes by name; none where a process ended, or is not for us to look at."""
    try:
        with open(path, "rb", buffering=0) as file:
            rows = [row.split() for row in file.read(1 << 16).splitlines()]
    except OSError:
        return {}
    return {row[0]: 1024 * int(row[1]) for row in rows if row[2:] == [b"kB"]}


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as children:
                found += map(int, children.read(1 << 20).split())
    except OSError:  # it ended meanwhile
        pass
    return found


def _processes() -> Iterator[tuple[int, int, int, bytes]]:
    """Id, parent, process group and state of every process."""
    if not LINUX:
        rows = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid=,pgid=,state="], stdout=subprocess.PIPE
        ).stdout
        for pid, parent, group, state in (row.split() for row in rows.splitlines()):
            yield int(pid), int(parent), int(group), state
        return
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb", buffering=0) as stat:
                state, parent, group, *_ = stat.read(4096).rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(name), int(parent), int(group), state
