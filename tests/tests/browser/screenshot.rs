//! Pictures of pages, for people to look at.

use std::path::Path;

use data_encoding::BASE64;
use thirtyfour::cdp::domains::page::CaptureScreenshot;

use crate::look::Look;
use crate::page::Page;

impl Page<'_> {
    /// Saves the whole page as `target/screenshots/NAME-LOOK.png`.
    pub(crate) async fn save_whole(&self, name: &str, look: Look) {
        self.save(name, look, true).await;
    }

    /// Saves what is in view.
    pub(crate) async fn save_view(&self, name: &str, look: Look) {
        self.save(name, look, false).await;
    }

    async fn save(&self, name: &str, look: Look, whole: bool) {
        self.decoded().await;
        let capture = CaptureScreenshot {
            capture_beyond_viewport: Some(whole),
            ..CaptureScreenshot::default()
        };
        let picture = self.web.cdp().send(capture).await.unwrap();
        let picture = BASE64.decode(picture.data.as_bytes()).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}-{look}.png")), picture).unwrap();
    }
}
