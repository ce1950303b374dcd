//! Landscapes: ridges in mist, under a sky and above a lake that reflects both.
//!
//! The seed alone chooses the colors, the variation only the shapes, so that the
//! grid can show all four images of a seed with their one palette. One byte per
//! pixel and short tables make painting fast in unoptimized builds too.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic: every value lies between 0 and a few thousand"
)]

use std::f32::consts::TAU;

use fastrand::Rng;

/// Width and height of one image.
pub(crate) const SIDE: usize = 1024;
/// The same, as a number of pixels in a header and as a length on the canvas.
pub(crate) const WIDTH: u32 = SIDE as u32;
const EDGE: f32 = SIDE as f32;

/// Zenith, middle sky, horizon, sun, nearest ridge.
const PALETTES: [[u32; 5]; 7] = [
    [0x2b_2d5b, 0xb5_5d6e, 0xf8_b878, 0xff_e3a8, 0x1d_1a33],
    [0x3f_6f9f, 0x9f_c3d1, 0xfb_dcc4, 0xff_f1cf, 0x1b_3448],
    [0x1c_1640, 0x6a_3f8a, 0xf0_8fa0, 0xff_d0b0, 0x14_0f2b],
    [0x08_0f2a, 0x1f_3a6b, 0x7f_a3c7, 0xea_f1ff, 0x05_0c1f],
    [0x5d_6fa3, 0xdd_a6a4, 0xff_d9a3, 0xff_f0c9, 0x4a_1f2c],
    [0x06_1c2c, 0x12_5f5c, 0x8f_d6a4, 0xe9_ffd9, 0x04_151f],
    [0x47_4a6b, 0xc9_8c5a, 0xff_d27a, 0xff_f3c0, 0x2a_1f1d],
];
/// Colors between two of those.
const STEPS: u8 = 21;
/// Colors of the sky, and as many of the land. The lake has both, darkened.
const SHADES: u8 = 3 * STEPS;

type Color = [f32; 3];

fn mix(mut color: Color, other: Color, part: f32) -> Color {
    for (own, other) in color.iter_mut().zip(other) {
        *own += (other - *own) * part;
    }
    color
}

fn gradient(stops: [Color; 4]) -> impl Iterator<Item = Color> + Clone {
    let pairs = stops.into_iter().zip(stops.into_iter().skip(1));
    pairs.flat_map(|(from, to)| {
        (0..STEPS).map(move |step| mix(from, to, f32::from(step) / f32::from(STEPS)))
    })
}

