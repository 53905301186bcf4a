-- Which figures are far from the region's median, by its median absolute deviation?
WITH middles AS (
  SELECT indicator, quarter, median(value) AS middle, mad(value) AS spread
  FROM {{ ref('figures') }}
  WHERE unit <> 'count'
  GROUP BY indicator, quarter
)
SELECT figures.authority, figures.indicator, figures.quarter
FROM {{ ref('figures') }} AS figures
JOIN middles ON middles.indicator = figures.indicator AND middles.quarter = figures.quarter
WHERE abs(figures.value - middles.middle) > 3 * 1.4826 * middles.spread
