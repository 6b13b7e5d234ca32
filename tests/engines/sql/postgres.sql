WITH step_2 AS (
  SELECT
    CAST(opportunity_history.valid_from AS DATE) AS "on",
    COUNT(*) AS n_rows
  FROM sales.opportunity_history AS opportunity_history
  WHERE
    NOT (
      CAST(opportunity_history.is_deleted AS BOOLEAN) IS NULL
    )
    AND NOT (
      CAST(opportunity_history.opportunity_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(opportunity_history.stage AS TEXT) IS NULL
    )
    AND NOT (
      CAST(opportunity_history.valid_from AS DATE) IS NULL
    )
  GROUP BY
    CAST(opportunity_history.valid_from AS DATE)
)
SELECT
  'opportunity_history' AS entity,
  step_1."on" AS "on",
  step_1.n_rows AS n_rows
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(transactions.booked_on AS DATE) AS "on",
    COUNT(*) AS n_rows
  FROM sales.transactions AS transactions
  WHERE
    NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
  GROUP BY
    CAST(transactions.booked_on AS DATE)
)
SELECT
  'transactions' AS entity,
  step_1."on" AS "on",
  step_1.n_rows AS n_rows
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE) AS "on",
    COUNT(*) AS n_rows
  FROM sales.activities AS activities
  WHERE
    NOT (
      CAST(activities.kind AS TEXT) IS NULL
    )
    AND NOT (
      CAST(activities.occurred_at AS TIMESTAMP) IS NULL
    )
  GROUP BY
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE)
)
SELECT
  'activities' AS entity,
  step_1."on" AS "on",
  step_1.n_rows AS n_rows
FROM step_2 AS step_1;

SELECT
  COUNT(*) AS n_rows,
  COUNT(CAST(opportunity_history.opportunity_id AS TEXT)) AS n_opportunity_id,
  COUNT(CAST(opportunity_history.valid_from AS DATE)) AS n_valid_from,
  COUNT(CAST(opportunity_history.valid_to AS DATE)) AS n_valid_to,
  COUNT(CAST(opportunity_history.stage AS TEXT)) AS n_stage,
  COUNT(CAST(opportunity_history.forecast_category AS TEXT)) AS n_forecast_category,
  COUNT(CAST(opportunity_history.amount AS DOUBLE PRECISION)) AS n_amount,
  COUNT(CAST(opportunity_history.close_on AS DATE)) AS n_close_on,
  COUNT(CAST(opportunity_history.owner_id AS TEXT)) AS n_owner_id,
  COUNT(CAST(opportunity_history.is_deleted AS BOOLEAN)) AS n_is_deleted,
  MIN(CAST(opportunity_history.opportunity_id AS TEXT)) AS min_opportunity_id,
  MIN(CAST(opportunity_history.valid_from AS DATE)) AS min_valid_from,
  MIN(CAST(opportunity_history.valid_to AS DATE)) AS min_valid_to,
  MIN(CAST(opportunity_history.stage AS TEXT)) AS min_stage,
  MIN(CAST(opportunity_history.forecast_category AS TEXT)) AS min_forecast_category,
  MIN(CAST(opportunity_history.amount AS DOUBLE PRECISION)) AS min_amount,
  MIN(CAST(opportunity_history.close_on AS DATE)) AS min_close_on,
  MIN(CAST(opportunity_history.owner_id AS TEXT)) AS min_owner_id,
  COALESCE(BOOL_AND(CAST(opportunity_history.is_deleted AS BOOLEAN)), TRUE) AS min_is_deleted
FROM sales.opportunity_history AS opportunity_history
WHERE
  NOT (
    CAST(opportunity_history.is_deleted AS BOOLEAN) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.opportunity_id AS TEXT) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.stage AS TEXT) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.valid_from AS DATE) IS NULL
  );

