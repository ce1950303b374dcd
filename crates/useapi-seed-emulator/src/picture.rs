//! The painter: a landscape of ridges in mist for every seed, in four
//! variations.
//!
//! Everything in a picture is drawn from the seed, so that the same seed
//! always gives the same bytes. The seed alone chooses the palette and the
//! weather; the variation moves the sun and reshapes the ridges, which keeps
//! the four of them one family.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic: every value lies between 0 and a few thousand"
)]

use crate::noise::{Field, Line};
use crate::palette::{Colour, Palette};

/// Width and height of one picture.
pub(crate) const SIDE: u32 = 1024;

/// One range of hills, as seen from the front.
struct Ridge {
    /// Where the crest lies, per column, as a part of the picture's height.
    crest: Vec<f32>,
    /// Colour of the crest.
    colour: Colour,
    /// Colour of the mist at its foot.
    mist: Colour,
}

/// All that has to be known to colour a pixel.
struct Scene {
    palette: Palette,
    sun: (f32, f32, f32),
    clouds: Field,
    cover: f32,
    ridges: Vec<Ridge>,
    stars: Vec<(f32, f32, f32)>,
    /// Where the water begins; beyond 1.0 there is none.
    shore: f32,
    grain: fastrand::Rng,
}

impl Scene {
    fn new(seed: u32, variation: u8) -> Self {
        // Spread over all bits: near seeds would draw nearly the same at first.
        let spread = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut weather = fastrand::Rng::with_seed(spread);
        let palette = Palette::choose(&mut weather);
        let count = weather.usize(5..8);
        let lake = weather.bool();
        let cover = 0.35 + 0.4 * weather.f32();
        let sun_height = 0.20 + 0.22 * weather.f32();
        let sun_size = 0.035 + 0.035 * weather.f32();
        let roughness = 0.42 + 0.13 * weather.f32();

        let mut rng = fastrand::Rng::with_seed(spread ^ (u64::from(variation) + 1));
        rng.u64(..);
        let palette = palette.shifted(rng.f32() * 0.16 - 0.08);
        let sun = (
            0.15 + 0.7 * rng.f32(),
            sun_height + 0.06 * (rng.f32() - 0.5),
            sun_size,
        );
        let shore = if lake { 0.74 + 0.06 * rng.f32() } else { 2.0 };
        let lowest = if lake { shore - 0.02 } else { 0.93 };
        let ridges = (0..count)
            .map(|layer| {
                let near = (layer as f32 + 0.5) / count as f32;
                let line = Line::new(&mut rng);
                let base = 0.46 + (lowest - 0.46) * near.powf(1.25);
                let height = 0.17 - 0.07 * near;
                let pace = 2.2 + 1.6 * near;
                let crest = (0..SIDE)
                    .map(|x| {
                        let x = x as f32 / SIDE as f32;
                        base - height * (line.at(x * pace, roughness) - 0.35)
                    })
                    .collect();
                let colour = palette.far.mix(palette.near, near.powf(0.9));
                Ridge {
                    crest,
                    colour,
                    mist: colour.mix(palette.horizon, 0.62 - 0.42 * near),
                }
            })
            .collect();
        let stars = (0..(220.0 * palette.night) as usize)
            .map(|_| (rng.f32(), rng.f32().powf(1.4) * 0.5, rng.f32()))
            .collect();
        Self {
            sun,
            clouds: Field::new(&mut rng),
            cover,
            ridges,
            stars,
            shore,
            grain: rng,
            palette,
        }
    }

    /// The sky at a point, both coordinates from 0 to 1.
    fn sky(&self, x: f32, y: f32) -> Colour {
        let Palette {
            top,
            middle,
            horizon,
            ..
        } = self.palette;
        let base = if y < 0.30 {
            top.mix(middle, smooth(y / 0.30))
        } else {
            middle.mix(horizon, smooth((y - 0.30) / 0.28))
        };
        let (sun_x, sun_y, size) = self.sun;
        let (dx, dy) = (x - sun_x, y - sun_y);
        let distance = (dx * dx + dy * dy).sqrt();
        let glow = fade(distance * 3.6) * 0.55 + fade(distance * 13.0) * 0.35;
        let lit = base.mix(self.palette.sun, glow);

        // Long streaks: the field is stretched along x and bent by itself.
        let bend = self.clouds.at(x * 2.0 + 3.0, y * 4.0, 2);
        let streaks = self.clouds.at(x * 2.4 + bend, y * 9.0 + bend * 1.6, 4);
        let veil = smooth((streaks - 1.0 + self.cover) / 0.5) * (0.75 - 0.45 * y);
        let cloud = middle.mix(self.palette.sun, 0.25 + 0.6 * fade(distance * 2.4));
        let clouded = lit.mix(cloud, veil.max(0.0));

        let disc = smooth((size - distance) / 0.0035 + 0.5);
        clouded.mix(
            self.palette.sun.lighter(0.55),
            disc * (1.0 - 0.55 * veil.max(0.0)),
        )
    }

