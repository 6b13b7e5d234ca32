"""The worker: what is done behind the pages, one job of a subject at a time, in a process of its own each."""
