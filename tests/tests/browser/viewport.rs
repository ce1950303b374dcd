//! The windows in which pages are tested.

/// A size of the window, and a theme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewport {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_mobile: bool,
    /// The value of the media feature `prefers-color-scheme`.
    pub(crate) color_scheme: &'static str,
}

impl Viewport {
    pub(crate) const PHONE: Self = Self {
        name: "phone-light",
        width: 390,
        height: 844,
        is_mobile: true,
        color_scheme: "light",
    };
    pub(crate) const LAPTOP: Self = Self {
        name: "laptop-light",
        width: 1440,
        height: 900,
        is_mobile: false,
        ..Self::PHONE
    };
    pub(crate) const PHONE_DARK: Self = Self::PHONE.dark("phone-dark");
    pub(crate) const LAPTOP_DARK: Self = Self::LAPTOP.dark("laptop-dark");

    const fn dark(self, name: &'static str) -> Self {
        Self {
            name,
            color_scheme: "dark",
            ..self
        }
    }
}
