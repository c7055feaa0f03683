"""AsyncVideoProcessor: push frames, take answers; the push-style face of the operators."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import psutil
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.choice import SamplingFunction, SamplingStrategy, choice_of, nearest_in_time
from rxvlm.clip import Clip
from rxvlm.errors import ModelTimeoutError
from rxvlm.intake import Intake, checked
from rxvlm.ledger import Ledger
from rxvlm.operators.analyze import analyze
from rxvlm.operators.buffer_by_count import buffer_by_count
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.latest import Question
from rxvlm.operators.operator import Operator
from rxvlm.operators.sample_with import sample_with
from rxvlm.picture import Image
from rxvlm.pressure import Bounds, Pressure, memory_percent
from rxvlm.priority import HIGHER, LOWER, Crew
from rxvlm.results import Outbox, ResultData, Statistics
from rxvlm.spool import Spool, sweep
from rxvlm.timers import clock_of, seconds_of
from rxvlm.uri import without_secrets
from rxvlm.videos import Videos
from rxvlm.vlm import Piece, Vlm
from rxvlm.window import Window
