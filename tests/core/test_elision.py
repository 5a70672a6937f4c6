"""Lines that stand for code left out are found; honest lines are let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.core.elision import elided

LEFT_OUT = """\
... rest unchanged ...
# ... existing code ...
# ... rest of the code ...
#... rest of code remains the same
# …existing code…
    # ... rest of the function as before ...
# rest of the function as before
# Rest of the code
# the rest of the implementation
# The rest of the file remains unchanged
# remaining methods unchanged
# other functions stay the same
# everything else is unchanged
# existing code here
# imports unchanged
# (unchanged code omitted for brevity) ...
# ...
# …
# ... (code omitted)
# ... search() unchanged, rest as before
# ... rest of search() ...
# ... existing validation helpers ...
// (rest of file remains the same)
// ... existing code ...
// ...
//... rest of component
/* … */ unchanged
/* ... */
/* ... rest of the styles unchanged ... */
{/* ... existing code ... */}
<!-- … -->
<!-- ... rest of the page unchanged ... -->
<!-- rest of the document unchanged -->
-- ... remaining part unchanged ...
; ... existing code
% ... rest of the document
[… truncated …]
[... 120 lines omitted ...]
[rest of the file unchanged]
(rest of the code unchanged)
<... rest of file ...>
...  # existing code
pass  # ... existing code ...
... (rest of the module)
… unchanged …
# [... rest of the class ...]
# ---- rest of the class unchanged ----
""".splitlines()

HONEST = """\
...
    ...
x[..., 0]
x[..., 0] = rest
def f(): ...
    ...,
...  # noqa
...  # type: ignore
print('...')
print("... rest unchanged ...")
log("rest of the code")
# the rest of the rows
# the rest of the file
# read the rest of the file
# Process the remaining rows...
# Loading config...
# Imports...
# skip the rest of the line
# the rest of the batch is unchanged
# same as before
# as above
# unchanged
# Other methods
# remaining imports
# ---------
# 1, 2, 3, ...
# x_1 ... x_n
# shape: (..., 3)
# ...and so on for the other columns
# e.g. a, b, c...
# Existing users keep their plan
# keep the rest in the queue
# file unchanged
// ...args are passed on
  ...rest,
  ...rest
  ...existing,
  ...options.previous,
  [...rest],
  [...previous, ...rest],
  (...other) => {
  {...rest}
*args, *rest
(rest, code)
[code, rest]
(existing, source)
[rest]
[...]
>>> for x in rest:
...     print(x)
* the same for the others
- ... and the rest
<rest>
"...": "rest",
the rest of the code is below
--rest-of-files
"""
HONEST_LINES = HONEST.splitlines()


@pytest.mark.parametrize("line", LEFT_OUT)
def test_a_line_that_stands_for_code_left_out_is_found(line: str) -> None:
    """AR-18: elided text is told from whole text."""
    assert elided(f"def f():\n{line}\n    return 1\n") == line.strip()


@pytest.mark.parametrize("line", HONEST_LINES)
def test_an_honest_line_is_let_through(line: str) -> None:
    assert elided(f"def f():\n{line}\n    return 1\n") is None


@pytest.mark.parametrize("line", LEFT_OUT)
def test_what_the_old_text_has_too_is_no_elision(line: str) -> None:
    assert elided(f"a\n    {line}\nb\n", f"a\n{line}\n") is None


def test_the_first_of_several_is_told() -> None:
    assert elided("# ... one code\n# ... existing code\n# rest of the code\n") == "# ... existing code"


def test_line_ends_of_windows_hide_nothing() -> None:
    assert elided("a\r\n# ... existing code ...\r\n") == "# ... existing code ..."


@given(st.text(), st.text())
def test_any_text_can_be_searched(text: str, old: str) -> None:
    line = elided(text, old)
    assert line is None or (line in text and elided(text, text) is None)
