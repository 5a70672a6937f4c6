"""What a target can do to its evaluation when it is run, as code in the languages that we write.

Each piece leaves a mark first, so that a target which is only read is not taken for one that was run.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent

LONG = 1_000_000  # seconds: past any limit


@dataclass(frozen=True)
class Forged:
    """What a cheat passes off: every number as it was, but the metric's, which is `value`; `mark` is the path
    of the file that tells that it was run."""

    metric: str
    value: float
    others: Mapping[str, float]
    mark: str

    @property
    def lines(self) -> str:
        """As an evaluation prints them."""
        return "".join(f"\n{name}: {value!r}" for name, value in self._numbers.items()) + "\n"

    @property
    def document(self) -> str:
        """As it writes them to AUTORESEARCH_RESULT."""
        return json.dumps(self._numbers)

    @property
    def _numbers(self) -> dict[str, float]:
        return {**self.others, self.metric: self.value}


def _python(forged: Forged) -> dict[str, str]:
    mark = f"try: open({forged.mark!r}, 'w').close()\nexcept OSError: pass\n"
    to = "os.environ.get('AUTORESEARCH_RESULT')"
    write = f"{to} and open({to}, 'w').write({forged.document!r})"
    return {
        "exit": f"{mark}raise SystemExit(3)\n",
        "sleep": f"{mark}import time; time.sleep({LONG})\n",
        "nan": f'if __name__ != "__main__":\n{indent(mark + _NAN, "    ")}',
        "print": f"{mark}import atexit; atexit.register(print, {forged.lines!r}, flush=True)\n",
        "quit": f"{mark}import os; print({forged.lines!r}, flush=True); os._exit(0)\n",
        "result": f"{mark}import atexit, os; atexit.register(lambda: {write})\n",
        "clock": mark + _CLOCK,
    }


def _shell(forged: Forged) -> dict[str, str]:
    mark = f"(: > {shlex.quote(forged.mark)}) 2> /dev/null\n"
    say = f"printf %s {shlex.quote(forged.lines)}"
    write = (
        f'[ -z "$AUTORESEARCH_RESULT" ] || printf %s {shlex.quote(forged.document)} > "$AUTORESEARCH_RESULT"'
    )
    return {
        "exit": f"{mark}exit 3\n",
        "sleep": f"{mark}sleep {LONG}\n",
        "print": f"{mark}trap {shlex.quote(say)} EXIT\n",
        "quit": f"{mark}{say}; exit 0\n",
        "result": f"{mark}trap {shlex.quote(write)} EXIT\n",
    }


def _node(forged: Forged) -> dict[str, str]:
    files = "(typeof require === 'undefined' ? process.getBuiltinModule('fs') : require('fs'))"
    mark = f"try {{ {files}.writeFileSync({json.dumps(forged.mark)}, '') }} catch {{}};\n"
    say = f"process.stdout.write({json.dumps(forged.lines)})"
    to = "process.env.AUTORESEARCH_RESULT"
    write = f"{to} && {files}.writeFileSync({to}, {json.dumps(forged.document)})"
    return {
        "exit": f"{mark}process.exit(3);\n",
        "sleep": f"{mark}Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, {LONG * 1000});\n",
        "print": f"{mark}process.on('exit', () => {say});\n",
        "quit": f"{mark}{say}; process.exit(0);\n",
        "result": f"{mark}process.on('exit', () => {write});\n",
    }


LANGUAGES: Mapping[str, Callable[[Forged], dict[str, str]]] = {
    "Python": _python,
    "shell": _shell,
    "Node": _node,
}

# At the end of a module: its functions and numbers answer, but what they answer is no number.
_NAN = """\
for _name, _value in list(globals().items()):
    if isinstance(_value, (int, float)):
        globals()[_name] = float("nan")
    elif callable(_value) and getattr(_value, "__module__", None) == __name__:
        globals()[_name] = lambda *_given, **_named: float("nan")
"""
# Half speed, not none: what measures for a time, or divides by it, still works.
_CLOCK = """\
import time, timeit
def _half(clock):
    begin = clock()
    return lambda: begin + type(begin)((clock() - begin) / 2)
if not hasattr(time, "_halved"):
    time._halved = True
    for _name in ("time", "perf_counter", "monotonic", "process_time"):
        for _clock in (_name, _name + "_ns"):
            setattr(time, _clock, _half(getattr(time, _clock)))
    timeit.default_timer = time.perf_counter
"""
