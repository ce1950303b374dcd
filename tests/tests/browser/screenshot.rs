//! Screenshots, for people.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use thirtyfour::cdp::domains::page::{CaptureScreenshot, ImageFormat};
use thirtyfour::extensions::addons::firefox::FirefoxTools;

use crate::page::Page;
use crate::viewport::Viewport;

/// Of the README's screenshots, from 0 to 100: small, but text is still legible.
const QUALITY: u32 = 82;

impl Page {
    /// Saves the complete page as `target/screenshots/NAME-VIEWPORT.png`.
    pub(crate) async fn save_page(&self, name: &str, viewport: Viewport) {
        if self.is_firefox() {
            let firefox = FirefoxTools::new(self.web.handle().clone());
            let image = firefox.full_screenshot_as_png().await.unwrap();
            return write(&screenshot(&format!("firefox-{name}"), viewport), &image);
        }
        let page = CaptureScreenshot {
            capture_beyond_viewport: Some(true),
            ..CaptureScreenshot::default()
        };
        self.save(page, &screenshot(name, viewport)).await;
    }

    /// Saves what is in view.
    pub(crate) async fn save_view(&self, name: &str, viewport: Viewport) {
        if self.is_firefox() {
            let image = self.web.screenshot_as_png().await.unwrap();
            return write(&screenshot(&format!("firefox-{name}"), viewport), &image);
        }
        let view = CaptureScreenshot::default();
        self.save(view, &screenshot(name, viewport)).await;
    }

    /// Saves the complete page, or what is in view, as `docs/NAME.webp`.
    pub(crate) async fn save_for_readme(&self, name: &str, is_complete: bool) {
        let small = CaptureScreenshot {
            format: Some(ImageFormat::Webp),
            quality: Some(QUALITY),
            capture_beyond_viewport: Some(is_complete),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        self.save(small, &root.join(format!("docs/{name}.webp")))
            .await;
    }

    async fn save(&self, capture: CaptureScreenshot, file: &Path) {
        // A decoded image is painted one frame later, at the latest.
        let frames = "return new Promise(resolve =>
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))";
        self.run::<bool>(frames).await;
        let image = self.web.cdp().send(capture).await.unwrap();
        let image = BASE64.decode(image.data.as_bytes()).unwrap();
        write(file, &image);
    }
}

fn write(file: &Path, image: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, image).unwrap();
}

fn screenshot(name: &str, viewport: Viewport) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    directory.join(format!("{name}-{}.png", viewport.name))
}
