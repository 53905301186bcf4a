//! The value axis of a chart: a stretch and a few round numbers on it.

/// From the lowest to the highest value shown, with the round numbers between.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    /// The value at the foot.
    pub(crate) low: f64,
    /// The value at the top.
    pub(crate) high: f64,
    /// Round numbers, rising; two to seven.
    pub(crate) ticks: Vec<f64>,
    /// Decimals that the round numbers need.
    pub(crate) decimals: usize,
}

/// A scale on which all of `values` stand, with a tenth of air; `None` without a finite value.
///
/// It does not begin at zero unless the values are near it. Rates of one authority over time are
/// compared with each other, and a line chart shows change.
pub(crate) fn scale(values: impl Iterator<Item = f64>) -> Option<Scale> {
    let (low, high) = values.filter(|value| value.is_finite()).fold(
        None,
        |span: Option<(f64, f64)>, value| match span {
            Some((low, high)) => Some((low.min(value), high.max(value))),
            None => Some((value, value)),
        },
    )?;
    let spread = if high > low { high - low } else { high.abs().max(1.0) };
    let floor = if low >= 0.0 && low < spread * 0.35 { 0.0 } else { low - spread * 0.1 };
    let step = round_step((high + spread * 0.1 - floor) / 4.0);
    let (first, last) = ((floor / step).floor(), ((high + spread * 0.04) / step).ceil());
    let mut ticks = Vec::new();
    let mut at = first;
    while at <= last {
        ticks.push(at * step);
        at += 1.0;
    }
    let decimals = [0, 1, 2, 3].into_iter().find(|places| is_whole(step * 10_f64.powi(*places))).unwrap_or(4);
    Some(Scale {
        low: first * step,
        high: last * step,
        ticks,
        decimals: usize::try_from(decimals).unwrap_or(0),
    })
}

/// 1, 2, 2.5 or 5 times a power of ten, not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power)
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use crate::mail::scale::scale;

    #[test]
    fn rates_far_from_zero_do_not_begin_at_zero() {
        let scale = scale([296.4, 310.0, 338.2].into_iter()).unwrap();
        assert_eq!(scale.ticks, [280.0, 300.0, 320.0, 340.0]);
        assert_eq!(scale.decimals, 0);
    }

    #[test]
    fn values_near_zero_begin_at_zero() {
        assert!(scale([1.9, 7.2].into_iter()).unwrap().low.abs() < 1e-9);
    }

    #[test]
    fn one_value_alone_has_a_scale() {
        let scale = scale([82.9].into_iter()).unwrap();
        assert!(scale.low < 82.9 && scale.high > 82.9 && scale.ticks.len() <= 7);
    }

    #[test]
    fn without_a_number_there_is_no_scale() {
        assert_eq!(scale([f64::NAN].into_iter()), None);
    }
}
