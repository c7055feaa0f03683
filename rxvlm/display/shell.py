"""The shell of a notebook's kernel, if this process is one."""

from __future__ import annotations

import sys
from typing import Any


def kernel_shell() -> Any:  # noqa: ANN401 - IPython need not be installed
    """Return the shell of the kernel that runs in this process; None outside of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "get_parent") else None  # only the shell of a kernel has requests
