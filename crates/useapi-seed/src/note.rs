//! How an answer differs from the documentation.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use useapi_seed_raw::types::{Attachment, Job, JobStatus, Verb};

/// How many pictures the documentation promises (Retrieve the seed).
pub(crate) const DOCUMENTED_IMAGES: usize = 4;

/// Something about an answer that differs from the documentation, and that
/// does not keep it from being a result.
///
/// Where an image on disk differs from what was announced, that is a
/// [`Mismatch`](crate::Mismatch) of the saved image.
///
/// ```
/// # use useapi_seed_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = Emulator::builder().speed(600.0).start().await?;
/// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
/// # let jobid = emulator.jobs().imagine.as_str();
/// # let retrieval = client.retrieve(jobid).interval(std::time::Duration::from_millis(20)).await?;
/// use useapi_seed::Note;
///
/// for note in retrieval.notes() {
///     match note {
///         Note::SeedMismatch { value, text, .. } => println!("{value}, but {text} in its text"),
///         _ => println!("{note}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// There are not four images.
    ImageCount(usize),
    /// There are more images than the client saves.
    #[non_exhaustive]
    ImageLimit {
        /// How many the answer lists.
        listed: usize,
        /// How many are saved, the first ones.
        limit: usize,
    },
    /// The response names another job than the one that was asked for, by this id.
    OtherJob(String),
    /// The number and the text beside it disagree.
    #[non_exhaustive]
    SeedMismatch {
        /// `seed.value`, which was taken.
        value: u64,
        /// The number in `seed.content`.
        text: u64,
    },
    /// A value of another type than documented, at this JSON path. It was left
    /// out of what was understood, except for a seed that could be read all the
    /// same; the kept answer has it.
    UnexpectedType(String),
    /// The link of the image of this number is plain `http`: what comes could be
    /// another image.
    UnencryptedImage(usize),
    /// A field that is not documented, at this JSON path.
    UnknownField(String),
    /// A word of an open list that is not documented.
    #[non_exhaustive]
    UnknownWord {
        /// `status` or `verb`.
        path: &'static str,
        /// The word.
        word: String,
    },
}

impl Note {
    /// Where a job's answer has what the description does not know of: fields,
    /// and words of open lists. For any job, one of the raw layer.
    ///
    /// ```
    /// # use useapi_seed_emulator::Emulator;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let client = useapi_seed::Client::builder(emulator.token()).base_url(emulator.base_url()).build()?;
    /// # let jobid = emulator.jobs().imagine.as_str();
    /// use useapi_seed::Note;
    ///
    /// let job = client.raw().get_job(jobid).await?;
    /// for note in Note::of(&job) {
    ///     println!("{note}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of(job: &Job) -> Vec<Self> {
        drift(job, Vec::new())
    }
}

/// What the description does not know of, in the order of the answer's parts.
/// `notes` are those of what did not fit the job's type.
pub(crate) fn drift(job: &Job, mut notes: Vec<Note>) -> Vec<Note> {
    if let Some(JobStatus::Unknown(word)) = &job.status {
        let word = word.clone();
        notes.push(Note::UnknownWord {
            path: "status",
            word,
        });
    }
    if let Some(Verb::Unknown(word)) = &job.verb {
        let word = word.clone();
        notes.push(Note::UnknownWord { path: "verb", word });
    }
    unknown_fields(&mut notes, format_args!(""), &job.extra);
    attachments(&mut notes, "attachments", job.attachments.as_deref());
    if let Some(seed) = &job.seed {
        unknown_fields(&mut notes, format_args!("seed."), &seed.extra);
        attachments(&mut notes, "seed.attachments", seed.attachments.as_deref());
    }
    for (index, child) in job.children.iter().flatten().enumerate() {
        unknown_fields(&mut notes, format_args!("children[{index}]."), &child.extra);
    }
    notes
}

fn attachments(notes: &mut Vec<Note>, path: &str, attachments: Option<&[Attachment]>) {
    for (index, attachment) in attachments.unwrap_or_default().iter().enumerate() {
        unknown_fields(notes, format_args!("{path}[{index}]."), &attachment.extra);
    }
}

fn unknown_fields(notes: &mut Vec<Note>, prefix: fmt::Arguments<'_>, extra: &Map<String, Value>) {
    let paths = extra.keys().map(|key| format!("{prefix}{key}"));
    notes.extend(paths.map(Note::UnknownField));
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImageCount(found) => {
                write!(f, "images: {found} instead of {DOCUMENTED_IMAGES}")
            }
            Self::ImageLimit { listed, limit } => {
                write!(f, "images: only the first {limit} of {listed} are saved")
            }
            Self::OtherJob(id) => write!(f, "the response is about job {id}"),
            Self::SeedMismatch { value, text } => write!(
                f,
                "the answer's seed.value is {value}, but its text says {text}"
            ),
            Self::UnexpectedType(path) => write!(f, "{path} is of another type than documented"),
            Self::UnencryptedImage(number) => {
                write!(f, "the link to image {number} is plain http")
            }
            Self::UnknownField(path) => write!(f, "{path} is not documented"),
            Self::UnknownWord { path, word } => {
                write!(f, "{path} is \"{word}\", which is not documented")
            }
        }
    }
}
