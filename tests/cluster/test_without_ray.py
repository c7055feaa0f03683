"""Where Ray is not installed: the error names the extra, and nothing else of the library needs it."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_RAY = """
import sys
sys.modules["ray"] = None
import rxvlm.cluster
try:
    rxvlm.cluster.watch_all({"a": "demo:yard"})
except rxvlm.MissingPartError as error:
    print(error)
"""


def test_the_error_names_the_extra() -> None:
    """``watch_all`` of the cluster says how Ray is installed."""
    ran = subprocess.run([sys.executable, "-c", WITHOUT_RAY], capture_output=True, text=True, check=True)
    assert ran.stdout == "rxvlm.cluster needs Ray: pip install 'rxvlm[ray]'\n"


def test_importing_the_cluster_does_not_import_ray() -> None:
    """Ray is loaded when cameras are to be watched, and ``import rxvlm`` does not even load the room."""
    code = "import sys, rxvlm; print('rxvlm.cluster' in sys.modules); import rxvlm.cluster; print('ray' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\nFalse\n"
