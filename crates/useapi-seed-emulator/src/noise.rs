//! Smooth randomness for the painter: tables of random numbers with soft
//! steps between their entries.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "table positions: small, and never below zero"
)]

/// Entries of a line; a power of two, so that positions wrap by a mask.
const LINE: usize = 256;
/// Entries along one edge of a field; a power of two as well.
const FIELD: usize = 64;

/// The cell that a position lies in, and how far in, with soft ends. Positions
/// are never below zero, so that the conversion rounds the right way; `floor`
/// would be a call to the system's library for every pixel.
fn split(position: f32) -> (usize, f32) {
    // By way of 32 bits, which processors convert to directly.
    let cell = position as i32;
    let part = position - cell as f32;
    (cell as usize, part * part * (3.0 - 2.0 * part))
}

/// Noise over one dimension.
pub(crate) struct Line(Box<[f32; LINE]>);

impl Line {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        Self(Box::new(std::array::from_fn(|_| rng.f32())))
    }

    fn entry(&self, position: usize) -> f32 {
        self.0
            .get(position & (LINE - 1))
            .copied()
            .unwrap_or_default()
    }

    /// Seven octaves at `x`, each weaker than the one before by `roughness`;
    /// between 0 and 1.
    pub(crate) fn at(&self, x: f32, roughness: f32) -> f32 {
        let (mut sum, mut weight, mut total, mut x) = (0.0, 1.0, 0.0, x);
        for octave in 0..7 {
            let (cell, part) = split(x);
            let base = cell + octave * 31;
            let (left, right) = (self.entry(base), self.entry(base + 1));
            sum += weight * (left + (right - left) * part);
            total += weight;
            weight *= roughness;
            x *= 2.03;
        }
        sum / total
    }
}

/// Noise over two dimensions.
pub(crate) struct Field(Box<[f32; FIELD * FIELD]>);

impl Field {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        Self(Box::new(std::array::from_fn(|_| rng.f32())))
    }

    fn entry(&self, column: usize, row: usize) -> f32 {
        let position = (row & (FIELD - 1)) * FIELD + (column & (FIELD - 1));
        self.0.get(position).copied().unwrap_or_default()
    }

    /// So many octaves at a point of the positive quadrant; between 0 and 1.
    pub(crate) fn at(&self, x: f32, y: f32, octaves: usize) -> f32 {
        let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
        let (mut x, mut y) = (x, y);
        for octave in 0..octaves {
            let ((cell_x, part_x), (cell_y, part_y)) = (split(x), split(y));
            let (column, row) = (cell_x + octave * 17, cell_y + octave * 29);
            let above = self.entry(column, row);
            let above = above + (self.entry(column + 1, row) - above) * part_x;
            let below = self.entry(column, row + 1);
            let below = below + (self.entry(column + 1, row + 1) - below) * part_x;
            sum += weight * (above + (below - above) * part_y);
            total += weight;
            weight *= 0.5;
            x *= 2.01;
            y *= 2.01;
        }
        sum / total
    }
}
