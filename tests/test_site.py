"""The site builds without a warning, leaves no page out and loads nothing from elsewhere; what is public says its units."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
from conftest import WATCHDOG

import rxvlm
from rxvlm import cli

ROOT = Path(__file__).parent.parent
CLI_PAGE = ROOT / "docs" / "reference" / "cli.md"
SHELVES = (rxvlm, rxvlm.errors, rxvlm.models, rxvlm.operators, rxvlm.sinks, rxvlm.sources, rxvlm.testing)
needs_mkdocs = pytest.mark.skipif(
    find_spec("mkdocs") is None and "RXVLM_NEEDS_DOCS" not in os.environ, reason="no mkdocs here"
)
