"""Every git command: hardened, checked, bounded in time. Refs are named here and nowhere else.

Objects are written by `git fast-import` (no index, so the cost does not grow with the repository) and
refs by one `git update-ref` transaction. What a record or a worktree means is left to `research`.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # GitPython would run `git version` at import

from git import Git
from git.exc import GitCommandNotFound

from autoresearch.core.errors import DiskFull, RepositoryError, Terminated

OLDEST_GIT = (2, 38)  # merge-tree --write-tree, cat-file -z
SECONDS = 600.0  # a worktree of a very large repository takes minutes; nothing else takes seconds
HARDENED = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.fsync=all",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "fastimport.unpackLimit=100",  # few objects stay loose until we pack them: a pack each would be too many
    "maintenance.auto=false",
    "submodule.recurse=false",
    "worktree.useRelativePaths=false",
    "advice.detachedHead=false",
)
OUR_IDENTITY = ("autoresearch", "autoresearch@localhost")


def chain_ref(experiment: str) -> str:
    """The one ref that holds a whole experiment: the newest record of its chain."""
    return f"refs/autoresearch/{experiment}"


def branch_ref(experiment: str) -> str:
    """The branch at the best kept candidate."""
    return f"refs/heads/autoresearch/{experiment}"


def pending_ref(experiment: str) -> str:
    """Holds the candidate in flight, so that the user's `git gc` can't take it before it has a record."""
    return f"refs/autoresearch-pending/{experiment}"


def damaged_refs(experiment: str) -> str:
    """Below this stands what a mended chain was before: `…/1`, `…/2`."""
    return f"refs/autoresearch-damaged/{experiment}/"


@dataclass(frozen=True)
class Commit:
    """A commit to be made. `files` are written (bytes) or deleted (None) on top of the first parent's
    tree, or on an empty tree where `fresh`; `modes` are octal git modes; `when` is in epoch seconds."""

    message: str
    files: Mapping[str, bytes | None]
    parents: Sequence[str] = ()
    when: int = 0
    fresh: bool = False
    modes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Entry:
    """A file of a tree: its git mode and object id."""

    mode: str
    oid: str


class Repository:
    """A user's repository, seen without touching their checkout."""

    def __init__(self, root: Path, git_dir: Path) -> None:
        self.root, self.git_dir = root, git_dir

    @classmethod
    def discover(cls, start: Path) -> "Repository":
        """The repository that `start` is in. Raises RepositoryError where there is none we can use."""
        if not start.is_dir():
            raise RepositoryError(f"no folder {start}", "name an existing one with -C DIR")
        finder = cls(start, start / ".git")
        version(finder)
        asked = ("--show-toplevel", "--is-inside-work-tree", "--git-common-dir")
        found = finder.run("rev-parse", *asked, at=start, check=False)
        said, out = found.stderr.strip(), found.stdout.decode(errors="surrogateescape").removesuffix("\n")
        root, inside, git_dir = out.partition("\ntrue\n")  # not by lines: a path may have several
        if not found.code and inside:
            return cls(Path(root), (start / git_dir).resolve())
        if "not a git repository" in said or "work tree" in said or not said:
            mend = "go to one, or make one: git init && git commit"
            raise RepositoryError(f"{start} is not in a git checkout", mend)
        raise RepositoryError(f"git refused {start}: {said.splitlines()[0]}")

    def run(
        self, *args: str, stdin: bytes | None = None, at: Path | None = None, check: bool = True
    ) -> "Output":
        """One git command, on this repository or `at` a folder. Raises RepositoryError if it fails."""
        process = self._started(args, subprocess.PIPE if stdin is not None else None, at)
        with self._limited(process, args[0]):
            try:
                out, err = process.communicate(stdin)
            except (KeyboardInterrupt, Terminated):
                process.communicate()  # lets it finish what it is writing
                raise
        output = Output(process.returncode, out, err.decode(errors="replace"))
        if check and output.code:
            raise _refusal(next(word for word in args if word[0] != "-" and "=" not in word), output)
        return output

    def line(self, *args: str, at: Path | None = None, check: bool = True) -> str:
        """The command's output as one stripped string, "" where it failed and `check` is off."""
        output = self.run(*args, at=at, check=check)
        return "" if output.code else output.stdout.decode(errors="surrogateescape").strip()

    def _started(self, args: Sequence[str], stdin: BinaryIO | int | None, at: Path | None) -> Any:
        where = ["-C", str(at)] if at else [f"--git-dir={self.git_dir}"]
        scrubbed = [name for name in os.environ if name.startswith("GIT_") and name != "GIT_PYTHON_REFRESH"]
        unset = ["env", *(part for name in scrubbed for part in ("-u", name))] if scrubbed else []
        command = [*unset, "git", *where, *(part for item in HARDENED for part in ("-c", item)), *args]
        try:
            return Git().execute(
                command,
                istream=stdin,
                as_process=True,
                env={"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_EDITOR": ":"},
                start_new_session=True,  # Ctrl-C is for us: a git in mid-write must be let finish
            )
        except GitCommandNotFound as error:
            raise RepositoryError("git is not installed, or not on PATH", "install git") from error

    @contextmanager
    def _limited(self, process: Any, command: str) -> Iterator[None]:
        """End `process` after SECONDS. (`communicate(timeout=…)` polls, which takes 1.5 ms a call.)"""
        limit = threading.Timer(SECONDS, process.terminate)
        limit.daemon = True  # an interrupted call must not keep the program from ending
        try:
            limit.start()
            yield
        finally:
            late = not limit.is_alive()
            limit.cancel()
        if late:
            raise RepositoryError(f"git {command} took longer than {SECONDS:.0f} s on {self.root}")

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision names (`HEAD` is the one of this checkout), or None."""
        return self.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}",
                         at=self.root, check=False) or None  # fmt: skip

    def tree(self, commit: str) -> str:
        """The tree of a commit."""
        return self.line("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")

    def files(self, commit: str, *paths: str) -> dict[str, Entry]:
        """Every file of a commit, or those at or below `paths` (literal, relative to the root)."""
        out = self.run("--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        found = {}
        for line in filter(None, out.stdout.split(b"\0")):
            head, path = line.split(b"\t", 1)
            mode, _kind, oid = head.decode().split()
            found[os.fsdecode(path)] = Entry(mode, oid)
        return found

    def contents(self, names: Iterable[str]) -> list[bytes | None]:
        """The content of each object, by id or `commit:path`; None where there is no such object."""
        return list(self.stream(names))

    def stream(self, names: Iterable[str]) -> Iterator[bytes | None]:
        """The same one by one: of many, the first are worked on while git looks up the next."""
        with tempfile.TemporaryFile() as asked:
            asked.writelines(os.fsencode(name) + b"\0" for name in names)
            if not asked.tell():
                return
            asked.seek(0)
            process = self._started(("cat-file", "--batch", "--buffer", "-z"), asked, None)
            with self._limited(process, "cat-file"):
                while header := process.stdout.readline():
                    missing = header.endswith(b" missing\n")
                    yield None if missing else process.stdout.read(int(header.rsplit(b" ", 1)[1]) + 1)[:-1]
                _, err = process.communicate()
        if process.returncode:
            raise _refusal("cat-file", Output(process.returncode, b"", err.decode(errors="replace")))

    def patch(self, old: str, new: str) -> str:
        """The difference between two commits, as `git apply` reads it."""
        plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--binary", "--full-index")
        out = self.run("diff-tree", "-p", "-r", *plain, "--end-of-options", old, new)
        return out.stdout.decode(errors="surrogateescape")

    def refs(self, prefix: str) -> dict[str, str]:
        """Refs below a prefix (`refs/autoresearch/`): full name -> object id."""
        lines = self.line("for-each-ref", "--format=%(objectname) %(refname)", prefix).splitlines()
        return {name: oid for oid, name in (line.split(" ", 1) for line in lines)}

    def config(self, key: str) -> str:
        """A value of the user's git configuration, "" where it is not set."""
        return self.line("config", "--get", key, check=False)

    @cached_property
    def identity(self) -> tuple[str, str]:
        """Name and address for our commits: the user's, or our own where they have none."""
        name, email = self.config("user.name"), self.config("user.email")
        return (name, email) if name and email else OUR_IDENTITY

    @cached_property
    def zero(self) -> str:
        """The object id that means "no such ref" (its length depends on the object format)."""
        return "0" * (64 if self.config("extensions.objectFormat") == "sha256" else 40)

    def commit(self, ref: str, commit: Commit) -> tuple[str, str]:
        """Write one commit, durably, and point the scratch ref `ref` at it. Returns it and its tree."""
        name, email = self.identity
        message = commit.message.encode(errors="replace")
        who = f"{_plain(name)} <{_plain(email)}> {commit.when} +0000"
        stream = [f"commit {ref}\nmark :1\nauthor {who}\ncommitter {who}\n".encode(errors="surrogateescape")]
        stream.append(b"data %d\n%b\n" % (len(message), message))
        for word, parent in zip(["from", *["merge"] * len(commit.parents)], commit.parents, strict=False):
            stream.append(f"{word} {parent}\n".encode())
        if commit.fresh:
            stream.append(b"deleteall\n")
        for path, content in commit.files.items():
            quoted = _quoted(path)
            if content is None:
                stream.append(b"D %b\n" % quoted)
                continue
            mode = (commit.modes or {}).get(path, "100644").encode()
            stream.append(b"M %b inline %b\ndata %d\n%b\n" % (mode, quoted, len(content), content))
        stream.append(b'\nget-mark :1\nls :1 ""\ndone\n')
        out = self.run("fast-import", "--quiet", "--force", "--done", stdin=b"".join(stream))
        made, tree = out.stdout.decode().splitlines()
        return made, tree.split()[2]

    def move(self, moves: Sequence[tuple[str, str | None, str | None]]) -> None:
        """Move refs in one transaction, each `(ref, new, old)`; None means "no such ref". Raises
        RepositoryError, with nothing moved, where one of them is no longer at `old`."""
        lines = [
            f"update {ref} {new} {old or self.zero}\n" if new else f"delete {ref} {old or ''}".rstrip() + "\n"
            for ref, new, old in moves
        ]
        self.run("update-ref", "--no-deref", "--stdin", stdin="".join(lines).encode())


