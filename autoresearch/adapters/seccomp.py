"""A filter of system calls: what no measured program needs, and no sockets that lead outside.

Owns the list of calls, with their numbers on x86_64 and aarch64. Elsewhere there is no filter (`b""`).
"""

import os
import struct
from collections.abc import Sequence

from autoresearch.adapters.room import Room

# Numbers on x86_64 and aarch64. Programs get EPERM: as in containers, they have a way without.
DENIED = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "setns": (308, 268), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "fanotify_init": (300, 262),
    "open_by_handle_at": (304, 265), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58),
}  # fmt: skip
CLONE, UNSHARE, CLONE3 = (56, 220), (272, 97), (435, 435)
IOCTL, SOCKET, SENDTO, SENDMSG = (16, 29), (41, 198), (44, 206), (46, 211)
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

NEW_NAMESPACES = 0x7E020000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # typing into a terminal
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
STREAM, TCP, FASTOPEN = 1, 6, 0x20000000

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def known() -> bool:
    """Can there be a filter on this machine?"""
    return os.uname().machine in MACHINES


def program(room: Room, *, walled: bool) -> bytes:
    """The filter for a room. `walled`: it has a network of its own, so that sockets lead nowhere."""
    if not known():
        return b""
    machine = os.uname().machine
    which = list(MACHINES).index(machine)
    body: list[Instruction] = []
    for numbers in DENIED.values():
        body += _block(numbers[which], [_end(EPERM)])
    body += _block(CLONE3[which], [_end(ENOSYS)])  # its flags can't be seen; libraries then use clone
    for numbers in (CLONE, UNSHARE):
        body += _block(
            numbers[which], [_argument(0), *_where(ANY_BIT, NEW_NAMESPACES, [_end(EPERM)]), _end(ALLOW)]
        )
    typing = [word for request in (TIOCSTI, TIOCLINUX) for word in _where(EQUAL, request, [_end(EPERM)])]
    body += _block(IOCTL[which], [_argument(1), *typing, _end(ALLOW)])
    body += _sockets(room.network, walled, which)
    start = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, MACHINES[machine]), _end(ENOSYS), (LOAD, 0, 0, 0)]
    other_abi = _where(AT_LEAST, 0x40000000, [_end(ENOSYS)])
    return b"".join(struct.pack("HBBI", *one) for one in [*start, *other_abi, *body, _end(ALLOW)])


def _sockets(network: bool | Sequence[int], walled: bool, which: int) -> list[Instruction]:
    """Of a unix socket nobody can see where it leads; only a network of its own makes it harmless."""
    if walled and network is not True:
        return _families(which, [UNIX, INET, INET6, NETLINK])
    if network is True:
        return _families(which, [INET, INET6, NETLINK])
    if not network:
        return _families(which, [])
    kind = [_argument(1), (AND, 0, 0, 0xF), *_unless(STREAM), _argument(2), *_unless(0, TCP), _end(ALLOW)]
    tcp = [word for family in (INET, INET6) for word in _where(EQUAL, family, kind)]
    found = _block(SOCKET[which], [_argument(0), *tcp, _end(EPERM)])
    for numbers, flags in ((SENDTO, 3), (SENDMSG, 2)):  # it connects unseen by Landlock
        fast = _where(ANY_BIT, FASTOPEN, [_end(EPERM)])
        found += _block(numbers[which], [_argument(flags), *fast, _end(ALLOW)])
    return found


def _families(which: int, allowed: Sequence[int]) -> list[Instruction]:
    passing = [word for family in allowed for word in _where(EQUAL, family, [_end(ALLOW)])]
    return _block(SOCKET[which], [_argument(0), *passing, _end(EPERM)])


def _block(number: int, body: Sequence[Instruction]) -> list[Instruction]:
    """What is done for one system call; it must end, as the call's number is not loaded again."""
    return _where(EQUAL, number, body)


def _where(test: int, operand: int, body: Sequence[Instruction]) -> list[Instruction]:
    return [(test, 0, len(body), operand), *body]


def _unless(*values: int) -> list[Instruction]:
    """EPERM, unless it is one of these."""
    left = range(len(values), 0, -1)
    return [*((EQUAL, rest, 0, value) for rest, value in zip(left, values, strict=True)), _end(EPERM)]


def _argument(index: int) -> Instruction:
    return LOAD, 0, 0, 16 + 8 * index  # the lower half


def _end(verdict: int) -> Instruction:
    return RETURN, 0, 0, verdict
