"""What of a reply is the answer."""

import pytest

from autoresearch.core.extraction import extracted, wrong_with

TWO = "Here:\n```python\ndef f(x):\n    return x\n```\nor shorter\n```\nf = abs\n```\nBye."


def test_code_is_the_longest_block_or_all_that_came() -> None:
    """CX-18: fences."""
    assert extracted("code", TWO) == "def f(x):\n    return x\n"
    assert extracted("fence", TWO) == "f = abs\n"
    assert extracted("code", "print(1)") == "print(1)"
    assert extracted("code", "Sure!\n```py\nprint(1)\nprint(") == "print(1)\nprint("


def test_a_completion_stands_behind_what_it_completes_without_the_trailing_code() -> None:
    """CX-12: the preload is prepended. CX-18: trailing code after the function is deleted."""
    preload = 'def double(x):\n    """Twice x."""\n'
    came = "    y = x + x\n\n    return y\n\n\nprint(double(2))\n\ndef other():\n    pass\n"
    assert extracted("code", came, preload) == preload + "    y = x + x\n\n    return y\n\n\n"
    assert extracted("code", "    return x", "def f(x):") == "def f(x):\n    return x"
    assert extracted("code", "\n    return x", "def f(x):") == "def f(x):\n    return x"
    whole = "```\ndef f(x):\n    return 2 * x\n```"
    assert extracted("code", whole, "def f(x):") == "def f(x):\n    return 2 * x\n"
    assert extracted("none", " world", "hello") == "hello world"
    assert extracted("none", "hello world", "hello") == "hello world"


def test_without_a_preload_nothing_is_added() -> None:
    """CX-13: it became the text None."""
    assert extracted("none", "hello", "") == "hello"


@pytest.mark.parametrize(
    ("kind", "reply", "answer"),
    [
        ("json", 'It is {"a": [1, 2]} I think {"b": 1}', '{"a": [1, 2]}'),
        ("json", "none", "none"),
        ("line", "a\n\nb \n\n", "b"),
        ("first_line", "\n a\nb", "a"),
        ("line", "", ""),
        ("regex:answer: (.*)", "answer: 42", "42"),
        ("regex:[0-9]+", "it is 42 or 43", "42"),
        ("regex:x", "nothing", ""),
        ("tag:answer", "<answer>1</answer> no: <answer> 2 </answer>", "2"),
        ("none", " as it is\r\n", " as it is\r\n"),
    ],
)
def test_other_kinds(kind: str, reply: str, answer: str) -> None:
    assert extracted(kind, reply) == answer
    assert wrong_with(kind) == ""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("cod", "did you mean 'code'?"),
        ("regex:(", "no regular expression"),
        ("tag", "tag:NAME"),
        ("tag:", "tag:NAME"),
        ("zzz", "there are none, code"),
    ],
)
def test_what_can_not_be_extracted_is_said(kind: str, told: str) -> None:
    assert told in wrong_with(kind)
