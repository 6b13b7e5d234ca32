"""Shows the words of Streamlit's elements in the reader's language, at the one door all of them go through.

Pages write `st.button("Save")`. The class behind `st`, containers and the sidebar is `DeltaGenerator`; its methods are
wrapped once per process. For whoever reads English they are called as they are. For others, what is a label, a help,
a body or the words of an option is looked up; what an option stands for, keys and names in the address stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.localization import shown, shown_whole
from core.localization.messages import SENTENCE
from core.localization.reader import READS

BODIES = tuple(
    """
    title header subheader markdown caption text badge info warning error success button download_button
    link_button form_submit_button menu_button checkbox toggle slider number_input text_input text_area
    date_input time_input datetime_input file_uploader color_picker expander popover status metric write
    page_link progress image dataframe data_editor tabs chat_input
    """.split()
)
CHOICES = ("selectbox", "multiselect", "radio", "pills", "segmented_control", "select_slider")
LOOSE = ("toast", "spinner", "dialog")  # functions of Streamlit that no container has
NOT_FIRST = {"page_link", "progress", "image", "dataframe", "data_editor"}
NAMED = ("label", "body", "help", "placeholder", "text", "caption", "title", "value", "delta", "delta_description")
DRESSED = re.compile(r"(:material/\w+: )?(.+?)(, [A-Z]{3})?", re.DOTALL)
DIGIT = re.compile(r"^[-+]?(?:[A-Z]{3} )?\d|^[A-Z][a-z]+ \d{4}$")
NO_WORDS = {"text_input", "text_area", "number_input", "slider", "date_input", "checkbox", "toggle", "color_picker"}


def install() -> None:
    """Wrap the doors, once per process."""
    if hasattr(DeltaGenerator.button, "original"):
        return
    for name in (*BODIES, *CHOICES):
        method = getattr(DeltaGenerator, name, None)
        if method is None:
            continue
        wrapped = _wrapped(name, method)
        setattr(DeltaGenerator, name, wrapped)
        bound = getattr(st, name, None)
        if isinstance(getattr(bound, "__self__", None), DeltaGenerator):
            setattr(st, name, wrapped.__get__(bound.__self__))
    for name in LOOSE:
        setattr(st, name, _loose(getattr(st, name)))


def _wrapped(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    first = 2 if name == "page_link" else 1
    is_choice, has_body = name in CHOICES, name not in NOT_FIRST
    names = list(signature(method).parameters)[2:]  # what stands after the label without its name

    @wraps(method)
    def call(self: DeltaGenerator, *args: Any, **kwargs: Any) -> Any:
        if READS.get() is None:
            return method(self, *args, **kwargs)
        if has_body and args:
            last = len(args) if name in ("write", "metric") else first
            args = (*map(_words, args[:last]), *args[last:])
        for option in NAMED:
            if option in kwargs and not (option == "value" and name in NO_WORDS):
                kwargs[option] = _words(kwargs[option])
        if is_choice:
            args, kwargs = args[:1], {**dict(zip(names, args[1:], strict=False)), **kwargs}
            kwargs["format_func"] = _worded(kwargs.get("format_func") or str)
            if kwargs.get("captions"):
                kwargs["captions"] = _words(kwargs["captions"])
        if kwargs.get("column_config"):
            kwargs["column_config"] = headed(kwargs["column_config"])
        return method(self, *args, **kwargs)

    vars(call)["original"] = method
    return call


def _loose(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*map(_words, args[:1]), *args[1:], **kwargs)

    return call


def _worded(format_func: Callable[[Any], Any]) -> Callable[[Any], str]:
    def words(option: Any) -> str:
        text, reader = format_func(option), READS.get()
        return str(text) if reader and text in reader.names else str(_words(text))

    return words


def _words(value: Any) -> Any:
    if isinstance(value, str):
        return _line(value)
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return [_line(item) for item in value]
    return value


def _line(text: str) -> str:
    """Return a text in the reader's words; an icon before it, or a currency behind it, is no part of the words."""
    words = str(shown(text) if len(text) >= SENTENCE or not DIGIT.search(text) else shown_whole(text))
    match = DRESSED.fullmatch(text) if words == text else None
    return f"{match[1] or ''}{shown(match[2])}{match[3] or ''}" if match else words


def headed(config: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the configuration of columns with what they are headed, and their help, in the reader's words."""
    out: dict[Any, Any] = {}
    for name, column in config.items():
        if isinstance(column, dict):
            out[name] = {**column, **{k: _words(column[k]) for k in ("label", "help") if column.get(k)}}
        else:
            out[name] = _words(column)
    return out