/// Random numbers that differ for close seeds too.
fn random(seed: u32, variation: u8) -> Rng {
    let key = u64::from(seed) << 8 | u64::from(variation);
    Rng::with_seed(key.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The colors of a seed's images: red, green and blue of each.
pub(crate) fn palette(seed: u32) -> Vec<u8> {
    let mut random = random(seed, u8::MAX);
    let colors = random.choice(PALETTES).unwrap_or_default();
    let [zenith, middle, horizon, sun, near] = colors.map(|rgb| {
        let [_, red, green, blue] = rgb.to_be_bytes();
        [red, green, blue].map(f32::from)
    });
    let sky = gradient([zenith, middle, horizon, sun]);
    let land = gradient([near, mix(near, middle, 0.5), middle, horizon]);
    let bright = sky.chain(land).flatten().map(|part| part as u8);
    let dark = bright.clone().map(|part| part - part / 4);
    bright.chain(dark).collect()
}

/// A wave along one edge, between 0 and 1. Its ends meet, so that a row that is
/// rotated shows no seam.
fn wave(random: &mut Rng, octaves: i32, roughness: f32) -> Vec<f32> {
    let mut wave = vec![0.5; SIDE];
    for octave in 0..octaves {
        let pitch = random.i32(1 << octave..=2 << octave) as f32 * TAU / EDGE;
        let phase = random.f32() * TAU;
        let height = 0.5 * (1.0 - roughness) * roughness.powi(octave);
        for (x, value) in wave.iter_mut().enumerate() {
            *value += height * (x as f32 * pitch + phase).sin();
        }
    }
    wave
}

/// How much light falls on each position along one edge: a Gaussian bell.
fn light(center: f32) -> Vec<f32> {
    let at = |x: usize| (-((x as f32 / EDGE - center) / 0.24).powi(2)).exp();
    (0..SIDE).map(at).collect()
}

/// The sky or a ridge.
struct Layer {
    /// The row where it begins, by column.
    crest: Vec<f32>,
    /// From 0 to 1, by row.
    shades: Vec<f32>,
    /// By how much of a tenth of the edge its shades move up, by column.
    drift: Vec<f32>,
}

fn sky(random: &mut Rng) -> Layer {
    let clouds = wave(random, 6, 0.7).into_iter().enumerate();
    let shade = |(y, cloud)| 1.1 * y as f32 / EDGE + 0.6 * (cloud - 0.65);
    Layer {
        crest: vec![0.0; SIDE],
        shades: clouds.map(shade).collect(),
        drift: wave(random, 4, 0.5),
    }
}

/// A ridge so near, from 0 to 1. The nearest one ends at the shore.
fn ridge(random: &mut Rng, near: f32, shore: f32) -> Layer {
    let foot = EDGE * 0.52 + (shore - EDGE * 0.54) * near.powf(1.2);
    let height = EDGE * (0.34 - 0.2 * near);
    let crest = wave(random, 8, 0.55).into_iter();
    let shade = |y| 0.6 * (1.0 - near) + (y as f32 - foot + 0.5 * height) / EDGE * (1.2 - near);
    Layer {
        crest: crest.map(|crest| foot - height * (crest - 0.3)).collect(),
        shades: (0..SIDE).map(shade).collect(),
        drift: wave(random, 5, 0.6),
    }
}

/// One variation (0 to 3) of a seed, row by row: a color of the palette for each
/// pixel.
pub(crate) fn paint(seed: u32, variation: u8) -> Vec<u8> {
    let mut random = random(seed, variation);
    let shore = (EDGE * (0.72 + 0.12 * random.f32())).floor();
    let mut layers = vec![sky(&mut random)];
    layers.extend([0.0, 0.25, 0.5, 0.75, 1.0].map(|near| ridge(&mut random, near, shore)));
    let light_x = light(0.15 + 0.7 * random.f32());
    let light_y = light(0.15 + 0.2 * random.f32());

    let mut canvas = vec![0; SIDE * SIDE];
    for (x, light_x) in light_x.iter().enumerate() {
        let mut column = canvas.iter_mut().skip(x).step_by(SIDE);
        let mut row = 0;
        for (index, layer) in layers.iter().enumerate() {
            let nearer = layers.iter().skip(index + 1);
            let crests = nearer.filter_map(|layer| layer.crest.get(x));
            let end = crests.fold(shore, |end, crest| end.min(*crest)) as usize;
            let drift = layer.drift.get(x).map_or(0.0, |drift| 0.1 * EDGE * drift);
            let shades = layer.shades.iter().skip(row + drift as usize);
            let rows = shades.zip(light_y.iter().skip(row));
            let first_color = if index == 0 { 0 } else { SHADES };
            // The disc of the sun stands in the sky only.
            let sun = if index == 0 { 200.0 } else { 0.0 };
            for ((shade, light_y), pixel) in rows.take(end.saturating_sub(row)).zip(&mut column) {
                let light = light_x * light_y;
                let shade = shade + 0.3 * light + sun * light.powi(128);
                // Rounding at random hides the steps between the colors.
                let color = shade.clamp(0.0, 1.0) * f32::from(SHADES - 1) + random.f32();
                *pixel = first_color + color as u8;
            }
            row = row.max(end);
        }
    }
    // The lake mirrors what is above it, in ripples that widen toward the front.
    let (land, lake) = canvas.split_at_mut(shore as usize * SIDE);
    for (depth, row) in lake.chunks_exact_mut(SIDE).enumerate() {
        let ripple = random.usize(..=depth / 12);
        if let Some(source) = land.rchunks_exact(SIDE).nth(2 * depth + ripple) {
            row.copy_from_slice(source);
        }
        row.rotate_right(ripple);
        for color in row {
            *color += 2 * SHADES;
        }
    }
    canvas
}
