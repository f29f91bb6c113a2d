//! Writes pictures as PNG files with a palette: a picture of the window at scale 2 then takes a fifth of the bytes.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use color_quant::NeuQuant;

/// The number of colors of a palette.
const COLORS: usize = 256;
/// The number of colors that are kept exactly: those of most pixels, such as backgrounds.
const EXACT: usize = 160;
/// One of so many pixels of the other colors is used to choose the rest of the palette.
const SAMPLING: i32 = 8;

/// Writes a picture. Colors beyond a palette of 256 become similar ones.
pub fn write(path: &Path, width: u32, rgba: &[u8]) {
    let mut counts: HashMap<[u8; 4], u64> = HashMap::new();
    for pixel in pixels(rgba) {
        *counts.entry(pixel).or_default() += 1;
    }
    let mut colors: Vec<([u8; 4], u64)> = counts.into_iter().collect();
    colors.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let exact = if colors.len() <= COLORS { COLORS } else { EXACT };
    let mut palette: Vec<[u8; 4]> = colors.iter().take(exact).map(|(color, _)| *color).collect();
    let mut index: HashMap<[u8; 4], u8> =
        palette.iter().enumerate().map(|(at, color)| (*color, u8::try_from(at).unwrap())).collect();
    if colors.len() > COLORS {
        let others: Vec<u8> = pixels(rgba).filter(|pixel| !index.contains_key(pixel)).flatten().collect();
        let chosen = NeuQuant::new(SAMPLING, COLORS - exact, &others);
        let similar: Vec<[u8; 4]> = chosen.color_map_rgba().chunks_exact(4).map(|of| of.try_into().unwrap()).collect();
        for (color, _) in &colors[exact..] {
            index.insert(*color, u8::try_from(exact + chosen.index_of(color)).unwrap());
        }
        palette.extend(similar);
    }
    let indexed: Vec<u8> = pixels(rgba).map(|pixel| index[&pixel]).collect();
    let height = u32::try_from(indexed.len()).unwrap() / width;
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).unwrap()), width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_palette(palette.iter().flat_map(|color| color[..3].to_vec()).collect::<Vec<u8>>());
    encoder.write_header().unwrap().write_image_data(&indexed).unwrap();
}

fn pixels(rgba: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    rgba.chunks_exact(4).map(|pixel| pixel.try_into().unwrap())
}
