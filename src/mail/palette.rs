//! A picture with a palette: a quarter of the bytes of one with four channels.

use std::collections::HashMap;

/// Colours a palette has: enough for the soft edges of a chart's five inks.
const COLOURS_MAX: usize = 64;

type Rgb = [u8; 3];

/// The same opaque picture with its most frequent colours; the rest take the nearest of them.
///
/// The same picture gives the same bytes.
///
/// # Errors
/// When `png` is not a picture of four channels of eight bits, as the plotting library writes it.
pub(crate) fn reduce(png: &[u8]) -> Result<Vec<u8>, String> {
    let (width, height, pixels) = pixels(png)?;
    let mut stretches = Vec::new();
    runs(&pixels, &mut stretches);
    let palette = palette(&stretches);
    let mut nearest: HashMap<Rgb, u8> = HashMap::new();
    let mut indexed = Vec::with_capacity(pixels.len() / 4);
    for (colour, run) in stretches {
        let at = *nearest.entry(colour).or_insert_with(|| place(&palette, colour));
        indexed.resize(indexed.len() + run, at);
    }
    write(width, height, &palette, &indexed).map_err(|error| error.to_string())
}

fn pixels(png: &[u8]) -> Result<(u32, u32, Vec<u8>), String> {
    let mut reader =
        png::Decoder::new(std::io::Cursor::new(png)).read_info().map_err(|error| error.to_string())?;
    let size = reader.output_buffer_size().ok_or("the picture is too large")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(|error| error.to_string())?;
    if frame.color_type != png::ColorType::Rgba || frame.bit_depth != png::BitDepth::Eight {
        return Err("the picture has not four channels of eight bits".to_owned());
    }
    Ok((frame.width, frame.height, bytes))
}

/// Stretches of one colour, in order.
///
/// A stretch that equals itself one pixel on has one colour; any other is halved. Most of a chart is
/// found so without a look at single pixels.
fn runs(pixels: &[u8], into: &mut Vec<(Rgb, usize)>) {
    let Some([red, green, blue, _]) = pixels.first_chunk() else { return };
    if pixels.get(4..) == pixels.get(..pixels.len() - 4) {
        into.push(([*red, *green, *blue], pixels.len() / 4));
    } else {
        let (left, right) = pixels.split_at(pixels.len() / 8 * 4);
        runs(left, into);
        runs(right, into);
    }
}

fn palette(stretches: &[(Rgb, usize)]) -> Vec<Rgb> {
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for (colour, run) in stretches {
        *counts.entry(*colour).or_default() += run;
    }
    let mut colours: Vec<(Rgb, usize)> = counts.into_iter().collect();
    colours.sort_unstable_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    colours.into_iter().take(COLOURS_MAX).map(|(colour, _)| colour).collect()
}

fn place(palette: &[Rgb], pixel: Rgb) -> u8 {
    let distance = |colour: &Rgb| -> u32 {
        colour.iter().zip(pixel).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
    };
    let nearest = palette.iter().enumerate().min_by_key(|(_, colour)| distance(colour));
    nearest.and_then(|(at, _)| u8::try_from(at).ok()).unwrap_or(0)
}

fn write(width: u32, height: u32, palette: &[Rgb], indexed: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(indexed)?;
    writer.finish()?;
    Ok(bytes)
}
