"""What a candidate will run on, in lines for a proposer: machine, GPU, the user's Python, packages, folders.

Only asked, never guessed: versions come from the Python that the evaluation uses.
"""

import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.adapters import disk
from autoresearch.adapters.process import Redirect, Warden
from autoresearch.core.environment import for_evaluator
from autoresearch.core.text import one_line
from autoresearch.research.experiment import Experiment
from autoresearch.research.question import words

LIMIT = 20.0  # seconds that a program may take to tell
IMPORTED = 30  # packages that are told
WELL_KNOWN = ("torch", "triton", "jax", "tensorflow", "numpy", "scipy", "numba", "cupy", "transformers")
OTHERWISE = {"sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python", "yaml": "PyYAML"}
_IMPORT = re.compile(r"^\s*(?:import|from)\s+([A-Za-z_]\w*)", re.MULTILINE)
_ASK = """\
import importlib.metadata as m, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = m.version(name)
    except Exception:
        pass
print(json.dumps({"python": sys.version.split()[0], "packages": found}))
"""


@dataclass(frozen=True)
class Asking:
    """How programs are asked: with the environment that an evaluation has."""

    experiment: Experiment
    warden: Warden
    environ: Mapping[str, str]

    def lines(self, texts: Sequence[str]) -> tuple[str, ...]:
        """What it runs on; `texts` are files that may import packages."""
        sandbox, settings = self.warden.sandbox.level, self.experiment.settings.sandbox
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        machine = (
            f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory"
        )
        network = "with network" if settings.network else "no network"
        return (
            f"machine: {machine}; GPU: {self._gpu() or 'none'}",
            f"Python of the evaluation: {self._python(texts)}",
            f"sandbox: {sandbox}, {network}" if sandbox != "none" else "sandbox: none",
            "files: what the baseline's evaluation left in $AUTORESEARCH_DIR/shared/ can be read by later "
            "ones; $AUTORESEARCH_TRIAL_DIR keeps what a run writes there; the rest is swept after each trial",
        )

    def _gpu(self) -> str:
        if shutil.which("nvidia-smi", path=self.environ.get("PATH")) is None:
            return ""
        asked = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
        return "; ".join(line.strip() for line in self._said(asked).splitlines()[:8])

    def _python(self, texts: Sequence[str]) -> str:
        imported = sorted({name for text in texts for name in _IMPORT.findall(text)})[:IMPORTED]
        names = dict.fromkeys(OTHERWISE.get(name, name) for name in (*WELL_KNOWN, *imported))
        try:
            told = json.loads(self._said([self._interpreter(), "-I", "-c", _ASK, *names]))
        except ValueError:
            return "none found"
        packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
        return f"{told['python']}{f', {packages}' if packages else ''}"

    def _interpreter(self) -> str:
        """The Python that the evaluation names, else the first on the path."""
        named = (word for word in words(self.experiment.settings.evaluate) if _is_python(word))
        found = next(named, "python3")
        return os.path.expandvars(Path(found).expanduser() if "/" in found else found)

    def _said(self, command: Sequence[str]) -> str:
        with tempfile.TemporaryDirectory(prefix="autoresearch-") as folder:
            out = Path(folder, "out")
            done = self.warden.run(
                command, cwd=Path(folder), env=for_evaluator(self.environ), log=Path(folder, "log"),
                limit=LIMIT, redirect=Redirect(stdout=out),
            )  # fmt: skip
            said = disk.read(out) or ""
        return "" if done.code else "\n".join(one_line(line, 4000) for line in said.splitlines())


def _is_python(word: str) -> bool:
    return re.fullmatch(r"python[\d.]*", Path(word).name) is not None
