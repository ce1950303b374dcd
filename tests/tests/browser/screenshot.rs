//! Pictures of pages, for people to look at.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use thirtyfour::cdp::domains::page::{CaptureScreenshot, ImageFormat};

use crate::look::Look;
use crate::page::Page;

/// Of the README's pictures, from 0 to 100: small, and words can still be read.
const QUALITY: u32 = 82;

impl Page<'_> {
    /// Saves the whole page as `target/screenshots/NAME-LOOK.png`.
    pub(crate) async fn save_whole(&self, name: &str, look: Look) {
        let whole = CaptureScreenshot {
            capture_beyond_viewport: Some(true),
            ..CaptureScreenshot::default()
        };
        self.save(whole, &screenshot(name, look)).await;
    }

    /// Saves what is in view.
    pub(crate) async fn save_view(&self, name: &str, look: Look) {
        let view = CaptureScreenshot::default();
        self.save(view, &screenshot(name, look)).await;
    }

    /// Saves the whole page, or what is in view, as `docs/NAME.webp`.
    pub(crate) async fn save_for_readme(&self, name: &str, whole: bool) {
        let small = CaptureScreenshot {
            format: Some(ImageFormat::Webp),
            quality: Some(QUALITY),
            capture_beyond_viewport: Some(whole),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        self.save(small, &root.join(format!("docs/{name}.webp")))
            .await;
    }

    async fn save(&self, capture: CaptureScreenshot, file: &Path) {
        // What is decoded is painted one frame later, at the latest.
        let frames = "return new Promise(resolve =>
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))";
        self.run::<bool>(frames).await;
        let picture = self.web.cdp().send(capture).await.unwrap();
        let picture = BASE64.decode(picture.data.as_bytes()).unwrap();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, picture).unwrap();
    }
}

fn screenshot(name: &str, look: Look) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    folder.join(format!("{name}-{look}.png"))
}
