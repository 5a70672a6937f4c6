"""Runs a user's own Python for `autoresearch suite`, one sample at a time: setup, step, evaluate, score,
load.

    python child.py runner.py

Standard input and what was standard output are a channel of JSON lines; what the code prints is collected. It
stands alone: Python 3.9 and its library. It ends when the channel does.
"""

import asyncio
import functools
import importlib.util
import inspect
import io
import json
import os
import queue
import sys
import threading
import traceback

MOST = 100_000  # characters of what is printed that are kept
HOOKS = ("setup", "step", "evaluate", "load", "load_from_file", "score")
TAKES = {"setup": 1, "step": 1, "evaluate": 1, "score": 2}
CORRECT, INCORRECT = "CORRECT", "INCORRECT"


class CallFailed(Exception):
    """A model could not be asked, or had no answer; `reason` in a word."""

    def __init__(self, message, reason="error"):
        super().__init__(message)
        self.reason = reason


class Channel:
    """JSON lines to and from autoresearch; answers find who waits for them by number."""

    def __init__(self):
        self.out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what programs print that the code starts
        self.lock = threading.Lock()
        self.waiting = {}
        self.work = queue.Queue()
        threading.Thread(
            target=self.listen, args=(os.fdopen(os.dup(0), encoding="utf-8"),), daemon=True
        ).start()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def listen(self, lines):
        for line in lines:
            message = json.loads(line)
            self.waiting.get(message.get("reply"), self.work).put(message)
        os._exit(0)

    def send(self, message):
        text = json.dumps(message, allow_nan=False)
        with self.lock:
            self.out.write(text + "\n")
            self.out.flush()

    def ask(self, number, request):
        waiting = self.waiting[number] = queue.Queue()
        self.send({"ask": request, "number": number})
        return waiting.get()


class Run:
    """One sample, for the hooks: `data`, `context` (messages), `answer`, `logs`; `case`, `model`, `index`,
    `fields`, `targets`, `parameters` (those of -p); `old_context` of the try before, where that failed."""

    def __init__(self, channel, told):
        self._channel, self._asked = channel, 0
        self.answer, self.logs = None, []
        for name, value in told.items():
            setattr(self, name, value)
        self.context = []
        if told.get("old_context") is not None:
            self.logs += ["RE RUNNING", {"Old Context": told["old_context"]}]

    def log(self, value):
        """Put anything that JSON can hold into the sample's logs."""
        as_json(value, "a log entry")
        self.logs.append(value)

    def ask(self, messages=None, **parameters):
        """The model's answer, a text. Without `messages` it is asked with `context`, to which its answer is
        added. Raises CallFailed."""
        own = messages is None
        messages = self.context if own else messages
        self._asked += 1
        request = {
            "messages": as_json(messages, "the messages"),
            "parameters": as_json(parameters, "a parameter"),
        }
        reply = self._channel.ask(self._asked, request)
        if "error" in reply:
            raise CallFailed(reply["error"], reply.get("reason", "error"))
        if own:
            self.context.append({"role": "assistant", "content": reply["text"]})
        return reply["text"]

    async def aask(self, messages=None, **parameters):
        """As `ask`, to be awaited."""
        return await asyncio.get_running_loop().run_in_executor(
            None, lambda: self.ask(messages, **parameters)
        )


class Printed(io.StringIO):
    """What the code prints: its first `MOST` characters."""

    def write(self, text):
        return super().write(text[: max(0, MOST - self.tell())]) and len(text)


def as_json(value, what):
    """The same value. Raises TypeError, naming it, for what JSON can't hold."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} can't be kept as JSON: {error}") from None


def called(hook, *arguments):
    """What a hook gives, sync or async."""
    value = hook(*arguments)
    return asyncio.run(awaited(value)) if inspect.isawaitable(value) else value


async def awaited(value):
    return await value


def verdict(value):
    """(score, verdict) of what `evaluate` or `score` gave."""
    if value is None:
        return None, "none"
    if value is True or value == CORRECT:
        return 1.0, "pass"
    if value is False or value == INCORRECT:
        return 0.0, "fail"
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        return float(value), "pass" if value == 1 else "fail"
    raise ValueError(f"gave {value!r}; give CORRECT, INCORRECT, None, true, false or a number from 0 to 1")


def loaded(path):
    """The user's module."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("runner", path)
    module = importlib.util.module_from_spec(spec)
    module.CallFailed, module.CORRECT, module.INCORRECT = CallFailed, CORRECT, INCORRECT
    sys.modules["runner"] = module
    spec.loader.exec_module(module)
    return module


def described(module):
    hooks = {}
    for name in HOOKS:
        hook = getattr(module, name, None)
        if callable(hook):
            kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            takes = [p for p in inspect.signature(hook).parameters.values() if p.kind in kinds]
            needed = [p for p in takes if p.default is inspect.Parameter.empty]
            fits = len(needed) <= TAKES.get(name, 1) and (
                name.startswith("load") or len(takes) >= TAKES[name]
            )
            hooks[name] = {"async": inspect.iscoroutinefunction(hook), "fits": fits, "line": line_of(hook)}
    return hooks


def line_of(hook):
    return getattr(getattr(hook, "__code__", None), "co_firstlineno", None)


def sample(module, channel, told):
    """Setup, steps, evaluation of one sample."""
    run, where = Run(channel, told), "setup"
    printed = Printed()
    sys.stdout = printed
    result = {}
    try:
        channel.send({"phase": "setup"})
        going = called(module.setup, run) is not False if hasattr(module, "setup") else True
        where = "step"
        while going:
            channel.send({"phase": "step"})
            going = bool(called(module.step, run))
        where = "evaluate"
        score, word = None, "none"
        if hasattr(module, "evaluate"):
            channel.send({"phase": "evaluate"})
            score, word = verdict(called(module.evaluate, run))
        where = "answer"
        result = {"answer": as_json(run.answer, "the answer"), "score": score, "verdict": word}
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the sample's
        result = {"failure": failure(error, where), "reason": getattr(error, "reason", "error")}
    finally:
        sys.stdout = sys.__stdout__
    try:
        context = as_json(run.context, "the context")
    except TypeError as error:
        context = []
        result = {"failure": failure(error, "context"), "reason": "error"}
    channel.send({"done": {**result, "context": context, "logs": run.logs, "printed": printed.getvalue()}})


def failure(error, where):
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    own = [line for line in lines if os.path.basename(__file__) not in line.split("\n")[0]]
    return {"kind": type(error).__name__, "message": str(error) or where, "traceback": "".join(own)}


def answered(act):
    """What an act gives, or how it failed, as a message."""
    printed = Printed()
    sys.stdout = printed
    try:
        return {"value": as_json(act(), "what was given")}
    except BaseException as error:  # noqa: BLE001
        return {"failure": failure(error, "load")}
    finally:
        sys.stdout = sys.__stdout__


def scored(module, answer, case):
    return verdict(called(module.score, answer, case))


def main(path):
    channel = Channel()
    box = {}
    begun = answered(lambda: box.update(module=loaded(path)) or described(box["module"]))
    channel.send(begun)
    module = box.get("module")
    while True:
        message = channel.work.get()
        if "sample" in message:
            sample(module, channel, message["sample"])
        elif "load" in message:
            load = getattr(module, "load", None) or module.load_from_file
            channel.send(answered(functools.partial(called, load, *message["load"])))
        else:
            channel.send(answered(functools.partial(scored, module, *message["score"])))


if __name__ == "__main__":
    main(sys.argv[1])
