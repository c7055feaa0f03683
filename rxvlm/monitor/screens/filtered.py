"""Filtered: a screen whose lines can be filtered by a text."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Input


class Filtered(Screen[None]):
    """A screen with a filter.

    Attributes:
        wanted: The text of the filter; "" for none.
    """

    wanted = ""

    def filter_field(self) -> Input:
        """Return the field in which it is written."""
        field = Input(placeholder="show only lines with this text; enter keeps, escape shows all", id="filter")
        field.cursor_blink = False
        return field

    def refresh_all(self) -> None:
        """Show what is known now."""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is written."""
        if event.input.id == "filter":
            self.wanted = event.value
            self.refresh_all()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter, and go back to the lines."""
        if event.input.id == "filter":
            event.input.set_class(bool(self.wanted), "open")
            self.focus_lines()

    def focus_lines(self) -> None:
        """Give the keys to the lines."""
        self.focus_next("Listing")

    def action_filter(self) -> None:
        """Write a filter."""
        field = self.query_one("#filter", Input)
        field.add_class("open")
        field.focus()

    def end_filter(self) -> bool:
        """End the filter; return whether there was one."""
        field = self.query_one("#filter", Input)
        was_open = field.has_class("open")
        field.value = self.wanted = ""
        field.remove_class("open")
        self.focus_lines()
        self.refresh_all()
        return was_open
