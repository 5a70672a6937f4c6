"""What a refused command may leave: one line on standard error, and nothing of ours in the repository."""

import re

from tests.conftest import Done, Project


def traces(project: Project) -> list[str]:
    """Everything of ours that is in a repository: folders, refs, worktrees."""
    folders = [path.name for path in project.path.iterdir() if path.name.startswith(".autoresearch")]
    refs = [
        ref for ref in project.git("for-each-ref", "--format=%(refname)").split() if "autoresearch" in ref
    ]
    others = project.git("worktree", "list", "--porcelain").split("\n\n")[1:]
    return [*folders, *refs, *others]


def refused(done: Done, *words: str, code: int = 1) -> str:
    """The one line on standard error, which has these words; standard output has nothing to say."""
    assert done.code == code, done
    assert re.fullmatch(r"error: [^\n]+\n", done.err), done.err
    for word in words:
        assert word in done.err, done.err
    assert done.out == ""
    return done.err


def refused_with_evidence(done: Done, *words: str) -> str:
    """As `refused`, where what another program said stands below the line, moved in."""
    line, _, said = done.err.partition("\n")
    assert done.code == 1, done
    assert line.startswith("error: "), done.err
    assert all(text.startswith("    ") for text in said.splitlines()), done.err
    for word in words:
        assert word in line, done.err
    return said
