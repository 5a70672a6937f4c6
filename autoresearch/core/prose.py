"""What a model writes for the report: four sections, in which every number is a name in braces.

No number is the model's own: `{metric 7}`, `{gain}` are filled in from the records (`core.figures`). Digits
inside of identifiers (conv2d, GPT-4) are no numbers; number words from two on, percentages and multiples are.
In doubt it is a number. Backquotes change nothing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from autoresearch.core.json_reply import find_object, text_of
from autoresearch.core.text import one_line

SECTIONS = ("summary", "challenges", "conclusions", "future_work")
LONGEST = 2_500  # characters of a section
PROSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in SECTIONS},
    "required": list(SECTIONS),
    "additionalProperties": False,
}

_BRACES = re.compile(r"\{([^{}\n]{0,80})\}")
_OF_TRIAL = re.compile(r"[a-z]+ (\d{1,9})")
# What digits may stand in: conv2d, fp16, x86_64, np.float32, GPT-4, utf-8; not trial7, loss1.105, about-5.
_IDENTIFIER = re.compile(
    r"""
      (?<!\w) (?! (?i: trials?|runs?|steps?|epochs?|samples?|ideas?|loss|score|accuracy|error|metric|best|
                      gain|by|from|to|of|at|in|is|was|took|about|x(?!86) ) _? \d )
      [^\W\d_] (?: \w | \+\+ | [.-](?=[^\W\d]) | (?: (?<=[A-Z]{2}) | (?<=utf) ) -(?=\d) )*
    """,
    re.VERBOSE,
)
_COUNT = (
    "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    "(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ie)|hundred|thousand|million|billion|dozen|couple|"
    "third(?!-party)|quarter|fif|eigh|nin|twelf"
)
_UNIT = (
    "(?:milli|micro|nano)?seconds?|[mnuµ]?s|secs?|mins?|minutes?|hours?|days?|dollars?|cents?|points?|basis|"
    "(?:kilo|mega|giga)?bytes?|bits?|[kmgt]i?b(?:ps)?|[kmg]?hz|fps|[kmg]?flops|db|fold|times|x"
)
_IN_WORDS = re.compile(
    rf"""
      [%‰] | \b per \s? (?:cent|mille) \b | \b percent(?!age) | \b percentage \s points?
    | \b (?:{_COUNT})+ (?: s | ths? | fold )? \b
    | \b (?: twice | thrice | hal(?:ve[sd]?|ving) | half(?:way)?(?![-\s]precision) ) \b
    | \b (?: doubl | tripl | trebl | quadrupl ) (?: e(?![-\s]precision) | es | ed | ing ) \b
    | \b one [-\s] (?:{_UNIT}) \b
    | \b (?: an?|several|many|few|multiple ) [-\s]? fold \b | \b times \s (?: as|more|less|\w+er|worse ) \b
    | \b orders? \s of \s magnitude \b
    | (?<= }} ) (?: \w | [-\s] (?:{_UNIT}) \b ) | [\w$€£+−-] (?= {{ )  # a name has its unit and its sign
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])(?=\s+\S)")


def read_prose(reply: str, names: Collection[str]) -> dict[str, str]:
    """The four sections of a reply; `names` are those that may stand in braces.

    Raises ValueError with what is wrong, in words for the model that is asked again.
    """
    given = find_object(reply)
    sections = {name: text_of(given, name) for name in SECTIONS}
    for name, text in sections.items():
        if len(text) > LONGEST:
            raise ValueError(f"{name} has {len(text):,} characters; at most {LONGEST:,} will do")
        if wrong := next(_wrong(text, names), ""):
            raise ValueError(f"{name}: {wrong}")
    return sections


def without_numbers(reply: str, names: Collection[str]) -> dict[str, str]:
    """The same of a reply that doesn't keep the rule, without the sentences that break it.

    What is missing is "". Raises ValueError where nothing is left.
    """
    given = find_object(reply)
    texts = {name: given[name] if isinstance(given.get(name), str) else "" for name in SECTIONS}
    sections = {name: _kept(text[:LONGEST], names) for name, text in texts.items()}
    if not any(sections.values()):
        raise ValueError("no sentence of it is without numbers of its own")
    return sections


def fill(text: str, figures: Mapping[str, str]) -> str:
    """`text` with the numbers in. Behind a trial's number stands the trial, unless the sentence names it."""
    lines = [[_filled(part, figures) for part in _SENTENCE.split(line)] for line in text.split("\n")]
    return "\n".join("".join(parts) for parts in lines)


def named(text: str) -> set[int]:
    """The numbers of the trials that are named in braces."""
    found = (_OF_TRIAL.fullmatch(_name(each)) for each in _BRACES.finditer(text))
    return {int(match[1]) for match in found if match}


def _filled(sentence: str, figures: Mapping[str, str]) -> str:
    told = {
        int(m[1])
        for each in _BRACES.finditer(sentence)
        if (m := re.fullmatch(r"trial (\d{1,9})", _name(each)))
    }

    def number(each: re.Match[str]) -> str:
        name = _name(each)
        of_trial = _OF_TRIAL.fullmatch(name)
        text = figures.get(name, "N/A")
        if of_trial is None or int(of_trial[1]) in told:
            return text
        told.add(int(of_trial[1]))
        return f"{text} (trial {int(of_trial[1])})"

    return _BRACES.sub(number, sentence)


def _name(braces: re.Match[str]) -> str:
    return " ".join(braces[1].split())


def _wrong(text: str, names: Collection[str]) -> Iterator[str]:
    """What breaks the rule, in words."""
    for each in _BRACES.finditer(text):
        if _name(each) not in names:
            name = one_line(_name(each), 60)
            yield f"there is no number named {{{name}}}; use one of the names that were given"
    plain = _BRACES.sub("{…}", text)
    rest = _IDENTIFIER.sub(_blank, plain)
    places = (place for place, character in enumerate(rest) if _kind(character) == "N")
    if (place := next(places, None)) is not None:
        yield f"{_near(plain, place)} is a number of your own; {_MEND}"
    if found := _IN_WORDS.search(plain):
        yield f"{_near(plain, found.start())} is a number of your own, in words; {_MEND}"


def _blank(word: re.Match[str]) -> str:
    """As long as it was; ½ is no letter, whatever `\\w` says."""
    return word[0] if _kind(word[0][0]) != "L" else " " * len(word[0])


def _kind(character: str) -> str:
    return unicodedata.category(character)[0]


_MEND = (
    "write a name in braces instead, such as {best} or {metric 7}, without a unit, or say it without a number"
)


def _near(text: str, place: int) -> str:
    """The word at a place, quoted."""
    begin = max(text.rfind(" ", 0, place), text.rfind("\n", 0, place)) + 1
    return f'"{one_line(" ".join(text[begin : place + 40].split()[:3]), 40)}"'


def _kept(text: str, names: Collection[str]) -> str:
    """The sentences that keep the rule, line by line."""
    lines = []
    for line in text.split("\n"):
        good = [part for part in _SENTENCE.split(line) if not any(_wrong(part, names))]
        kept = "".join(good).strip() if good else ""
        if kept.strip("-*#> ") or not line.strip():
            lines.append(kept)
    whole = "\n".join(lines).strip()
    return "" if any(_wrong(whole, names)) else whole
