//! Storing in an object store.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use ::object_store::path::Path;
use ::object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutOptions, PutPayload,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use tokio::io::AsyncWriteExt;

use super::{PutMode, Result, Sink, SinkError, check_name};
use crate::spool::{Spool, blocking};
use crate::verified::VerifiedImage;

/// A prefix in an object store: S3, Google Cloud Storage, Azure, or any other that the
/// crate `object_store` supports.
///
/// An image is one conditional put, which is atomic and never replaces an object; all
/// its bytes are in memory for that. Access to the store is the caller's to configure.
///
/// ```
/// use std::sync::Arc;
///
/// use object_store::memory::InMemory;
/// use useapi_seed_images::ObjectStoreSink;
///
/// let sink = ObjectStoreSink::new(Arc::new(InMemory::new()), "jobs/1");
/// ```
#[derive(Clone)]
pub struct ObjectStoreSink {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectStoreSink {
    /// Objects are named by the prefix, a slash and the file's name.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, prefix: impl Into<Path>) -> Self {
        let prefix = prefix.into();
        Self { store, prefix }
    }

    async fn put(
        &self,
        name: &str,
        content: Bytes,
        mode: PutMode,
        media_type: &'static str,
    ) -> Result<()> {
        let location = self.prefix.clone().join(check_name(name)?);
        let payload = PutPayload::from(content);
        let mut options = PutOptions::from(match mode {
            PutMode::Create => ::object_store::PutMode::Create,
            PutMode::Overwrite => ::object_store::PutMode::Overwrite,
        });
        options.attributes = Attributes::from_iter([(Attribute::ContentType, media_type)]);
        let put = self
            .store
            .put_opts(&location, payload.clone(), options.clone());
        let mut outcome = put.await;
        if let Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) = outcome {
            // This store has no attributes; nothing was put.
            options.attributes = Attributes::new();
            outcome = self.store.put_opts(&location, payload, options).await;
        }
        match outcome {
            Ok(_) => Ok(()),
            Err(Error::AlreadyExists { .. }) => Err(SinkError::AlreadyExists(name.to_owned())),
            Err(err) => Err(err.into()),
        }
    }

    async fn read(&self, location: &Path) -> Result<File> {
        let spool = blocking(|| Spool::new(None)).await?;
        let mut file = tokio::fs::File::from_std(spool.file);
        let mut chunks = self.store.get(location).await?.into_stream();
        while let Some(chunk) = chunks.try_next().await? {
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        Ok(file.into_std().await)
    }
}

#[async_trait]
impl Sink for ObjectStoreSink {
    async fn candidates(&self, stem: &str, size: u64) -> Result<Vec<(String, File)>> {
        let start = format!("{stem}.");
        let listed = self.store.list_with_delimiter(Some(&self.prefix)).await?;
        let mut candidates = Vec::new();
        for object in listed.objects {
            let name = object.location.filename().unwrap_or_default();
            if name.starts_with(&start) && object.size == size {
                let name = name.to_owned();
                candidates.push((name, self.read(&object.location).await?));
            }
        }
        Ok(candidates)
    }

    async fn put_image(&self, stem: &str, image: VerifiedImage) -> Result<String> {
        let name = format!("{stem}.{}", image.extension());
        let (content, media_type) = (image.bytes().await?, image.media_type());
        self.put(&name, content, PutMode::Create, media_type)
            .await?;
        Ok(name)
    }

    async fn put_document(&self, name: &str, content: Bytes, mode: PutMode) -> Result<()> {
        self.put(name, content, mode, "application/json").await
    }
}

impl fmt::Debug for ObjectStoreSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreSink")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl From<Error> for SinkError {
    fn from(err: Error) -> Self {
        Self::Failed(err.into())
    }
}
