"""Which leads become deals, and which of these are won: a race of models, judged on later leads than they learnt."""

from core.models.leads.lead_scores import LeadScores, record_text, scores, work_list

__all__ = ["LeadScores", "record_text", "scores", "work_list"]
