"""Runs a program for `autoresearch suite`: as `python main.py` would, and says when it came to its end.

    python harness.py main.py echo|plain

The file `nonce` is read and taken away before the program begins; a file of the name that stood in it is made
when the program has come to its end. Exit 0 alone says nothing: an answer may have left early.
"""

import builtins
import os
import sys


def echoed(ask):
    """`input` as a terminal would show it: what was read stands in the output."""

    def read(prompt=""):
        line = ask(prompt)
        print(line)
        return line

    return read


def report():
    """How to say that the end was reached; the name is in no file and no variable of the program's."""
    with open("nonce") as file:
        name = os.path.abspath(file.read())
    os.unlink("nonce")
    return lambda: open(name, "w").close()


def run(path, echo, done):
    main = type(sys)("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    sys.argv = [path]
    sys.path[0] = os.getcwd()
    if echo == "echo":
        builtins.input = echoed(builtins.input)
    with open(path, encoding="utf-8", newline="") as file:
        code = compile(file.read(), path, "exec")
    exec(code, main.__dict__)
    sys.stdout.flush()
    done()


run(sys.argv[1], sys.argv[2], report())
