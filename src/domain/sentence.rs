//! Numbers as people read them.

/// `value` with `decimals` places; half is rounded away from zero, as people do it.
///
/// A value such as 2.675, which binary cannot hold, is rounded as written: to `2.68`.
#[must_use]
pub fn round_half_up(value: f64, decimals: u8) -> String {
    let places = usize::from(decimals);
    let factor = 10_f64.powi(i32::from(decimals));
    let scaled = value.abs() * factor;
    let nudged = scaled.mul_add(1.0 + 1e-12, 0.5).floor() / factor;
    let sign = if value < 0.0 && nudged > 0.0 { "-" } else { "" };
    format!("{sign}{nudged:.places$}")
}

#[cfg(test)]
mod tests {
    use crate::domain::sentence::round_half_up;

    #[test]
    fn half_is_rounded_up_as_written() {
        for (value, decimals, text) in
            [(2.675, 2, "2.68"), (0.5, 0, "1"), (23.45, 1, "23.5"), (-0.04, 1, "0.0"), (-2.5, 0, "-3")]
        {
            assert_eq!(round_half_up(value, decimals), text);
        }
    }
}