    /// The point's colour, with hills before the sky.
    fn land(&self, column: usize, x: f32, y: f32) -> Colour {
        // From the front, down to the first ridge that hides all behind it;
        // a crest is feathered over two pixels, against stair-steps.
        let mut colour = None;
        let mut open = 1.0;
        for ridge in self.ridges.iter().rev() {
            let Some(crest) = ridge.crest.get(column) else {
                continue;
            };
            let depth = y - crest;
            let edge = (depth * SIDE as f32 * 0.5 + 0.5).clamp(0.0, 1.0);
            if edge > 0.0 {
                let own = self.slope(ridge, depth, x);
                colour = Some(blend(colour, own, open * edge));
                open *= 1.0 - edge;
                if open <= 0.0 {
                    break;
                }
            }
        }
        match colour {
            Some(colour) if open <= 0.0 => colour,
            _ => blend(colour, self.sky(x, y), open),
        }
    }

    /// A ridge so far below its crest: in mist at the foot, and lit along the
    /// crest where the sun is near.
    fn slope(&self, ridge: &Ridge, depth: f32, x: f32) -> Colour {
        let own = ridge.colour.mix(ridge.mist, smooth(depth / 0.2));
        if depth > 0.1 {
            return own;
        }
        let (sun_x, ..) = self.sun;
        let rim = fade(depth * 70.0 + (x - sun_x).abs() * 2.6) * 0.30;
        own.mix(self.palette.sun, rim)
    }
}

/// Close to exp(-x) where x is not below zero, and a good deal quicker: it is
/// needed several times for every pixel.
fn fade(x: f32) -> f32 {
    let root = (1.0 - x * 0.125).max(0.0);
    let square = root * root;
    let fourth = square * square;
    fourth * fourth
}

/// Adds a part of a colour to what has been gathered so far.
fn blend(gathered: Option<Colour>, colour: Colour, part: f32) -> Colour {
    let added = Colour::BLACK.mix(colour, part);
    gathered.map_or(added, |gathered| gathered.plus(added))
}

fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Paints one variation (0 to 3) of the seed: rows of RGB, [`SIDE`] by
/// [`SIDE`].
pub(crate) fn paint(seed: u32, variation: u8) -> Vec<u8> {
    let mut scene = Scene::new(seed, variation);
    let side = SIDE as usize;
    let mut canvas = Vec::with_capacity(side * side);
    for row in 0..SIDE {
        let y = row as f32 / SIDE as f32;
        if y >= scene.shore {
            break;
        }
        for column in 0..SIDE {
            canvas.push(scene.land(column as usize, column as f32 / SIDE as f32, y));
        }
    }
    twinkle(&scene, &mut canvas);
    reflect(&scene, &mut canvas);

    let mut pixels = Vec::with_capacity(canvas.len() * 3);
    for colour in canvas {
        // Less than one step of brightness: enough to hide the bands of a
        // gradient, too little to spoil the compression.
        pixels.extend_from_slice(&colour.bytes(scene.grain.f32() - 0.5));
    }
    pixels
}

/// Lights the stars that no hill and no cloud stands before.
fn twinkle(scene: &Scene, canvas: &mut [Colour]) {
    let side = SIDE as usize;
    for &(x, y, brightness) in &scene.stars {
        let (column, row) = ((x * SIDE as f32) as usize, (y * SIDE as f32) as usize);
        let crest = scene
            .ridges
            .iter()
            .filter_map(|ridge| ridge.crest.get(column))
            .fold(1.0_f32, |highest, crest| highest.min(*crest));
        if y + 0.01 >= crest {
            continue;
        }
        let fade = (1.0 - y * 1.9).max(0.0) * scene.palette.night;
        for (step, part) in [(0, 1.0), (1, 0.45), (side, 0.45), (side + 1, 0.2)] {
            if let Some(pixel) = canvas.get_mut(row * side + column + step) {
                *pixel = pixel.lighter(brightness * brightness * fade * part);
            }
        }
    }
}

/// Fills what is left below the shore with the mirrored land, rippled.
fn reflect(scene: &Scene, canvas: &mut Vec<Colour>) {
    let side = SIDE as usize;
    let shore = canvas.len() / side;
    for row in shore..side {
        let depth = (row - shore) as f32;
        let reach = depth / (side - shore).max(1) as f32;
        let y = row as f32 / SIDE as f32;
        for column in 0..side {
            let x = column as f32 / SIDE as f32;
            let swell = scene.clouds.at(x * 5.0, y * 60.0 / (0.4 + reach), 2) - 0.5;
            let up = depth * 1.9 + swell * (6.0 + 60.0 * reach);
            let source_row = (shore as f32 - 1.0 - up.max(0.0)).max(0.0) as usize;
            let aside =
                (column as f32 + swell * 26.0 * (0.2 + reach)).clamp(0.0, SIDE as f32 - 1.0);
            let mirrored = canvas
                .get(source_row * side + aside as usize)
                .copied()
                .unwrap_or(scene.palette.horizon);
            let water = mirrored.mix(scene.palette.near, 0.16 + 0.34 * reach);
            canvas.push(water.mix(scene.palette.sun, (swell - 0.24).max(0.0) * 0.5));
        }
    }
}
