"""The example in docs/evaluation.md runs and prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "evaluation.md"


def test_the_example_prints_what_the_page_says(data_root):
    data_root("umls")
    code, expected = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text("utf-8"), re.S
    ).groups()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    assert out.getvalue() == expected
