"""Playbooks that run: what starts a play, whose tasks it brings, and whether it did anything."""

from typing import TYPE_CHECKING

from core.lazy_imports import later

if TYPE_CHECKING:
    from core.plays import play_board, play_definition, play_record, play_start, play_view, trigger_cases

__all__ = ["play_board", "play_definition", "play_record", "play_start", "play_view", "trigger_cases"]

__getattr__ = later(__name__, {name: name for name in __all__})