SELECT
  COUNT(*) AS n_rows,
  COUNT(CAST(transactions.transaction_id AS TEXT)) AS n_transaction_id,
  COUNT(CAST(transactions.account_id AS TEXT)) AS n_account_id,
  COUNT(CAST(transactions.product_id AS TEXT)) AS n_product_id,
  COUNT(CAST(transactions.rep_id AS TEXT)) AS n_rep_id,
  COUNT(CAST(transactions.region AS TEXT)) AS n_region,
  COUNT(CAST(transactions.booked_on AS DATE)) AS n_booked_on,
  COUNT(CAST(transactions.kind AS TEXT)) AS n_kind,
  COUNT(CAST(transactions.quantity AS DOUBLE PRECISION)) AS n_quantity,
  COUNT(CAST(transactions.amount AS DOUBLE PRECISION)) AS n_amount,
  COUNT(CAST(transactions.cost_amount AS DOUBLE PRECISION)) AS n_cost_amount,
  COUNT(CAST(transactions.discount_rate AS DOUBLE PRECISION)) AS n_discount_rate,
  MIN(CAST(transactions.transaction_id AS TEXT)) AS min_transaction_id,
  MIN(CAST(transactions.account_id AS TEXT)) AS min_account_id,
  MIN(CAST(transactions.product_id AS TEXT)) AS min_product_id,
  MIN(CAST(transactions.rep_id AS TEXT)) AS min_rep_id,
  MIN(CAST(transactions.region AS TEXT)) AS min_region,
  MIN(CAST(transactions.booked_on AS DATE)) AS min_booked_on,
  MIN(CAST(transactions.kind AS TEXT)) AS min_kind,
  MIN(CAST(transactions.quantity AS DOUBLE PRECISION)) AS min_quantity,
  MIN(CAST(transactions.amount AS DOUBLE PRECISION)) AS min_amount,
  MIN(CAST(transactions.cost_amount AS DOUBLE PRECISION)) AS min_cost_amount,
  MIN(CAST(transactions.discount_rate AS DOUBLE PRECISION)) AS min_discount_rate
FROM sales.transactions AS transactions
WHERE
  NOT (
    CAST(transactions.account_id AS TEXT) IS NULL
  )
  AND NOT (
    CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
  )
  AND NOT (
    CAST(transactions.booked_on AS DATE) IS NULL
  )
  AND NOT (
    CAST(transactions.kind AS TEXT) IS NULL
  );

SELECT
  COUNT(*) AS n_rows,
  COUNT(CAST(activities.activity_id AS TEXT)) AS n_activity_id,
  COUNT(CAST(activities.account_id AS TEXT)) AS n_account_id,
  COUNT(CAST(activities.opportunity_id AS TEXT)) AS n_opportunity_id,
  COUNT(CAST(activities.rep_id AS TEXT)) AS n_rep_id,
  COUNT(CAST(activities.kind AS TEXT)) AS n_kind,
  COUNT(CAST(activities.occurred_at AS TIMESTAMP)) AS n_occurred_at,
  COUNT(CAST(activities.outcome AS TEXT)) AS n_outcome,
  COUNT(CAST(activities.sentiment_score AS DOUBLE PRECISION)) AS n_sentiment_score,
  COUNT(CAST(activities.quantity AS DOUBLE PRECISION)) AS n_quantity,
  MIN(CAST(activities.activity_id AS TEXT)) AS min_activity_id,
  MIN(CAST(activities.account_id AS TEXT)) AS min_account_id,
  MIN(CAST(activities.opportunity_id AS TEXT)) AS min_opportunity_id,
  MIN(CAST(activities.rep_id AS TEXT)) AS min_rep_id,
  MIN(CAST(activities.kind AS TEXT)) AS min_kind,
  MIN(CAST(activities.occurred_at AS TIMESTAMP)) AS min_occurred_at,
  MIN(CAST(activities.outcome AS TEXT)) AS min_outcome,
  MIN(CAST(activities.sentiment_score AS DOUBLE PRECISION)) AS min_sentiment_score,
  MIN(CAST(activities.quantity AS DOUBLE PRECISION)) AS min_quantity
FROM sales.activities AS activities
WHERE
  NOT (
    CAST(activities.kind AS TEXT) IS NULL
  )
  AND NOT (
    CAST(activities.occurred_at AS TIMESTAMP) IS NULL
  );

