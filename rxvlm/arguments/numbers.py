"""Checks of numbers."""

from __future__ import annotations

from math import inf
from numbers import Integral, Real

from rxvlm.arguments.describing import describe, hint_of_missing_call


def check_integer(name: str, value: object) -> None:
    """Check that an argument is a whole number.

    Args:
        name: The argument's name, for the message.
        value: The argument; NumPy's integers are whole numbers, too.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, not {describe(value)}{hint_of_missing_call(value)}")


def check_number(name: str, value: object, unit: str = "") -> None:
    """Check that an argument is a real number.

    Args:
        name: The argument's name, for the message.
        value: The argument; NumPy's numbers are numbers, too.
        unit: What it counts, for the message, such as ``"seconds"``.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(value, Real):
        kind = f"a number of {unit}" if unit else "a number"
        raise TypeError(f"{name} must be {kind}, not {describe(value)}{hint_of_missing_call(value)}")


def check_at_least(name: str, value: int, least: int, unit: str = "") -> None:
    """Check that an argument is a whole number and not too small.

    Args:
        name: The argument's name, for the message.
        value: The argument.
        least: The smallest value that is allowed.
        unit: What it counts, for the message, such as ``"pixels"``.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it is less than ``least``.
    """
    check_integer(name, value)
    if value < least:
        raise ValueError(f"{name} must be at least {least}{unit and ' '}{unit}, not {value}")


def check_above_zero(name: str, value: float, unit: str = "") -> None:
    """Check that an argument is a finite number above 0.

    Args:
        name: The argument's name, for the message.
        value: The argument; NaN is not above 0.
        unit: What it counts, for the message, such as ``"seconds"``.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is not above 0, or infinite.
    """
    check_number(name, value, unit)
    if not 0 < value < inf:
        raise ValueError(f"{name} must be above 0{unit and ' '}{unit}{_finite(value)}, not {value}")


def check_not_negative(name: str, value: float, unit: str = "") -> None:
    """Check that an argument is a finite number of 0 or more.

    Args:
        name: The argument's name, for the message.
        value: The argument; NaN is not 0 or more.
        unit: What it counts, for the message, such as ``"seconds"``.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is below 0, or infinite.
    """
    check_number(name, value, unit)
    if not 0 <= value < inf:
        raise ValueError(f"{name} must be at least 0{unit and ' '}{unit}{_finite(value)}, not {value}")


def _finite(value: float) -> str:
    return " and finite" if value == inf else ""
