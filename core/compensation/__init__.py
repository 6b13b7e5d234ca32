"""What people are paid: plans, statements that reconcile to the cent, what a plan will cost, and who may see it."""

from core.compensation import pay_exceptions, pay_outlook, pay_sight, pay_statements, plan_versions, quota_chances

__all__ = ["pay_exceptions", "pay_outlook", "pay_sight", "pay_statements", "plan_versions", "quota_chances"]
