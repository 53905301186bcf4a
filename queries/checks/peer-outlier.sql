/*
title = "Far from its peers"
asks = "Which authorities are further out among their peers than the usual spread between areas?"
severity = "high"
kind = "performance"
evidence = "peers"
family = "peers"
minimum_points = 1
open_after = 1
close_after = 2
says = "{area} has the {rank}{end} {indicator} of {k} areas in {quarter} ({value}; average {average}), further out than the usual spread between areas."
says_neutral = "{area} has the {rank}{end} {indicator} of {k} areas in {quarter} ({value}; average {average}): unusual, further out than the usual spread between areas."
says_regional = "{n} of {of} authorities are far from the average of {indicator} in {quarter}; likely a definition or national change."
harmless = ["rank", "end", "k"]

[figures]
average = "region"

[parameters]
# Areas without which the spread between areas is not known.
areas_min = 10
# 99.8% two-sided; from 95% on it is noted, and does not fire.
fires_z = 3.090
noted_z = 1.960
# In the worst quarter for so many figures running, the level is high.
worst_quartile_points = 4
*/
-- Where most areas stand at 0 or at 100% the spread between them cannot be learnt: there an area is held against all
-- others together.
WITH slow AS (
  SELECT
    authority,
    indicator,
    quarter,
    count(*) FILTER (WHERE quartile = quartile_groups()) OVER recent AS times_worst
  FROM ranks
  WHERE collection = asked_collection()
  WINDOW recent AS (
    PARTITION BY authority, indicator
    ORDER BY quarter
    ROWS BETWEEN (getvariable('worst_quartile_points') - 1) PRECEDING AND CURRENT ROW
  )
),
peers AS (
  SELECT
    funnel.authority,
    funnel.indicator,
    funnel.average,
    funnel.areas,
    CASE WHEN funnel.most_at_one_end THEN funnel.z_others ELSE funnel.z END AS z,
    funnel.z_plain,
    funnel.phi,
    CASE WHEN NOT funnel.most_at_one_end THEN funnel.low998 END AS low998,
    CASE WHEN NOT funnel.most_at_one_end THEN funnel.high998 END AS high998,
    funnel.eligible,
    rank() OVER (PARTITION BY funnel.indicator ORDER BY funnel.value DESC) AS from_highest,
    rank() OVER (PARTITION BY funnel.indicator ORDER BY funnel.value) AS from_lowest
  FROM funnel
  WHERE funnel.collection = asked_collection() AND funnel.quarter = asked_quarter()
),
placed AS (
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
    peers.average,
    peers.areas,
    peers.z,
    peers.z_plain,
    peers.phi,
    peers.low998,
    peers.high998,
    CASE WHEN peers.z > 0 THEN peers.from_highest ELSE peers.from_lowest END AS rank,
    CASE WHEN peers.z > 0 THEN 'highest' ELSE 'lowest' END AS "end",
    CASE WHEN judged.adverse = 0 THEN abs(peers.z) ELSE judged.adverse * peers.z END AS effect,
    coalesce(slow.times_worst, 0) AS times_worst,
    CASE
      WHEN judged.reason IS NOT NULL THEN judged.reason
      WHEN judged.unit = 'count' THEN 'counts are not compared between areas'
      WHEN peers.z IS NULL AND judged.numerator IS NULL THEN 'no numerator'
      WHEN peers.z IS NULL OR NOT peers.eligible THEN 'small numbers'
      WHEN peers.areas < getvariable('areas_min')
        THEN 'fewer than ' || getvariable('areas_min') || ' areas'
    END AS reason
  FROM judged
  LEFT JOIN peers ON peers.authority = judged.authority AND peers.indicator = judged.indicator
  LEFT JOIN slow
    ON slow.authority = judged.authority
    AND slow.indicator = judged.indicator
    AND slow.quarter = judged.quarter
  WHERE judged.collection = asked_collection() AND judged.quarter = asked_quarter()
)
SELECT
  authority,
  indicator,
  quarter,
  coalesce(reason IS NULL AND effect >= getvariable('fires_z'), FALSE) AS fires,
  CASE
    WHEN reason IS NOT NULL OR adverse = 0 OR effect < getvariable('fires_z') THEN 0
    WHEN times_worst >= getvariable('worst_quartile_points') THEN 3
    ELSE 2
  END AS level,
  effect,
  NULL AS p,
  reason IS NULL AS eligible,
  CASE
    WHEN reason IS NOT NULL THEN reason
    WHEN effect >= getvariable('noted_z') AND effect < getvariable('fires_z') THEN 'beyond 95%, within 99.8%'
  END AS reason,
  json_object(
    'says', CASE adverse WHEN 0 THEN 'neutral' ELSE 'says' END,
    'quarter', quarter_label(quarter),
    'value', value,
    'average', average,
    'k', areas,
    'rank', CASE
      WHEN rank = 1 THEN ''
      WHEN rank % 10 = 2 AND rank % 100 <> 12 THEN rank || 'nd '
      WHEN rank % 10 = 3 AND rank % 100 <> 13 THEN rank || 'rd '
      WHEN rank % 10 = 1 AND rank % 100 <> 11 THEN rank || 'st '
      ELSE rank || 'th '
    END,
    'end', "end",
    'peers_low', low998,
    'peers_high', high998,
    'z', z,
    'z_plain', z_plain,
    'phi', phi,
    'comparator_quarter', quarter_label(quarter),
    'direction', CASE WHEN z > 0 THEN 'up' ELSE 'down' END,
    'stated', stated,
    'numerator', numerator,
    'denominator', denominator,
    'status', status,
    'provisional', provisional,
    'unit', unit,
    'decimals', decimals
  ) AS detail
FROM placed
ORDER BY authority, indicator;
