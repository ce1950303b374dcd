//! How a page is looked at.

use std::fmt;

/// A size of the window, and a theme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) size: Size,
    pub(crate) theme: Theme,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    Phone,
    Laptop,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Look {
    pub(crate) const PHONE: Self = Self::of(Size::Phone, Theme::Light);
    pub(crate) const LAPTOP: Self = Self::of(Size::Laptop, Theme::Light);
    pub(crate) const ALL: [Self; 4] = [
        Self::PHONE,
        Self::of(Size::Phone, Theme::Dark),
        Self::LAPTOP,
        Self::of(Size::Laptop, Theme::Dark),
    ];

    const fn of(size: Size, theme: Theme) -> Self {
        Self { size, theme }
    }
}

impl Size {
    /// Width and height.
    pub(crate) fn pixels(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Laptop => (1440, 900),
        }
    }
}

impl Theme {
    /// As the media feature `prefers-color-scheme` has it.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Such as `phone-dark`.
impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = match self.size {
            Size::Phone => "phone",
            Size::Laptop => "laptop",
        };
        write!(f, "{size}-{}", self.theme.scheme())
    }
}
