/*
title = "Worse than a year ago"
title_neutral = "Different from a year ago"
asks = "Which figures are worse than a year before, by more than chance and by enough to matter?"
asks_neutral = "Which figures are different from a year before, by more than chance and by enough to matter?"
severity = "high"
kind = "performance"
evidence = "last-year"
minimum_points = 2
open_after = 1
close_after = 2
says = "{area}: {indicator} stood at {value} in {quarter}, compared with {previous} in {same_period_last_year}, {pct} worse. Chance is an unlikely explanation."
says_points = "{area}: {indicator} stood at {value} in {quarter}, compared with {previous} in {same_period_last_year}: {difference:points} worse. Chance is an unlikely explanation."
says_neutral = "{area}: {indicator} stood at {value} in {quarter}, and at {previous} in {same_period_last_year}. Chance is an unlikely explanation of the change."
says_year = "{area}: {indicator} stood at {value} in {quarter}, compared with {previous} in {same_period_last_year}; worse over the last four {periods} than over the four before. Chance is an unlikely explanation."
says_year_neutral = "{area}: {indicator} stood at {value} in {quarter}, and at {previous} in {same_period_last_year}; the last four {periods} together differ from the four before, too. Chance is an unlikely explanation of the change."
says_from_little = "{area}: {indicator} stood at {value} in {quarter}, compared with {previous} in {same_period_last_year}. Chance is an unlikely explanation."
says_regional = "{n} of {of} authorities had a change of {indicator} from a year before to {quarter}; likely a definition or national change."

[figures]
previous = "previous_quarter"
pct = "previous_quarter"
difference = "previous_quarter"

[parameters]
# 99% two-sided; then the change that matters: a tenth, or two percentage points.
fires_z = 2.576
medium_z = 3.5
high_z = 5.0
relative_change_min = 0.10
points_change_min = 2.0
# Without numerators: robust z of the yearly change among the series' own past yearly changes.
changes_min = 6
fires_robust_z = 3.0
# Share of false discoveries among what one authority is asked of a quarter.
false_discovery = 0.10
*/
-- The change, its z and the usual spread of such changes are those of the view `year_ago`. It looks twice: at the
-- quarter beside that of the year before, and at four quarters beside the four before, which see half as large a
-- change; the second only where the quarter itself is worse, too. Two looks have twice the chance to be wrong.
WITH scored AS (
  SELECT
    judged.authority,
    judged.indicator,
    judged.quarter,
    judged.value,
    judged.stated,
    judged.numerator,
    judged.denominator,
    judged.status,
    judged.provisional,
    judged.unit,
    judged.decimals,
    judged.adverse,
    year_ago.previous,
    year_ago.previous_numerator,
    year_ago.previous_denominator,
    year_ago.change,
    year_ago.has_parts,
    year_ago.z,
    year_ago.phi,
    year_ago.score AS score_of_parts,
    year_ago.year_value,
    year_ago.year_previous,
    year_ago.year_score,
    year_ago.reason
  FROM judged
  JOIN year_ago
    ON year_ago.collection = judged.collection
    AND year_ago.authority = judged.authority
    AND year_ago.indicator = judged.indicator
    AND year_ago.quarter = judged.quarter
  WHERE judged.collection = asked_collection()
),
past AS (
  SELECT
    authority,
    indicator,
    count(change) AS changes,
    median(change) AS median_change,
    mad(change) AS deviation
  FROM scored
  WHERE reason IS NULL AND quarter < asked_quarter()
  GROUP BY authority, indicator
),
latest AS (
  SELECT
    scored.*,
    past.changes,
    past.median_change,
    past.deviation,
    CASE
      WHEN scored.has_parts THEN scored.score_of_parts
      WHEN past.changes >= getvariable('changes_min')
        THEN (scored.change - past.median_change) / nullif(1.4826 * past.deviation, 0)
    END AS score,
    CASE
      WHEN scored.reason IS NOT NULL THEN scored.reason
      WHEN NOT scored.has_parts AND coalesce(past.changes, 0) < getvariable('changes_min')
        THEN 'no numerators, and too few earlier years'
      WHEN NOT scored.has_parts AND past.deviation = 0 THEN 'no numerators, and too even a past'
    END AS why_not
  FROM scored
  LEFT JOIN past ON past.authority = scored.authority AND past.indicator = scored.indicator
  WHERE scored.quarter = asked_quarter()
),
directed AS (
  SELECT
    *,
    CASE WHEN adverse = 0 THEN abs(score) ELSE adverse * score END AS quarter_effect,
    CASE WHEN adverse = 0 THEN abs(change) ELSE adverse * change END AS adverse_change,
    -- Where no direction is good the two must go the same way.
    CASE WHEN adverse = 0 THEN sign(change) ELSE adverse END AS way,
    way * year_score AS year_effect,
    way * (year_value - year_previous) AS year_change
  FROM latest
),
looks AS (
  SELECT
    *,
    coalesce(
      quarter_effect >= CASE WHEN has_parts THEN getvariable('fires_z') ELSE getvariable('fires_robust_z') END,
      FALSE
    ) AND (
      adverse_change >= getvariable('relative_change_min') * abs(previous) - 1e-9
      OR (unit = 'percent' AND adverse_change >= getvariable('points_change_min') - 1e-9)
    ) AS quarter_stands_out,
    coalesce(year_effect >= getvariable('fires_z') AND adverse_change > 0, FALSE) AND (
      year_change >= getvariable('relative_change_min') * abs(year_previous) - 1e-9
      OR (unit = 'percent' AND year_change >= getvariable('points_change_min') - 1e-9)
    ) AS year_stands_out,
    quarter_stands_out OR year_stands_out AS stands_out,
    year_stands_out AND (NOT quarter_stands_out OR year_effect > quarter_effect) AS told_by_year,
    CASE WHEN told_by_year THEN year_effect ELSE quarter_effect END AS effect,
    CASE
      WHEN has_parts AND why_not IS NULL
        THEN least(
          1.0,
          CASE WHEN year_score IS NULL THEN 1 ELSE 2 END
            * p_two_sided(CASE WHEN year_effect > quarter_effect THEN year_score ELSE score END)
        )
    END AS p
  FROM directed
),
ordered AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY authority, p IS NULL ORDER BY round(p, 12), indicator) AS position,
    count(p) OVER (PARTITION BY authority) AS tests
  FROM looks
),
corrected AS (
  SELECT
    *,
    CASE
      WHEN p IS NOT NULL THEN least(1.0, min(p * tests / position) OVER (
        PARTITION BY authority, p IS NULL
        ORDER BY position DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ))
    END AS p_corrected
  FROM ordered
),
decided AS (
  SELECT
    *,
    why_not IS NULL AND stands_out AND coalesce(p_corrected <= getvariable('false_discovery'), TRUE) AS fires,
    -- A change from next to nothing is huge in per cent, and says nothing by that.
    previous = 0
      OR adverse_change > abs(previous)
      OR (unit = 'percent' AND abs(previous) < 1) AS is_from_little
  FROM corrected
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(fires, FALSE) AS fires,
  CASE
    WHEN NOT coalesce(fires, FALSE) OR adverse = 0 THEN 0
    WHEN effect >= getvariable('high_z') THEN 3
    WHEN effect >= getvariable('medium_z') THEN 2
    ELSE 1
  END AS level,
  effect,
  p,
  why_not IS NULL AS eligible,
  CASE
    WHEN why_not IS NOT NULL THEN why_not
    WHEN stands_out AND NOT fires THEN 'may be chance among so many figures'
  END AS reason,
  json_object(
    'says', CASE
      WHEN told_by_year AND adverse = 0 THEN 'year_neutral'
      WHEN told_by_year THEN 'year'
      WHEN adverse = 0 THEN 'neutral'
      WHEN is_from_little THEN 'from_little'
      WHEN unit = 'percent' THEN 'points'
      ELSE 'says'
    END,
    'quarter', quarter_label(quarter),
    'value', value,
    'previous', previous,
    'previous_quarter', quarter_label(quarter - 4),
    'difference', adverse_change,
    'pct', 100 * adverse_change / nullif(abs(previous), 0),
    'relative', change / nullif(previous, 0),
    'z', z,
    'phi', CASE WHEN has_parts THEN phi END,
    -- Without numerators: among the series' own past yearly changes.
    'score', CASE WHEN NOT has_parts THEN score END,
    'past_changes', CASE WHEN NOT has_parts THEN changes END,
    'past_median', CASE WHEN NOT has_parts THEN median_change END,
    'past_mad', CASE WHEN NOT has_parts THEN deviation END,
    'year_value', year_value,
    'year_previous', year_previous,
    'year_score', year_score,
    'p_corrected', p_corrected,
    'previous_numerator', previous_numerator,
    'previous_denominator', previous_denominator,
    'direction', CASE WHEN change > 0 THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM decided
ORDER BY authority, indicator;
