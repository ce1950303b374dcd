//! The images' PNG files, rendered on demand.

use std::collections::HashMap;
use std::io;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use tokio::task::spawn_blocking;

use crate::painter::{SIDE, WIDTH, paint, palette};

/// How many files are kept, of one or four megabytes each. A file that is rendered
/// again is the same.
const CAPACITY: usize = 24;

/// Which image of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Variant {
    /// One of the four, counted from 0.
    Upscaled(u8),
    /// All four in one.
    Grid,
}

impl Variant {
    /// In the order of a seed's attachments.
    pub(crate) const UPSCALED: [Self; 4] = [
        Self::Upscaled(0),
        Self::Upscaled(1),
        Self::Upscaled(2),
        Self::Upscaled(3),
    ];

    /// Width and height.
    pub(crate) const fn side(self) -> u32 {
        match self {
            Self::Upscaled(_) => WIDTH,
            Self::Grid => 2 * WIDTH,
        }
    }
}

type Files = HashMap<(u32, Variant), Bytes>;

/// The files that were rendered last.
#[derive(Debug, Default)]
pub(crate) struct ImageFiles(Mutex<Files>);

impl ImageFiles {
    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn get(&self, seed: u32, variant: Variant) -> io::Result<Bytes> {
        if let Some(file) = self.files().get(&(seed, variant)) {
            return Ok(file.clone());
        }
        let file = spawn_blocking(move || render(seed, variant)).await??;
        let mut files = self.files();
        if files.len() >= CAPACITY {
            files.clear();
        }
        files.insert((seed, variant), file.clone());
        Ok(file)
    }
}

/// Takes a processor for tens of milliseconds: not to be called where connections
/// are served.
fn render(seed: u32, variant: Variant) -> io::Result<Bytes> {
    let Variant::Upscaled(variation) = variant else {
        let halves = [[0, 1], [2, 3]].map(|pair| {
            let [left, right] = pair.map(|variation| paint(seed, variation));
            let rows = left.chunks_exact(SIDE).zip(right.chunks_exact(SIDE));
            let rows: Vec<_> = rows.map(|(left, right)| [left, right].concat()).collect();
            rows.concat()
        });
        return encode(&halves.concat(), variant, palette(seed));
    };
    encode(&paint(seed, variation), variant, palette(seed))
}

/// The size of a file. Without compression, which is slow in unoptimized builds,
/// it is the same for all seeds, and is known before an image is painted.
pub(crate) fn size(variant: Variant) -> usize {
    static SIZES: LazyLock<[usize; 2]> = LazyLock::new(|| {
        [Variant::Upscaled(0), Variant::Grid].map(|variant| {
            let pixels = vec![0; variant.side().pow(2) as usize];
            encode(&pixels, variant, palette(0)).map_or(0, |file| file.len())
        })
    });
    let [upscaled, grid] = *SIZES;
    if variant == Variant::Grid {
        grid
    } else {
        upscaled
    }
}

fn encode(pixels: &[u8], variant: Variant, palette: Vec<u8>) -> io::Result<Bytes> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, variant.side(), variant.side());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::NoCompression);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_announced_size() {
        for variant in Variant::UPSCALED.into_iter().chain([Variant::Grid]) {
            let file = render(417_290_336, variant).unwrap();
            assert_eq!(file.len(), size(variant), "{variant:?}");
            assert_eq!(file, render(417_290_336, variant).unwrap(), "{variant:?}");
        }
    }
}
