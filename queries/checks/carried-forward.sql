/*
title = "The same as before"
asks = "Which figures are exactly those that came before?"
severity = "medium"
kind = "data-quality"
evidence = "data"
minimum_points = 2
open_after = 1
close_after = 1
says = "{area}, {indicator}: exactly the same in {quarter} as in {previous_quarter}, {numerator} out of {denominator}. Was the old return copied?"
says_value = "{area}, {indicator}: exactly {value} for {quarters} {periods} running, the last of them {quarter}. Was an old figure copied?"
says_return = "{area}: {n} of {of} figures for {quarter} are exactly those of the {period} before. Was the old return copied?"
harmless = ["previous_quarter", "quarters", "n", "of"]

[figures]
numerator = ["quarters", "quarter"]
denominator = ["quarters", "quarter"]
value = ["quarters", "quarter"]

[parameters]
# Small numbers repeat by themselves.
numerator_min = 10
denominator_min = 50
# Where the denominator is the same anyway, as a population is for a year, only the numerator tells: it must
# come so many times.
times_same_base = 3
# A value alone, not a whole number, must come so many times.
times_value = 3
# A return of which at least this share is unchanged, of at least so many figures, has one finding.
whole_share = 0.3
whole_figures_min = 5
*/
WITH points AS (
  SELECT
    quality.authority,
    quality.indicator,
    quality.quarter,
    quality.value,
    quality.stated,
    quality.numerator,
    quality.denominator,
    quality.status,
    quality.provisional,
    quality.previous,
    quality.previous_quarter,
    quality.parts_repeated,
    quality.value_repeated,
    quality.base_before,
    settings.unit,
    settings.decimals,
    coalesce(
      quality.numerator >= getvariable('numerator_min')
        AND quality.denominator >= getvariable('denominator_min'),
      FALSE
    ) AS has_large_parts
  FROM quality
  JOIN indicators AS settings
    ON settings.collection = quality.collection AND settings.indicator = quality.indicator
  WHERE
    quality.collection = asked_collection()
    AND quality.quarter = asked_quarter()
    AND quality.carried_from IS NULL
),
called AS (
  SELECT
    *,
    has_large_parts AND previous IS NOT NULL AS comparable,
    CASE
      WHEN
        has_large_parts
        AND (
          parts_repeated >= getvariable('times_same_base')
          OR (parts_repeated = 2 AND unit <> 'rate' AND base_before IS DISTINCT FROM denominator)
        )
        THEN 'says'
      WHEN
        value_repeated >= getvariable('times_value')
        AND value <> round(value)
        AND NOT coalesce(parts_repeated = 1, FALSE)
        AND coalesce(numerator >= getvariable('numerator_min'), TRUE)
        THEN 'value'
    END AS says
  FROM points
),
shares AS (
  SELECT
    authority,
    quarter,
    count_if(comparable) AS compared,
    count_if(comparable AND parts_repeated >= 2) AS unchanged,
    count_if(comparable) >= getvariable('whole_figures_min')
      AND count_if(comparable AND parts_repeated >= 2) >= getvariable('whole_share') * count_if(comparable)
      AS whole
  FROM called
  GROUP BY authority, quarter
)
SELECT
  authority,
  NULL AS indicator,
  quarter,
  whole AS fires,
  CASE WHEN whole THEN 2 ELSE 0 END AS level,
  unchanged / nullif(compared, 0) AS effect,
  NULL AS p,
  compared >= getvariable('whole_figures_min') AS eligible,
  CASE
    WHEN compared < getvariable('whole_figures_min')
      THEN 'fewer than ' || getvariable('whole_figures_min') || ' figures to compare'
  END AS reason,
  json_object(
    'says', 'return',
    'quarter', quarter_label(quarter),
    'n', unchanged,
    'of', compared
  ) AS detail
FROM shares
UNION ALL
SELECT
  called.authority,
  called.indicator,
  called.quarter,
  called.says IS NOT NULL AND NOT shares.whole AS fires,
  CASE WHEN called.says IS NOT NULL AND NOT shares.whole THEN 1 ELSE 0 END AS level,
  CASE WHEN called.says IS NOT NULL THEN 1.0 ELSE 0.0 END AS effect,
  NULL AS p,
  called.value IS NOT NULL AND called.previous IS NOT NULL AS eligible,
  CASE
    WHEN called.value IS NULL THEN coalesce(nullif(called.status, 'ok'), 'no figure')
    WHEN called.previous IS NULL THEN 'no figure of the quarter before'
    WHEN called.says IS NOT NULL AND shares.whole THEN 'much of the return is unchanged'
  END AS reason,
  json_object(
    'says', coalesce(called.says, 'says'),
    'quarter', quarter_label(called.quarter),
    'value', called.value,
    'previous', called.previous,
    'previous_quarter', quarter_label(called.previous_quarter),
    'quarters', CASE called.says WHEN 'says' THEN called.parts_repeated ELSE called.value_repeated END,
    'stated', called.stated,
    'numerator', called.numerator,
    'denominator', called.denominator,
    'status', called.status,
    'provisional', called.provisional,
    'unit', called.unit,
    'decimals', called.decimals
  ) AS detail
FROM called
JOIN shares ON shares.authority = called.authority
ORDER BY authority, indicator;
