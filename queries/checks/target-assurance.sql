/*
title = "A target out of reach"
asks = "Which targets will be missed time after time unless something changes?"
severity = "high"
kind = "performance"
evidence = "target"
minimum_points = 13
open_after = 1
close_after = 2
says = "If nothing changes, {area} should expect {indicator} to miss {target} every {period}: the normal range is {lower} to {upper}."
says_regional = "{n} of {of} authorities should expect to miss the target for {indicator} every {period}; likely a definition or national change."

[figures]
lower = "history"
upper = "history"

[parameters]
# Further away than so many standard deviations is no worse: each quarter moves them.
sigmas_max = 6.0
*/
-- The whole of the usual range lies on the wrong side of the target (Making Data Count: consistently failing), and
-- so does the range that the figures before this one lead to (`xmr.expected_lower`), which is the one told: with the
-- latest figures in it a range may lie where no figure ever was. A figure that is better than that range says
-- that something did change. High when the latest figure, too, misses the target by more than chance.
WITH points AS (
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
    judged.target,
    xmr.expected_mean AS mean,
    xmr.expected_lower AS lowest,
    xmr.expected_upper AS highest,
    xmr.expected_sigma AS sigma,
    xmr.expected_n AS n,
    xmr.expected_baseline AS baseline,
    coalesce(
      xmr.assurance = 'consistent-fail'
        AND CASE judged.adverse
          WHEN 1 THEN xmr.expected_lower > judged.target AND judged.value >= xmr.expected_lower
          ELSE xmr.expected_upper < judged.target AND judged.value <= xmr.expected_upper
        END,
      FALSE
    ) AS fails,
    coalesce(
      CASE judged.adverse
        WHEN 1 THEN intervals.low95 > judged.target
        ELSE intervals.high95 < judged.target
      END,
      FALSE
    ) AS missed,
    coalesce(
      judged.reason,
      xmr.reason,
      CASE
        WHEN judged.behaviour = 'rolling-year' THEN 'rolling year'
        WHEN xmr.expected_lower IS NULL THEN 'too flat for limits'
      END
    ) AS reason
  FROM judged
  LEFT JOIN xmr
    ON xmr.collection = judged.collection
    AND xmr.authority = judged.authority
    AND xmr.indicator = judged.indicator
    AND xmr.quarter = judged.quarter
  LEFT JOIN intervals
    ON intervals.collection = judged.collection
    AND intervals.authority = judged.authority
    AND intervals.indicator = judged.indicator
    AND intervals.quarter = judged.quarter
  WHERE
    judged.collection = asked_collection()
    AND judged.quarter = asked_quarter()
    AND judged.target IS NOT NULL
    AND judged.adverse <> 0
)
SELECT
  authority,
  indicator,
  quarter,
  reason IS NULL AND fails AS fires,
  CASE WHEN reason IS NOT NULL OR NOT fails THEN 0 WHEN missed THEN 3 ELSE 2 END AS level,
  CASE WHEN sigma > 0 THEN least(adverse * (mean - target) / sigma, getvariable('sigmas_max')) END AS effect,
  NULL AS p,
  reason IS NULL AS eligible,
  reason,
  json_object(
    'says', 'says',
    'quarter', quarter_label(quarter),
    'value', value,
    'target', target,
    'mean', mean,
    'lower', lowest,
    'upper', highest,
    'sigma', sigma,
    'n', n,
    'baseline', baseline,
    'direction', CASE WHEN mean > target THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM points
ORDER BY authority, indicator;
