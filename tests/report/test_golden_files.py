"""The golden files themselves."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_golden_file_is_asked_for() -> None:
    """A file that no test names is left over from a report that is gone."""
    source = "".join(path.read_text("utf-8") for path in HERE.glob("test_*.py"))
    names = {path.name for path in (HERE / "golden").iterdir()}
    stems = set(re.findall(r'golden\(\s*f?"([^"]+)"', source))
    patterns = [re.compile(re.sub(r"\\\{[^}]*\\\}", ".+", re.escape(stem)) + r"\Z") for stem in stems]
    assert {name for name in names if not any(pattern.match(name) for pattern in patterns)} == set()