@dataclass(frozen=True)
class Output:
    """What a git command gave back."""

    code: int
    stdout: bytes
    stderr: str


def version(repository: Repository) -> str:
    """git's own version, such as "2.39.5". Raises RepositoryError where it is too old for us."""
    said = repository.line("--version").split()[2]
    numbers = tuple(int(part) for part in said.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GIT:
        raise RepositoryError(f"git {said} is too old", "install git 2.38 or newer")
    return said


def _refusal(command: str, output: Output) -> RepositoryError:
    """git's own words as one line, with the mend where we know it."""
    lines = [line for line in output.stderr.splitlines() if line.strip()] or [f"exit {output.code}"]
    said = next((line for line in lines if line.startswith("fatal: ")), lines[0])
    said = said.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")
    mend = ""
    if "No space left" in output.stderr:
        return DiskFull(f"git {command} failed: {said}", "free some, then: autoresearch run --resume")
    if ".lock" in said and "exists" in said:
        mend = "another git may be running: wait for it; if none is, remove that lock file by hand"
    elif " filter " in said and said.endswith(" failed"):
        mend = "install the program of that filter (for lfs: git lfs install)"
    elif any(sign in said for sign in ("unable to read", "missing blob", "corrupt", "bad object")):
        mend = "an object of git may be damaged; see: autoresearch doctor"
    return RepositoryError(f"git {command} failed: {said}", mend)


def _plain(text: str) -> str:
    """A name that can stand in a commit's header."""
    return "".join(c for c in text if c not in "<>\n\0")


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it: C-style quotes, any bytes."""
    escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
