//! The painter's colours.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "colour arithmetic: every value lies between 0 and 255"
)]

/// A colour, each part from 0 to 255.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colour(f32, f32, f32);

impl Colour {
    pub(crate) const BLACK: Self = Self(0.0, 0.0, 0.0);

    /// Both lights together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }

    const fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self(red as f32, green as f32, blue as f32)
    }

    /// This colour, with so much (0 to 1) of the other in it.
    pub(crate) fn mix(self, other: Self, part: f32) -> Self {
        Self(
            self.0 + (other.0 - self.0) * part,
            self.1 + (other.1 - self.1) * part,
            self.2 + (other.2 - self.2) * part,
        )
    }

    /// This colour, with so much (0 to 1) of white in it.
    pub(crate) fn lighter(self, part: f32) -> Self {
        self.mix(Self(255.0, 255.0, 255.0), part)
    }

    /// Turns the hue by an angle, keeping the brightness.
    fn turned(self, angle: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        let grey = (self.0 + self.1 + self.2) / 3.0;
        let (across, skew) = (1.0 - cos, sin / 3.0_f32.sqrt());
        let turn =
            |own: f32, before: f32, after: f32| own * cos + grey * across + (before - after) * skew;
        Self(
            turn(self.0, self.2, self.1),
            turn(self.1, self.0, self.2),
            turn(self.2, self.1, self.0),
        )
    }

    /// As bytes, after adding the same small amount to all three.
    pub(crate) fn bytes(self, grain: f32) -> [u8; 3] {
        // The conversion saturates, which is what a picture wants.
        [self.0, self.1, self.2].map(|part| (part + grain + 0.5).clamp(0.0, 255.0) as i32 as u8)
    }
}

/// Colours that go together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    /// The sky's zenith.
    pub(crate) top: Colour,
    /// The sky halfway down.
    pub(crate) middle: Colour,
    /// The sky above the hills, and the mist between them.
    pub(crate) horizon: Colour,
    /// The sun or moon, and what it lights.
    pub(crate) sun: Colour,
    /// The farthest ridge.
    pub(crate) far: Colour,
    /// The nearest ridge.
    pub(crate) near: Colour,
    /// From 0, day, to 1, a sky full of stars.
    pub(crate) night: f32,
}

const fn palette([top, middle, horizon, sun, far, near]: [u32; 6], night: f32) -> Palette {
    Palette {
        top: Colour::hex(top),
        middle: Colour::hex(middle),
        horizon: Colour::hex(horizon),
        sun: Colour::hex(sun),
        far: Colour::hex(far),
        near: Colour::hex(near),
        night,
    }
}

const PALETTES: [Palette; 8] = [
    // Copper evening.
    palette(
        [
            0x2b_2d5b, 0xb5_5d6e, 0xf8_b878, 0xff_e3a8, 0xb5_7b86, 0x1d_1a33,
        ],
        0.35,
    ),
    // Morning over the sea.
    palette(
        [
            0x3f_6f9f, 0x9f_c3d1, 0xfb_dcc4, 0xff_f1cf, 0x8f_aabb, 0x1b_3448,
        ],
        0.0,
    ),
    // Violet dusk.
    palette(
        [
            0x1c_1640, 0x6a_3f8a, 0xf0_8fa0, 0xff_d0b0, 0x80_588f, 0x14_0f2b,
        ],
        0.7,
    ),
    // Pine valley.
    palette(
        [
            0x6f_a3a0, 0xb9_d3bd, 0xf4_ecc8, 0xff_f6d6, 0x8f_b3a0, 0x12_332f,
        ],
        0.0,
    ),
    // Moonlit blue.
    palette(
        [
            0x08_0f2a, 0x1f_3a6b, 0x7f_a3c7, 0xea_f1ff, 0x44_648f, 0x05_0c1f,
        ],
        1.0,
    ),
    // Desert rose.
    palette(
        [
            0x5d_6fa3, 0xdd_a6a4, 0xff_d9a3, 0xff_f0c9, 0xd1_8f7a, 0x4a_1f2c,
        ],
        0.0,
    ),
    // Northern green.
    palette(
        [
            0x06_1c2c, 0x12_5f5c, 0x8f_d6a4, 0xe9_ffd9, 0x2f_7a72, 0x04_151f,
        ],
        0.9,
    ),
    // Late gold.
    palette(
        [
            0x47_4a6b, 0xc9_8c5a, 0xff_d27a, 0xff_f3c0, 0xb3_8a5f, 0x2a_1f1d,
        ],
        0.1,
    ),
];

impl Palette {
    pub(crate) fn choose(rng: &mut fastrand::Rng) -> Self {
        let chosen = rng.usize(..PALETTES.len());
        let mut palettes = PALETTES.into_iter();
        let [first, ..] = PALETTES;
        let chosen = palettes.nth(chosen).unwrap_or(first);
        chosen.shifted(rng.f32() * 0.3 - 0.15)
    }

    /// Every hue turned by the same small angle.
    pub(crate) fn shifted(self, angle: f32) -> Self {
        Self {
            top: self.top.turned(angle),
            middle: self.middle.turned(angle),
            horizon: self.horizon.turned(angle),
            sun: self.sun.turned(angle),
            far: self.far.turned(angle),
            near: self.near.turned(angle),
            night: self.night,
        }
    }
}
