//! The pictures' files, kept as long as there is room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::answers::{Attachment, SeedAnswer};
use crate::attachments::Album;
use crate::png_file::{self, FileError, Frame, SINGLES};
use crate::refusal::Refusal;

/// How many files are kept. A file has one megabyte, a grid four, and a file
/// that had to go comes back the same.
const ROOM: usize = 24;

type File = Arc<OnceCell<Bytes>>;

/// Paints on demand, each picture once at a time.
#[derive(Debug)]
pub(crate) struct Gallery {
    /// The image host's base URL.
    host: String,
    files: Mutex<VecDeque<((u32, Frame), File)>>,
}

impl Gallery {
    pub(crate) fn new(host: String) -> Self {
        Self {
            host,
            files: Mutex::new(VecDeque::with_capacity(ROOM)),
        }
    }

    /// The place of a file, painted or not yet.
    fn place(&self, key: (u32, Frame)) -> File {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, file)) = files.iter().find(|(known, _)| *known == key) {
            return Arc::clone(file);
        }
        if files.len() >= ROOM {
            files.pop_front();
        }
        let file = File::default();
        files.push_back((key, Arc::clone(&file)));
        file
    }

    /// A picture's file.
    pub(crate) async fn file(self: &Arc<Self>, seed: u32, frame: Frame) -> Result<Bytes, Refusal> {
        match frame {
            Frame::Single(variation) => self.single(seed, variation).await,
            Frame::Grid => self.grid(seed).await,
        }
    }

    async fn single(&self, seed: u32, variation: u8) -> Result<Bytes, Refusal> {
        let place = self.place((seed, Frame::Single(variation)));
        let painted = place
            .get_or_try_init(|| aside(move || png_file::single(seed, variation)))
            .await?;
        Ok(painted.clone())
    }

    /// All four, painted at the same time.
    async fn singles(self: &Arc<Self>, seed: u32) -> Result<[Bytes; 4], Refusal> {
        let painting = [0, 1, 2, 3].map(|variation| {
            let gallery = Arc::clone(self);
            tokio::spawn(async move { gallery.single(seed, variation).await })
        });
        let mut files = [const { Bytes::new() }; 4];
        for (file, task) in files.iter_mut().zip(painting) {
            *file = task.await.map_err(|error| broken(&error))??;
        }
        Ok(files)
    }

    async fn grid(self: &Arc<Self>, seed: u32) -> Result<Bytes, Refusal> {
        let place = self.place((seed, Frame::Grid));
        let painted = place
            .get_or_try_init(|| async {
                let files = self.singles(seed).await?;
                aside(move || png_file::grid(files.each_ref())).await
            })
            .await?;
        Ok(painted.clone())
    }

    /// The attachment of a finished job.
    pub(crate) async fn whole(
        self: &Arc<Self>,
        album: &Album,
        now: Timestamp,
    ) -> Result<Vec<Attachment>, Refusal> {
        let file = self.grid(album.seed).await?;
        Ok(vec![album.attachment(
            Frame::Grid,
            &self.host,
            file.len(),
            now,
        )])
    }

    /// A seed with the attachments of its four pictures.
    pub(crate) async fn seed(
        self: &Arc<Self>,
        album: &Album,
        content: String,
        now: Timestamp,
    ) -> Result<SeedAnswer, Refusal> {
        let files = self.singles(album.seed).await?;
        let attachments = SINGLES
            .into_iter()
            .zip(files)
            .map(|(frame, file)| album.attachment(frame, &self.host, file.len(), now))
            .collect();
        Ok(SeedAnswer {
            content,
            value: album.seed,
            attachments,
        })
    }
}

/// Works where no connection has to wait for it.
async fn aside(
    work: impl FnOnce() -> Result<Bytes, FileError> + Send + 'static,
) -> Result<Bytes, Refusal> {
    let worked = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| broken(&error))?;
    worked.map_err(|error| broken(&error))
}

fn broken(error: &impl ToString) -> Refusal {
    Refusal::Painting(error.to_string())
}
