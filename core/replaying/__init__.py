"""Replays past quarters beside the server, in a process of low priority."""
