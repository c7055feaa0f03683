"""The README's Python runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import WATCHDOG

README = Path(__file__).parent.parent / "README.md"


def test_the_python_of_the_readme_runs() -> None:
    """Its blocks, one after another, print answers and raise nothing."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^0-10 s: .+\n10-20 s: .+", done.stdout)
