//! Lines with smooth edges and even dashes.
//!
//! The plotting library fills a thick line row by row, so a shallow one has steps, and begins its
//! dashes anew at each corner. Its lines of one pixel are smooth: one along each edge hides the steps.

use kuva::render::color::Color;
use kuva::render::render::Primitive;

/// Thin enough to be drawn smooth at twice the size.
const EDGE: f64 = 0.5;

type Point = (f64, f64);

/// A line through `points`; `dashes` are the lengths of ink and of gap.
pub(crate) fn stroke(
    points: &[Point],
    color: &Color,
    width: f64,
    dashes: Option<(f64, f64)>,
) -> Vec<Primitive> {
    let pieces = match dashes {
        None => points.windows(2).filter_map(pair).collect(),
        Some((ink, gap)) => dashed(points, ink, gap),
    };
    pieces.into_iter().flat_map(|(from, to)| piece(from, to, color, width)).collect()
}

fn pair(window: &[Point]) -> Option<(Point, Point)> {
    match window {
        [from, to] => Some((*from, *to)),
        _ => None,
    }
}

/// The inked pieces; a dash that turns a corner is two pieces.
fn dashed(points: &[Point], ink: f64, gap: f64) -> Vec<(Point, Point)> {
    let mut pieces = Vec::new();
    let (mut inked, mut left) = (true, ink);
    for (from, to) in points.windows(2).filter_map(pair) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let along = |distance: f64| {
            let share = distance / length;
            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        };
        let mut at = 0.0;
        while at < length {
            let end = (at + left).min(length);
            if inked {
                pieces.push((along(at), along(end)));
            }
            left -= end - at;
            at = end;
            if left <= 1e-9 {
                inked = !inked;
                left = if inked { ink } else { gap };
            }
        }
    }
    pieces
}

fn piece(from: Point, to: Point, color: &Color, width: f64) -> Vec<Primitive> {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-9);
    let aside = width / 2.0 - EDGE / 2.0;
    let (x, y) = (-(to.1 - from.1) / length * aside, (to.0 - from.0) / length * aside);
    let line = |x: f64, y: f64, width: f64| Primitive::Line {
        x1: from.0 + x,
        y1: from.1 + y,
        x2: to.0 + x,
        y2: to.1 + y,
        stroke: color.clone(),
        stroke_width: width,
        stroke_dasharray: None,
    };
    if (to.1 - from.1).abs() < 1e-9 {
        return vec![line(0.0, 0.0, width)];
    }
    vec![line(0.0, 0.0, width - EDGE), line(x, y, EDGE), line(-x, -y, EDGE)]
}

#[cfg(test)]
mod tests {
    use crate::mail::stroke::dashed;

    #[test]
    fn dashes_go_on_around_a_corner() {
        let pieces = dashed(&[(0.0, 0.0), (5.0, 0.0), (5.0, 9.0)], 4.0, 3.0);
        let expected = [((0.0, 0.0), (4.0, 0.0)), ((5.0, 2.0), (5.0, 6.0))];
        assert_eq!(pieces, expected);
    }
}