WITH step_3 AS (
  SELECT
    CAST(transactions.product_id AS TEXT) AS product_id,
    CAST(transactions.rep_id AS TEXT) AS rep_id,
    CAST(transactions.region AS TEXT) AS region,
    CAST(transactions.booked_on AS DATE) AS booked_on,
    CAST(transactions.kind AS TEXT) AS kind,
    CAST(transactions.amount AS DOUBLE PRECISION) AS amount,
    CAST(transactions.discount_rate AS DOUBLE PRECISION) AS discount_rate,
    CAST(FLOOR((
      CAST(transactions.amount AS DOUBLE PRECISION) * 1000000 + 0.5
    )) AS BIGINT) AS _amount,
    CAST(FLOOR((
      CAST(transactions.cost_amount AS DOUBLE PRECISION) * 1000000 + 0.5
    )) AS BIGINT) AS _cost,
    CAST(FLOOR((
      CAST(transactions.discount_rate AS DOUBLE PRECISION) * 1000000000000 + 0.5
    )) AS BIGINT) AS _off,
    CAST(transactions.amount AS DOUBLE PRECISION) > 0
    AND NOT (
      CAST(transactions.cost_amount AS DOUBLE PRECISION) IS NULL
    ) AS _is_costed,
    CAST(transactions.amount AS DOUBLE PRECISION) > 0
    AND CAST(transactions.discount_rate AS DOUBLE PRECISION) <= 0.95
    AND CAST(transactions.discount_rate AS DOUBLE PRECISION) >= 0 AS _is_priced
  FROM sales.transactions AS transactions
  WHERE
    NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
), step_2 AS (
  SELECT
    step_4.booked_on AS booked_on,
    step_4.region AS region,
    step_4.product_id AS product_id,
    step_4.rep_id AS rep_id,
    step_4.kind AS kind,
    CAST(COALESCE(SUM(step_4._amount), 0) AS DOUBLE PRECISION) / 1000000 AS amount,
    COUNT(*) AS n_lines,
    CAST(COALESCE(SUM(CASE WHEN step_4._is_costed THEN step_4._amount END), 0) AS DOUBLE PRECISION) / 1000000 AS costed_amount,
    CAST(COALESCE(SUM(CASE WHEN step_4._is_costed THEN step_4._cost END), 0) AS DOUBLE PRECISION) / 1000000 AS cost_amount,
    CAST(COALESCE(SUM(CASE WHEN step_4._is_priced THEN step_4._amount END), 0) AS DOUBLE PRECISION) / 1000000 AS priced_amount,
    CAST(COALESCE(
      SUM(
        CASE
          WHEN step_4._is_priced
          THEN CAST(FLOOR(
            (
              CAST(step_4.amount AS DOUBLE PRECISION) / NULLIF(1 - step_4.discount_rate, 0) * 1000000 + 0.5
            )
          ) AS BIGINT)
        END
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS list_amount,
    CAST(COALESCE(SUM(step_4._off), 0) AS DOUBLE PRECISION) / 1000000000000 AS discount_sum,
    COUNT(step_4.discount_rate) AS n_discounts
  FROM step_3 AS step_4
  GROUP BY
    step_4.booked_on,
    step_4.region,
    step_4.product_id,
    step_4.rep_id,
    step_4.kind
)
SELECT
  step_1.booked_on AS booked_on,
  step_1.region AS region,
  step_1.product_id AS product_id,
  step_1.rep_id AS rep_id,
  step_1.kind AS kind,
  step_1.amount AS amount,
  step_1.n_lines AS n_lines,
  step_1.costed_amount AS costed_amount,
  step_1.cost_amount AS cost_amount,
  step_1.priced_amount AS priced_amount,
  step_1.list_amount AS list_amount,
  step_1.discount_sum AS discount_sum,
  step_1.n_discounts AS n_discounts
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(CAST(DATE_TRUNC('MONTH', transactions.booked_on) AS TIMESTAMP) AS DATE) AS month,
    CAST(transactions.region AS TEXT) AS region,
    CAST(transactions.account_id AS TEXT) AS account_id,
    CAST(transactions.product_id AS TEXT) AS product_id,
    CAST(transactions.rep_id AS TEXT) AS rep_id,
    COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(transactions.amount AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS _parts
  FROM sales.transactions AS transactions
  WHERE
    CASE
      WHEN (
        CAST(transactions.kind AS TEXT) IS NULL
      )
      THEN NULL
      ELSE CAST(transactions.kind AS TEXT) IN ('billing', 'refund')
    END
    AND NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
  GROUP BY
    CAST(CAST(DATE_TRUNC('MONTH', transactions.booked_on) AS TIMESTAMP) AS DATE),
    CAST(transactions.region AS TEXT),
    CAST(transactions.account_id AS TEXT),
    CAST(transactions.product_id AS TEXT),
    CAST(transactions.rep_id AS TEXT)
)
SELECT
  step_1.month AS month,
  step_1.region AS region,
  step_1.account_id AS account_id,
  step_1.product_id AS product_id,
  step_1.rep_id AS rep_id,
  CAST(step_1._parts AS DOUBLE PRECISION) / 1000000 AS amount
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(transactions.booked_on AS DATE) AS booked_on,
    CAST(transactions.account_id AS TEXT) AS account_id,
    CAST(transactions.region AS TEXT) AS region,
    CAST(transactions.product_id AS TEXT) AS product_id,
    CAST(transactions.rep_id AS TEXT) AS rep_id,
    CAST(transactions.kind AS TEXT) AS kind,
    CAST(COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(transactions.amount AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS amount,
    COUNT(*) AS n_lines
  FROM sales.transactions AS transactions
  WHERE
    CASE
      WHEN (
        CAST(transactions.kind AS TEXT) IS NULL
      )
      THEN NULL
      ELSE CAST(transactions.kind AS TEXT) IN ('booking')
    END
    AND NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
  GROUP BY
    CAST(transactions.booked_on AS DATE),
    CAST(transactions.account_id AS TEXT),
    CAST(transactions.region AS TEXT),
    CAST(transactions.product_id AS TEXT),
    CAST(transactions.rep_id AS TEXT),
    CAST(transactions.kind AS TEXT)
)
SELECT
  step_1.booked_on AS booked_on,
  step_1.account_id AS account_id,
  step_1.region AS region,
  step_1.product_id AS product_id,
  step_1.rep_id AS rep_id,
  step_1.kind AS kind,
  step_1.amount AS amount,
  step_1.n_lines AS n_lines
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(transactions.account_id AS TEXT) AS account_id,
    CAST(transactions.product_id AS TEXT) AS product_id,
    CAST(transactions.rep_id AS TEXT) AS rep_id,
    MIN(CAST(transactions.booked_on AS DATE)) AS first_on
  FROM sales.transactions AS transactions
  WHERE
    NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
  GROUP BY
    CAST(transactions.account_id AS TEXT),
    CAST(transactions.product_id AS TEXT),
    CAST(transactions.rep_id AS TEXT)
)
SELECT
  step_1.account_id AS account_id,
  step_1.product_id AS product_id,
  step_1.rep_id AS rep_id,
  step_1.first_on AS first_on
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(transactions.account_id AS TEXT) AS account_id,
    CAST(COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(transactions.amount AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS amount,
    CAST(COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(transactions.cost_amount AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS cost_amount
  FROM sales.transactions AS transactions
  WHERE
    CAST(transactions.booked_on AS DATE) <= CAST('2024-12-31' AS DATE)
    AND CAST(transactions.booked_on AS DATE) >= CAST('2024-01-01' AS DATE)
    AND CAST(transactions.kind AS TEXT) <> 'booking'
    AND NOT (
      CAST(transactions.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(transactions.amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.booked_on AS DATE) IS NULL
    )
    AND NOT (
      CAST(transactions.cost_amount AS DOUBLE PRECISION) IS NULL
    )
    AND NOT (
      CAST(transactions.kind AS TEXT) IS NULL
    )
  GROUP BY
    CAST(transactions.account_id AS TEXT)
)
SELECT
  step_1.account_id AS account_id,
  step_1.amount AS amount,
  step_1.cost_amount AS cost_amount
FROM step_2 AS step_1;

SELECT
  CAST(opportunity_history.opportunity_id AS TEXT) AS opportunity_id,
  CAST(opportunity_history.valid_from AS DATE) AS valid_from,
  CAST(opportunity_history.valid_to AS DATE) AS valid_to,
  CAST(opportunity_history.stage AS TEXT) AS stage,
  CAST(opportunity_history.forecast_category AS TEXT) AS forecast_category,
  CAST(opportunity_history.amount AS DOUBLE PRECISION) AS amount,
  CAST(opportunity_history.close_on AS DATE) AS close_on,
  CAST(opportunity_history.owner_id AS TEXT) AS owner_id,
  CAST(opportunity_history.is_deleted AS BOOLEAN) AS is_deleted
FROM sales.opportunity_history AS opportunity_history
WHERE
  NOT (
    CAST(opportunity_history.is_deleted AS BOOLEAN) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.opportunity_id AS TEXT) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.stage AS TEXT) IS NULL
  )
  AND NOT (
    CAST(opportunity_history.valid_from AS DATE) IS NULL
  );

WITH step_2 AS (
  SELECT
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE) AS "on",
    CAST(activities.opportunity_id AS TEXT) AS opportunity_id,
    COUNT(*) AS n_activities,
    COALESCE(SUM(CASE WHEN CAST(activities.kind AS TEXT) = 'meeting' THEN 1 ELSE 0 END), 0) AS n_meetings
  FROM sales.activities AS activities
  WHERE
    NOT (
      CAST(activities.kind AS TEXT) IS NULL
    )
    AND NOT (
      CAST(activities.occurred_at AS TIMESTAMP) IS NULL
    )
    AND NOT (
      CAST(activities.opportunity_id AS TEXT) IS NULL
    )
  GROUP BY
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE),
    CAST(activities.opportunity_id AS TEXT)
)
SELECT
  step_1."on" AS "on",
  step_1.opportunity_id AS opportunity_id,
  step_1.n_activities AS n_activities,
  step_1.n_meetings AS n_meetings
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE) AS "on",
    CAST(activities.account_id AS TEXT) AS account_id,
    CAST(activities.kind AS TEXT) AS kind,
    CAST(activities.outcome AS TEXT) AS outcome,
    COUNT(*) AS n_activities,
    CAST(COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(activities.sentiment_score AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS sentiment_sum,
    COUNT(CAST(activities.sentiment_score AS DOUBLE PRECISION)) AS n_sentiments,
    CAST(COALESCE(
      SUM(
        CAST(FLOOR((
          CAST(activities.quantity AS DOUBLE PRECISION) * 1000000 + 0.5
        )) AS BIGINT)
      ),
      0
    ) AS DOUBLE PRECISION) / 1000000 AS quantity_sum,
    COUNT(CAST(activities.quantity AS DOUBLE PRECISION)) AS n_quantities
  FROM sales.activities AS activities
  WHERE
    NOT (
      CAST(activities.account_id AS TEXT) IS NULL
    )
    AND NOT (
      CAST(activities.kind AS TEXT) IS NULL
    )
    AND NOT (
      CAST(activities.occurred_at AS TIMESTAMP) IS NULL
    )
  GROUP BY
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE),
    CAST(activities.account_id AS TEXT),
    CAST(activities.kind AS TEXT),
    CAST(activities.outcome AS TEXT)
)
SELECT
  step_1."on" AS "on",
  step_1.account_id AS account_id,
  step_1.kind AS kind,
  step_1.outcome AS outcome,
  step_1.n_activities AS n_activities,
  step_1.sentiment_sum AS sentiment_sum,
  step_1.n_sentiments AS n_sentiments,
  step_1.quantity_sum AS quantity_sum,
  step_1.n_quantities AS n_quantities
FROM step_2 AS step_1;

WITH step_2 AS (
  SELECT
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE) AS "on",
    CAST(activities.rep_id AS TEXT) AS rep_id,
    CAST(activities.kind AS TEXT) AS kind,
    COUNT(*) AS n_activities
  FROM sales.activities AS activities
  WHERE
    NOT (
      CAST(activities.kind AS TEXT) IS NULL
    )
    AND NOT (
      CAST(activities.occurred_at AS TIMESTAMP) IS NULL
    )
    AND NOT (
      CAST(activities.rep_id AS TEXT) IS NULL
    )
  GROUP BY
    CAST(CAST(activities.occurred_at AS TIMESTAMP) AS DATE),
    CAST(activities.rep_id AS TEXT),
    CAST(activities.kind AS TEXT)
)
SELECT
  step_1."on" AS "on",
  step_1.rep_id AS rep_id,
  step_1.kind AS kind,
  step_1.n_activities AS n_activities
FROM step_2 AS step_1;
