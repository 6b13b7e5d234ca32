"""The work on a buyer's list: tasks, time, who does what, review stages, questions, members, the trust page."""
