"""The kinds of value that settings have: each reads what YAML gave, or says what it must be.

A reader raises ValueError in the user's words. YAML 1.1 has habits that are met here: `1e-3` is text to
it, and `off` is false. Which key is of which kind is left to `settings`.
"""

import math
import re
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator

from autoresearch.core.calls import Model, Price
from autoresearch.core.constraints import Constraint, parse_constraint
from autoresearch.core.model import Direction
from autoresearch.core.paths import escapes
from autoresearch.core.text import one_line
from autoresearch.core.units import parse_duration, parse_money


def nearest(word: str, words: Sequence[str]) -> list[str]:
    """The one of `words` that `word` may be a misspelling of, if there is one."""
    return get_close_matches(word.lower(), words, n=1)


def did_you_mean(words: Sequence[str]) -> str:
    """A question to end a message with; nothing for no words."""
    return f"did you mean {' or '.join(map(repr, words))}?" if words else ""


def must_be(what: str, value: Any) -> ValueError:
    """The error for a value that is something else."""
    names = {dict: "a mapping", list: "a list", type(None): "empty", bool: str(value).lower()}
    return ValueError(f"must be {what}, not {names.get(type(value)) or one_line(repr(value), 60)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        quotes = "; put it in quotes" if isinstance(value, bool | int | float) else ""
        raise ValueError(f"{must_be('text', value)}{quotes}")
    if re.search("[\0\ud800-\udfff]", value):
        raise must_be("text that a command or a path can hold", value)
    return value


def words(value: Any) -> str:
    """Text that is not empty."""
    if not _text(value).strip():
        raise ValueError("must not be empty")
    return str(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise must_be("true or false", value)
    return value


def _number(value: Any, what: str = "a number") -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise must_be(what, value)
    return number


def _hours(value: Any) -> float:
    what = "a number of hours above 0, such as 8 or 0.5"
    if (hours := _number(value, what)) <= 0:
        raise must_be(what, value)
    return hours


def _whole(least: int) -> Callable[[Any], int]:
    what = f"a whole number of at least {least}"

    def read(value: Any) -> int:
        number = value if type(value) is int else _number(value, what)
        if number < least or number != int(number):
            raise must_be(what, value)
        return int(number)

    return read


def _duration(value: Any) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise must_be("a duration such as 5m or 2h", value) from error


def _money(value: Any) -> float:
    try:
        return parse_money(value)
    except ValueError as error:
        raise must_be("an amount in US dollars, such as $5 or 0.50", value) from error


def _temperature(value: Any) -> float:
    what = "a number from 0 to 2"
    if not 0 <= (number := _number(value, what)) <= 2:
        raise must_be(what, value)
    return number


_MODEL_KEYS = ("model", "api_base", "api_key_env", "input_price", "output_price", "options")
_OURS = {
    "model", "messages", "temperature", "max_tokens", "timeout", "api_base", "api_key", "max_retries",
    "num_retries", "stream", "drop_params", "fallbacks", "mock_response",
}  # fmt: skip


def _address(value: Any) -> str:
    if not re.match("https?://[^/]", text := words(value).strip()):
        raise ValueError(f"api_base: {must_be('an address such as http://localhost:8000/v1', value)}")
    return text


def _name_of_a_key(value: Any) -> str:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", text := words(value).strip()):
        # What stands there is not shown: it may well be a key.
        raise ValueError("api_key_env: must be the name of a variable, such as MY_KEY, not the key itself")
    return text


def model(value: Any) -> Model:
    """`openrouter/vendor/name`, or a mapping with more to say; prices are for a million tokens."""
    if not isinstance(value, dict):
        return Model(words(value).strip())
    unknown = [str(key) for key in value if key not in _MODEL_KEYS]
    if unknown:
        mend = did_you_mean(nearest(unknown[0], _MODEL_KEYS)) or f"the keys are {', '.join(_MODEL_KEYS)}"
        raise ValueError(f"unknown key {one_line(unknown[0], 60)!r}; {mend}")
    if "model" not in value:
        raise ValueError("model: is needed, such as model: openrouter/vendor/name")
    prices = [value.get(f"{side}_price") for side in ("input", "output")]
    if (prices[0] is None) != (prices[1] is None):
        raise ValueError("input_price and output_price are given together")
    options = value.get("options") or {}
    if not isinstance(options, dict) or any(not isinstance(key, str) for key in options):
        raise must_be("keys and values for the model, such as options: {reasoning_effort: low}", options)
    if ours := sorted(_OURS & options.keys()):
        raise ValueError(f"options: {ours[0]} is set elsewhere; see models: and requests:")
    kinds = {"api_base": _address, "api_key_env": _name_of_a_key}
    texts = {key: kind(value[key]) for key, kind in kinds.items() if value.get(key) is not None}
    price = None if prices[0] is None else Price(*(_money(each) / 1e6 for each in prices))
    return Model(words(value["model"]).strip(), price=price, options=options, **texts)


def _models(value: Any) -> tuple[Model, ...]:
    """One, or several of which each stands in where those before it fail."""
    if value is None:
        return ()
    return tuple(model(each) for each in (value if isinstance(value, list | tuple) else [value]))


def _stage_models(value: Any) -> tuple[Model, ...] | None:
    """As `_models`; `none` (`off`, for YAML false) asks nobody."""
    return None if value is False or value == "none" else _models(value)


def _ready(value: Any) -> dict[str, Any]:
    """A ready evaluator and its settings: `{use: benchmark_speed, command: python bench.py}`."""
    if not isinstance(value, dict) or not isinstance(value.get("use"), str):
        raise must_be("the name of a ready evaluator and its settings, such as {use: benchmark_speed}", value)
    for key, given in value.items():
        if not re.fullmatch("[a-z][a-z0-9_]*", str(key)):
            raise ValueError(f"{one_line(str(key), 60)!r} is no setting of an evaluator")
        if isinstance(given, dict | None):
            raise ValueError(f"{key}: {must_be('text, a number, true or false, or a list', given)}")
    return dict(value)


def ready_command(value: Any) -> str:
    """The command line of a ready evaluator, which stands in the experiment's folder as evaluate.py."""
    words = []
    for key, given in value.items() if isinstance(value, dict) else ():
        flag = "--" + str(key).replace("_", "-")
        for each in given if isinstance(given, list | tuple) else [given]:
            if key != "use" and each is not False:
                words.append(flag if each is True else f"{flag}={each}")
    # No cache of compiled modules is read or written beside it: a candidate could have put one there.
    python = '"$AUTORESEARCH_PYTHON" -B -X pycache_prefix=/dev/null'
    return f'{python} "$AUTORESEARCH_DIR/evaluate.py" {shlex.join(words)}'.strip()


def choice(*words: str) -> Callable[[Any], str]:
    """A reader of one of these words."""

    def read(value: Any) -> str:
        if value in words:
            return str(value)
        mend = did_you_mean(nearest(str(value), words))
        raise ValueError(f"{must_be(' or '.join(words), value)}; {mend}".removesuffix("; "))

    return read


def _confirm(value: Any) -> str:
    return "off" if value is False else choice("normal", "strict", "off")(value)


def _command(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, list | tuple) and value:
        return tuple(words(word) for word in value)
    if isinstance(value, str):
        return words(value)
    raise must_be("a command, such as python bench.py or [python, bench.py]", value)


def _path(value: Any) -> str:
    if escapes(words(value)) or not value.strip("./"):
        raise ValueError(
            f"{one_line(value, 60)!r} is off limits; name files inside the repository, relative to it"
        )
    return str(value)


def _one_path(value: Any) -> str:
    if re.search(r"[*?\[]", _path(value)):
        raise ValueError(f"{one_line(value, 60)!r} is a pattern; name the file or folder itself")
    return str(value)


def _absolute(value: Any) -> Path:
    if not Path(words(value)).is_absolute():
        raise must_be("an absolute path", value)
    return Path(value)


def _constraint(value: Any) -> Constraint:
    return parse_constraint(words(value))


def _variable(value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(=.*)?", words(value), re.DOTALL):
        raise must_be("the name of an environment variable, or NAME=value", value)
    return str(value)


def _listed(value: Any) -> Any:
    """One is a list of one; a key with nothing behind it is an empty list."""
    if value is None or isinstance(value, str):
        return [] if value is None else [value]
    if not isinstance(value, list | tuple):
        raise must_be("a list, such as [a, b]", value)
    return value


def _some(value: Any) -> Any:
    if not _listed(value):
        raise ValueError("must name at least one")
    return _listed(value)


Listed = BeforeValidator(_listed)

Text = Annotated[str, PlainValidator(_text)]
Words = Annotated[str, PlainValidator(words)]
Truth = Annotated[bool, PlainValidator(_truth)]
Number = Annotated[float, PlainValidator(_number)]
Hours = Annotated[float, PlainValidator(_hours)]
Duration = Annotated[float, PlainValidator(_duration)]
Count = Annotated[int, PlainValidator(_whole(1))]
LowerOrHigher = Annotated[Direction, PlainValidator(choice("lower", "higher"))]
Ready = Annotated[dict[str, Any], PlainValidator(_ready)]
Whole = Annotated[int, PlainValidator(_whole(0))]
Money = Annotated[float, PlainValidator(_money)]
Temperature = Annotated[float, PlainValidator(_temperature)]
Models = Annotated[tuple[Model, ...], PlainValidator(_models)]
StageModels = Annotated[tuple[Model, ...] | None, PlainValidator(_stage_models)]
Use = Annotated[
    Literal["llm", "agent", "tuner", "command"], PlainValidator(choice("llm", "agent", "tuner", "command"))
]
Edit = Annotated[Literal["files", "blocks"], PlainValidator(choice("files", "blocks"))]
Confirm = Annotated[Literal["normal", "strict", "off"], PlainValidator(_confirm)]
Suspect = Annotated[Literal["keep", "park"], PlainValidator(choice("keep", "park"))]
Command = Annotated[str | tuple[str, ...], PlainValidator(_command)]
AbsolutePath = Annotated[Path, PlainValidator(_absolute)]
Commands = Annotated[tuple[Command, ...], Listed]
Targets = Annotated[tuple[Annotated[str, PlainValidator(_path)], ...], BeforeValidator(_some)]
Patterns = Annotated[tuple[Annotated[str, PlainValidator(_path)], ...], Listed]
Paths = Annotated[tuple[Annotated[str, PlainValidator(_one_path)], ...], Listed]
Constraints = Annotated[tuple[Annotated[Constraint, PlainValidator(_constraint)], ...], Listed]
Variables = Annotated[tuple[Annotated[str, PlainValidator(_variable)], ...], Listed]
