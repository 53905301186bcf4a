-- Support that was agreed for findings of the asked collection, with what the figures did since.
SELECT action, quarter_then, value_then, numerator_then, denominator_then, quarter_now, value_now, numerator_now,
  denominator_now, since
FROM actions
ORDER BY action;
