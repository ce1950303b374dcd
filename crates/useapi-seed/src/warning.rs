//! Deviations of a response from the documentation.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use useapi_seed_raw::types::{Job, JobStatus, Verb};

use crate::json;

/// The documented number of images.
pub(crate) const DOCUMENTED_IMAGES: usize = 4;

/// A deviation of a response from the documentation that does not prevent a
/// result.
///
/// Where a saved image deviates from the response, that is a
/// [`Mismatch`](crate::Mismatch) of the saved image.
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// # let result = client.retrieve(job_id).await?;
/// use useapi_seed::Warning;
///
/// for warning in result.warnings() {
///     match warning {
///         Warning::SeedMismatch { value, text_value, .. } => println!("{value} is not {text_value}"),
///         _ => println!("{warning}"),
///     }
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// The response has this number of images, not four.
    ImageCount(usize),
    /// The response has more images than the client saves.
    #[non_exhaustive]
    ImageLimit {
        /// The number of images in the response.
        listed: usize,
        /// The number of images that are saved: the first ones.
        limit: usize,
    },
    /// The response names this job instead of the one that was requested.
    OtherJob(String),
    /// The seed's value and the text beside it disagree.
    #[non_exhaustive]
    SeedMismatch {
        /// `seed.value`, which is used.
        value: u64,
        /// The number in `seed.content`.
        text_value: u64,
    },
    /// The value at this JSON path has an undocumented type. Only the raw body has
    /// it, unless it is a seed that could still be parsed.
    UnexpectedType(String),
    /// The URL of the image with this number is plain `http`, so the image can be
    /// replaced in transit.
    UnencryptedImage(usize),
    /// The field at this JSON path is not documented.
    UnknownField(String),
    /// A value of an open enumeration is not documented.
    #[non_exhaustive]
    UnknownValue {
        /// The JSON path: `status` or `verb`.
        path: String,
        /// The value.
        value: String,
    },
}

impl Warning {
    /// What a job of the raw layer has that the spec does not know: values of open
    /// enumerations, and fields in the order of the response's parts.
    ///
    /// ```
    /// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
    /// # docs::example(async |client, job_id| {
    /// use useapi_seed::Warning;
    ///
    /// let job = client.raw().get_job(job_id).await?;
    /// for warning in Warning::for_job(&job) {
    ///     println!("{warning}");
    /// }
    /// # Ok(())
    /// # });
    /// ```
    #[must_use]
    pub fn for_job(job: &Job) -> Vec<Self> {
        let status = match &job.status {
            Some(JobStatus::Unknown(value)) => Some(("status", value)),
            _ => None,
        };
        let verb = match &job.verb {
            Some(Verb::Unknown(value)) => Some(("verb", value)),
            _ => None,
        };
        let values = [status, verb].into_iter().flatten();
        let values = values.map(|(path, value)| Self::UnknownValue {
            path: path.to_owned(),
            value: value.clone(),
        });
        let mut warnings: Vec<_> = values.collect();
        let mut fields = |path: &str, extra: &Map<String, Value>| {
            let paths = extra.keys().map(|key| json::join(path, key));
            warnings.extend(paths.map(Self::UnknownField));
        };
        fields("", &job.extra);
        for (index, attachment) in job.attachments.iter().flatten().enumerate() {
            fields(&format!("attachments[{index}]"), &attachment.extra);
        }
        if let Some(seed) = &job.seed {
            fields("seed", &seed.extra);
            for (index, attachment) in seed.attachments.iter().flatten().enumerate() {
                fields(&format!("seed.attachments[{index}]"), &attachment.extra);
            }
        }
        for (index, child) in job.children.iter().flatten().enumerate() {
            fields(&format!("children[{index}]"), &child.extra);
        }
        warnings
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ImageCount(found) => {
                write!(f, "images: {found} instead of {DOCUMENTED_IMAGES}")
            }
            Self::ImageLimit { listed, limit } => {
                write!(f, "images: only the first {limit} of {listed} are saved")
            }
            Self::OtherJob(id) => write!(f, "the response is about job {id}"),
            Self::SeedMismatch { value, text_value } => write!(
                f,
                "seed.value is {value}, but seed.content says {text_value}"
            ),
            Self::UnexpectedType(path) => write!(f, "{path} has an undocumented type"),
            Self::UnencryptedImage(number) => {
                write!(f, "the URL of image {number} is plain http")
            }
            Self::UnknownField(path) => write!(f, "{path} is not documented"),
            Self::UnknownValue { path, value } => {
                write!(f, "{path} is \"{value}\", which is not documented")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_round_trips() {
        let text = || "seed.value".to_owned();
        let warnings = vec![
            Warning::ImageCount(3),
            Warning::ImageLimit {
                listed: 20,
                limit: 16,
            },
            Warning::OtherJob(text()),
            Warning::SeedMismatch {
                value: u64::MAX,
                text_value: 0,
            },
            Warning::UnexpectedType(text()),
            Warning::UnencryptedImage(1),
            Warning::UnknownField(text()),
            Warning::UnknownValue {
                path: "verb".to_owned(),
                value: text(),
            },
        ];
        let json = serde_json::to_string(&warnings).unwrap();
        assert_eq!(
            serde_json::from_str::<Vec<Warning>>(&json).unwrap(),
            warnings
        );
    }
}
