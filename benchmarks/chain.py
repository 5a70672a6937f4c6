"""Long experiments, made at once: the records that the loop would have written, by one `git fast-import`."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import IO

from project import bench

from autoresearch.adapters.git import chain_ref, pending_ref
from autoresearch.core.model import Trial
from autoresearch.core.text import as_json
from autoresearch.research.experiment import Experiment
from autoresearch.research.ledger import PACK_EVERY, Ledger

WHO = b"autoresearch <autoresearch@localhost> 1700000000 +0000"


def fill(experiment: Experiment, trials: int) -> None:
    """Bring an experiment to `trials` records of its own kind, in packs as the loop makes them.

    What is kept becomes rare, as in life: trials 2, 4, 8, 16, …
    """
    with bench(experiment) as real:
        real.trials(1)
        ledger = real.lab.ledger
        evidence = ledger.files(1, "proposal.json", "run.log")
    Writer(experiment, ledger, evidence).write(trials)


class Writer:
    """Writes trials that resemble the last one of a ledger."""

    def __init__(self, experiment: Experiment, ledger: Ledger, evidence: Mapping[str, bytes]) -> None:
        self.experiment = experiment
        self.ledger = ledger
        self.evidence = evidence
        self.parent = ledger.trials[0]
        # fast-import knows its own commits by mark only, those of before by id only.
        self.names = {"record": ledger.records[-1], "parent": self.parent.commit or ""}
        self.marks = count(1)

    def write(self, trials: int) -> None:
        repository = self.experiment.repository
        with subprocess.Popen(
            ["git", f"--git-dir={repository.git_dir}", "fast-import", "--quiet", "--force", "--done"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin and process.stdout
            packs = set(_ends_of_packs(trials))
            for number in range(len(self.ledger.trials), trials):
                self._trial(number, process.stdin, process.stdout)
                if number in packs:
                    process.stdin.write(b"checkpoint\n")
            process.stdin.write(b"done\n")
            process.stdin.flush()
        name = self.experiment.name
        if process.returncode:
            raise RuntimeError("git fast-import failed")
        pending = pending_ref(name)
        repository.move([(pending, None, repository.resolve(pending))])
        branch = f"refs/heads/autoresearch/{name}"
        repository.move([(branch, self.parent.commit, repository.resolve(branch))])

    def _trial(self, number: int, out: IO[bytes], answers: IO[bytes]) -> None:
        kept = number & (number - 1) == 0
        value = float(-number if kept else number)
        idea = f"turn the knob to {value:g}"
        proposed = {"knob.txt": f"value: {value:g}\n".encode()}
        pending, mark = pending_ref(self.experiment.name), next(self.marks)
        out.write(_commit(pending, f"{idea}\n", proposed, [self.names["parent"]], mark))
        commit, tree = _made(out, answers, mark)
        made = replace(
            self.ledger.trials[-1],
            number=number,
            parent=self.parent.number,
            commit=commit,
            tree=tree,
            status="keep" if kept else "discard",
            reason="unconfirmed" if kept else "not_better",
            description=idea,
            metric=value,
            samples=(value,),
            seed=number,
        )
        self._append(made, mark, out)
        if kept:
            self.parent, self.names["parent"] = made, f":{mark}"

    def _append(self, made: Trial, candidate: int, out: IO[bytes]) -> None:
        files = {"trial.json": as_json(made.as_json()), **self.evidence}
        subject = f"trial {made.number}: {made.status} ({made.reason}) {made.metric}: {made.description}\n"
        ref, mark = chain_ref(self.experiment.name), next(self.marks)
        out.write(_commit(ref, subject, files, [self.names["record"], f":{candidate}"], mark, fresh=True))
        self.names["record"] = f":{mark}"


def _ends_of_packs(trials: int) -> Iterator[int]:
    """Where the packs of `Ledger.pack` end: a pack for each binary digit."""
    blocks, end = trials // PACK_EVERY, 0
    for bit in reversed(range(blocks.bit_length())):
        if blocks >> bit & 1:
            end += (1 << bit) * PACK_EVERY
            yield end


def _commit(
    ref: str, message: str, files: Mapping[str, bytes], parents: list[str], mark: int, *, fresh: bool = False
) -> bytes:
    text = message.encode()
    lines = [b"commit %b\nmark :%d\ncommitter %b\n" % (ref.encode(), mark, WHO)]
    lines += [b"data %d\n%b\n" % (len(text), text)]
    lines += [f"{word} {parent}\n".encode() for word, parent in zip(("from", "merge"), parents, strict=False)]
    lines += [b"deleteall\n"] if fresh else []
    lines += [b"M 644 inline %b\ndata %d\n%b\n" % (p.encode(), len(c), c) for p, c in files.items()]
    return b"".join([*lines, b"\n"])


def _made(out: IO[bytes], answers: IO[bytes], mark: int) -> tuple[str, str]:
    """The commit just written, and its tree."""
    out.write(b'get-mark :%d\nls :%d ""\n' % (mark, mark))
    out.flush()
    return answers.readline().decode().strip(), answers.readline().decode().split()[2]
