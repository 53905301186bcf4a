//! Pictures: their size, their ground, and what happens when one cannot be drawn.

use quarterdeck::domain::message::{Band, Block, Chart, ChartLine, Letter};

use crate::mail::letter::{chart, digest};
use crate::mail::parsed::{document, finished, named, page_of, parts};

fn with(chart: Chart) -> Letter {
    Letter { blocks: vec![Block::Chart(chart)], ..digest() }
}

fn pictures(letter: &Letter) -> Vec<Vec<u8>> {
    let message = finished(letter);
    let mail = mailparse::parse_mail(&message.bytes).unwrap();
    let parts = parts(&mail);
    let pictures = parts.iter().filter(|part| part.ctype.mimetype == "image/png");
    pictures.map(|part| part.get_body_raw().unwrap()).collect()
}

fn pixels(picture: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.color_type, png::ColorType::Rgb, "opaque: no fourth channel");
    (frame.width, frame.height, pixels)
}

fn busy() -> Chart {
    let quarters: Vec<String> =
        (2012..2018).flat_map(|year| (1..5).map(move |q| format!("{year}-{} Q{q}", year - 1999))).collect();
    let wave = |shift: f64| {
        let value = |at: i32| Some(300.0 + shift * 20.0 + 40.0 * (f64::from(at) * 0.9 + shift).sin());
        (0..24).map(value).collect()
    };
    let names = ["Gloucestershire", "South West region", "Similar authorities", "England, last published"];
    let lines = names.iter().zip([0.0, 1.0, 2.0, 3.0]);
    Chart {
        quarters,
        lines: lines
            .map(|(name, shift)| ChartLine { label: (*name).to_owned(), values: wave(shift) })
            .collect(),
        usual_range: Some(Band { lower: 250.0, upper: 350.0, from: 0 }),
        target: None,
        ..chart()
    }
}

#[test]
fn i03_width_and_height_are_the_pictures_or_half_of_them() {
    for chart in [chart(), busy()] {
        let letter = with(chart);
        let (width, height, _) = pixels(&pictures(&letter)[0]);
        let page = page_of(&letter);
        let document = document(&page);
        let image = named(&document, "img").next().unwrap();
        let size = |name| -> u32 { image.attribute(name).unwrap().parse().unwrap() };
        assert!(size("width") <= 600);
        assert!(
            [1, 2].iter().any(|scale| (size("width") * scale, size("height") * scale) == (width, height))
        );
    }
}

#[test]
fn i04_pictures_are_opaque_and_small() {
    for chart in [chart(), busy()] {
        for picture in pictures(&with(chart)) {
            assert!(picture.len() <= 60 * 1024);
            let (_, _, pixels) = pixels(&picture);
            assert_eq!(&pixels[..3], [255, 255, 255], "a light ground of its own");
        }
    }
}

#[test]
fn charts_are_drawn_at_twice_their_size() {
    for chart in [chart(), busy()] {
        assert_eq!(pixels(&pictures(&with(chart))[0]).0, 1120);
    }
}

#[test]
fn a_chart_that_cannot_be_drawn_becomes_its_table() {
    let gap = ChartLine { label: "B&NES".to_owned(), values: vec![None; 8] };
    let short = ChartLine { label: "B&NES".to_owned(), values: vec![Some(1.0)] };
    let unfit = [
        Chart { lines: vec![gap], ..chart() },
        Chart { lines: vec![short], ..chart() },
        Chart { lines: vec![], ..chart() },
        Chart { lines: vec![chart().lines[0].clone(); 5], ..chart() },
    ];
    for chart in unfit {
        let letter = with(chart.clone());
        let page = page_of(&letter);
        let document = document(&page);
        assert_eq!(named(&document, "img").count(), 0);
        assert_eq!(named(&document, "caption").count(), 1);
        assert!(page.contains(&chart.title));
        assert!(pictures(&letter).is_empty());
    }
}

#[test]
fn odd_figures_draw_without_a_panic() {
    let line = |values: &[f64]| ChartLine {
        label: "x".to_owned(),
        values: values.iter().copied().map(Some).collect(),
    };
    let odd: [&[f64]; 5] =
        [&[0.0], &[5.0, 5.0, 5.0], &[f64::NAN, 3.0], &[-4.0, 4.0], &[1e12, 1e-12, f64::INFINITY]];
    for values in odd {
        let quarters = (0..values.len()).map(|at| format!("Year {at}")).collect();
        let chart = Chart { quarters, lines: vec![line(values)], usual_range: None, target: None, ..chart() };
        assert_eq!(pictures(&with(chart)).len(), 1, "{values:?}");
    }
}

#[test]
fn i04_the_eleventh_chart_is_a_table() {
    let letter = Letter { blocks: vec![Block::Chart(chart()); 11], ..digest() };
    assert_eq!(pictures(&letter).len(), 10);
    let page = page_of(&letter);
    let document = document(&page);
    assert_eq!(named(&document, "caption").count(), 11);
    assert!(page.len() <= 102_400);
}

#[test]
fn the_same_chart_is_the_same_picture() {
    assert_eq!(pictures(&with(chart())), pictures(&with(chart())));
}
