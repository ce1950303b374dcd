//! Pictures as PNG files: painted, or without the feature `pictures` prebuilt.

#[cfg(feature = "pictures")]
mod painted;
#[cfg(any(not(feature = "pictures"), test))]
mod prebuilt;

#[cfg(feature = "pictures")]
pub(crate) use self::painted::{FileError, SIDE, grid, single};
#[cfg(not(feature = "pictures"))]
pub(crate) use self::prebuilt::{FileError, SIDE, grid, single};

/// Which picture of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Frame {
    /// One of the four, counted from 0.
    Single(u8),
    /// All four in one.
    Grid,
}

/// The frames that a seed's attachments show, in their order.
pub(crate) const SINGLES: [Frame; 4] = [
    Frame::Single(0),
    Frame::Single(1),
    Frame::Single(2),
    Frame::Single(3),
];

impl Frame {
    /// Width and height.
    pub(crate) fn side(self) -> u32 {
        match self {
            Self::Single(_) => SIDE,
            Self::Grid => SIDE * 2,
        }
    }

    /// The `ETag` of a seed's file, which is painted the same every time.
    pub(crate) fn tag(self, seed: u32, size: usize) -> String {
        let frame = match self {
            Self::Single(index) => index.to_string(),
            Self::Grid => "grid".into(),
        };
        format!("\"{seed:08x}-{frame}-{size:x}\"")
    }
}
