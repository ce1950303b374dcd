//! Where images are stored.

mod directory;
pub(crate) mod error;
#[cfg(feature = "object-store")]
mod object_store;

use std::fs::File;
use std::path::{Component, Path};

use async_trait::async_trait;
use bytes::Bytes;

use crate::verified::VerifiedImage;
pub use directory::Directory;
pub use error::SinkError;
#[cfg(feature = "object-store")]
pub use object_store::ObjectStoreSink;

type Result<T, E = SinkError> = std::result::Result<T, E>;

/// Stores images and documents, each completely or not at all.
///
/// A document such as `job.json` that is written last, after all images, marks a
/// complete job. An implementation uses the macro `async_trait` too.
///
/// ```
/// use useapi_seed_images::{Directory, PutMode, Sink};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let sink = Directory::new(directory.path());
/// sink.put_document("job.json", "{}".into(), PutMode::Create).await?;
/// let again = sink.put_document("job.json", "{}".into(), PutMode::Create).await;
/// assert!(again.unwrap_err().is_already_exists());
/// assert!(sink.candidates("image-1", 12_345).await?.is_empty());
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Sink: Send + Sync {
    /// The local directory, if this is one: an image is downloaded into a hidden
    /// temporary file there, from which [`put_image`](Self::put_image) is cheapest.
    /// Otherwise it is downloaded into the system's directory for temporary files.
    fn directory(&self) -> Option<&Path> {
        None
    }

    /// The stored files named `stem` and any extension, of this size: names and
    /// contents. They are not known to be complete images: [`find`](crate::find) checks
    /// that.
    async fn candidates(&self, stem: &str, size: u64) -> Result<Vec<(String, File)>>;

    /// Stores an image as `stem` with the extension of its format, and returns that
    /// name.
    async fn put_image(&self, stem: &str, image: VerifiedImage) -> Result<String>;

    /// Stores a small file.
    async fn put_document(&self, name: &str, content: Bytes, mode: PutMode) -> Result<()>;
}

/// What to do when the name exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is no third case")]
pub enum PutMode {
    /// Return [`SinkError::AlreadyExists`].
    #[default]
    Create,
    /// Replace it.
    Overwrite,
}

/// Rejects names that could lead out of the sink.
fn check_name(name: &str) -> Result<&str> {
    let mut components = Path::new(name).components();
    let is_plain = matches!(components.next(), Some(Component::Normal(first)) if first == name);
    if is_plain && components.next().is_none() && !name.contains(['/', '\\', ':']) {
        Ok(name)
    } else {
        Err(SinkError::InvalidName(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_accepted() {
        for name in ["job.json", "image-1.png", "..a"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "/a", "a/", "a/b", "../a", "a\\b", "c:a"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
