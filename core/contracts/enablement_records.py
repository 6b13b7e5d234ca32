"""What sellers learned and what they showed: completions of courses, and documents used in deals."""

from __future__ import annotations

import dataframely as dy


class CourseCompletions(dy.Schema):
    """Grain: one person's record in one course or in one module of it, finished or not; attempts are rows of their own.

    A record with `module_name` speaks of that module alone, and the course has `n_modules`.
    `rep_id` is empty where the learner is nobody of the sales team; `learner_name` is what the file calls them.
    """

    completion_id = dy.String(primary_key=True)
    rep_id = dy.String(nullable=True)
    learner_name = dy.String(nullable=True)
    course_id = dy.String(nullable=True)
    course_name = dy.String(nullable=False)
    module_name = dy.String(nullable=True)
    n_modules = dy.Int64(nullable=True, min=1)
    status = dy.String(nullable=True)
    is_completed = dy.Bool(nullable=False)
    score_rate = dy.Float64(nullable=True, min=0, max=1)
    started_on = dy.Date(nullable=True)
    completed_on = dy.Date(nullable=True)


class ContentUses(dy.Schema):
    """Grain: one use of one document in one deal: sent, shown or opened by the buyer."""

    use_id = dy.String(primary_key=True)
    content_id = dy.String(nullable=True)
    content_name = dy.String(nullable=False)
    content_kind = dy.String(nullable=True)
    opportunity_id = dy.String(nullable=True)
    account_id = dy.String(nullable=True)
    rep_id = dy.String(nullable=True)
    used_on = dy.Date(nullable=False)
