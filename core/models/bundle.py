"""The trained models of one state of the data, and what they say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from core.contracts.errors import ModelError
from core.models.keyed import Keyed

if TYPE_CHECKING:
    from core.models.churn import ChurnModel
    from core.models.close import CloseModel

FRAMES = ("deal_features", "account_features", "deal_scores", "churn_scores", "revenue", "revenue_held")


@dataclass(frozen=True, eq=False)
class Bundle(Keyed):
    """The models of one state of the data, and what they say of it; bundles of one key are equal.

    Attributes
    ----------
    close : CloseModel or None
    churn : ChurnModel or None
        None where the data was too short; `problems` says why.
    problems : dict of str to str
        A sentence for each model that could not be trained.
    deal_features, account_features : pl.DataFrame
        What is known today of each open deal and each paying account.
    deal_scores : pl.DataFrame
        [opportunity_id, p_win_30, p_win_60, p_win_90, p_win_180].
    churn_scores : pl.DataFrame
        [account_id, p_churn_90d].
    revenue, revenue_held : pl.DataFrame
        The revenue forecast and how past ones held, as `models.revenue.forecast.RevenueOutlook` has them; empty
        where there is no revenue, and in a bundle cut to a part of the company.
    record : pl.DataFrame
        Forecasts of finished quarters as they would have been made, from which the sum is corrected; empty until
        past quarters are replayed.
    key : str
        Names the state of data, settings and code this was trained on, the part it was cut to and the record; empty for
        one put together by hand, which equals itself alone.
    whole : Bundle or None
        The company's as it was trained, where this is one cut to a part of it or bears a record; see `company`.
    """

    close: CloseModel | None
    churn: ChurnModel | None
    problems: dict[str, str] = field(default_factory=dict)
    deal_features: pl.DataFrame = field(default_factory=pl.DataFrame)
    account_features: pl.DataFrame = field(default_factory=pl.DataFrame)
    deal_scores: pl.DataFrame = field(default_factory=pl.DataFrame)
    churn_scores: pl.DataFrame = field(default_factory=pl.DataFrame)
    revenue: pl.DataFrame = field(default_factory=pl.DataFrame)
    revenue_held: pl.DataFrame = field(default_factory=pl.DataFrame)
    record: pl.DataFrame = field(default_factory=pl.DataFrame)
    key: str = ""
    whole: Bundle | None = None

    @property
    def company(self) -> Bundle:
        """Return the company's bundle: itself, where it is not cut to a part."""
        return self.whole or self

    def need_close(self) -> CloseModel:
        """Return the close model.

        Raises
        ------
        ModelError
            When the data was too short to train it.
        """
        if self.close is None:
            raise ModelError(self.problems.get("close", "There is no close model."), mend="Load more closed deals.")
        return self.close

    def need_churn(self) -> ChurnModel:
        """Return the churn model.

        Raises
        ------
        ModelError
            When the data was too short to train it.
        """
        if self.churn is None:
            raise ModelError(self.problems.get("churn", "There is no churn model."), mend="Load more contracts.")
        return self.churn
