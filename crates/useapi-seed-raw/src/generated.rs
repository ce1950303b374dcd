// Generated from openapi/seed_async.yaml by `cargo xtask codegen`.
// Do not edit: change the spec or the generator, and run it again.

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///An image on Discord's content delivery network.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Attachment {
        ///Media type of the file.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content_type: ::std::option::Option<::std::string::String>,
        ///Name of the file.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub filename: ::std::option::Option<::std::string::String>,
        ///Height in pixels.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub height: ::std::option::Option<i64>,
        ///Discord id of the file.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        ///Discord's placeholder of the file.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub placeholder: ::std::option::Option<::std::string::String>,
        ///Version of the placeholder.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub placeholder_version: ::std::option::Option<i64>,
        ///URL of the same file on Discord's proxy.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub proxy_url: ::std::option::Option<::std::string::String>,
        ///Size in bytes.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub size: ::std::option::Option<i64>,
        ///URL of the image. Expires after about a day.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        ///Width in pixels.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub width: ::std::option::Option<i64>,
        ///Unknown fields, preserved.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///A job started from another one.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct ChildJob {
        ///The button that started the job.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub button: ::std::option::Option<::std::string::String>,
        ///The job's id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        ///Id of the job's Discord message.
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        ///Unknown fields, preserved.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /**HTTP status code, repeated in the body. Documented as a number; a string
is accepted leniently.*/
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(untagged)]
    #[non_exhaustive]
    pub enum Code {
        ///Integer form.
        Int64(i64),
        ///String form, not documented but accepted.
        String(::std::string::String),
    }
    impl ::std::fmt::Display for Code {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            match self {
                Self::Int64(x) => x.fmt(f),
                Self::String(x) => x.fmt(f),
            }
        }
    }
    impl ::std::convert::From<i64> for Code {
        fn from(value: i64) -> Self {
            Self::Int64(value)
        }
    }
    ///Body of every status except 200: a message and a code, or a failed job.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct ErrorBody {
        ///Id of the Discord channel.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub channel: ::std::option::Option<::std::string::String>,
        ///HTTP status code, repeated in the body.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<Code>,
        ///Creation time.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created: ::std::option::Option<::std::string::String>,
        ///First and last three characters of the Discord token in use.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<::std::string::String>,
        ///Error message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub error: ::std::option::Option<::std::string::String>,
        ///Error details.
        #[serde(
            rename = "errorDetails",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub error_details: ::std::option::Option<::std::string::String>,
        ///With 429: ids of the account's executing jobs.
        #[serde(
            rename = "executingJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub executing_jobs: ::std::option::Option<
            ::std::vec::Vec<::std::string::String>,
        >,
        ///Id of the job that failed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        ///Id of the Discord message.
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        ///Id of the parent job.
        #[serde(
            rename = "parentJobId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub parent_job_id: ::std::option::Option<::std::string::String>,
        ///The caller's reference.
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<::std::string::String>,
        ///Callback URL.
        #[serde(
            rename = "replyUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_url: ::std::option::Option<::std::string::String>,
        ///Job status.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub status: ::std::option::Option<crate::types::JobStatus>,
        ///Time of the Discord message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub timestamp: ::std::option::Option<::std::string::String>,
        ///Time of the last change.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub updated: ::std::option::Option<::std::string::String>,
        ///Verb of the job that failed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub verb: ::std::option::Option<crate::types::Verb>,
        ///Unknown fields, preserved.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///A job. Its fields depend on its verb and status.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Job {
        ///Files of the message; for an imagine job the grid of four images.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub attachments: ::std::option::Option<::std::vec::Vec<Attachment>>,
        ///Requested dimensions of a blend job.
        #[serde(
            rename = "blendDimensions",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub blend_dimensions: ::std::option::Option<::std::string::String>,
        ///Input images of a blend job.
        #[serde(
            rename = "blendUrls",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub blend_urls: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
        ///The button that a button job pressed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub button: ::std::option::Option<::std::string::String>,
        ///Buttons of the job's message, including emoji.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub buttons: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
        ///Id of the Discord channel.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub channel: ::std::option::Option<::std::string::String>,
        ///Jobs started from this one.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub children: ::std::option::Option<::std::vec::Vec<ChildJob>>,
        ///HTTP status code, repeated in the body.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<Code>,
        ///Midjourney's message, with the effective parameters and the progress.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content: ::std::option::Option<::std::string::String>,
        ///Creation time, ISO 8601 in UTC with milliseconds.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created: ::std::option::Option<::std::string::String>,
        ///Input image of a describe job.
        #[serde(
            rename = "describeUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub describe_url: ::std::option::Option<::std::string::String>,
        /**First and last three characters of the Discord token in use, for
debugging only.*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<::std::string::String>,
        ///Embeds of the Discord message, verbatim.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub embeds: ::std::option::Option<::std::vec::Vec<::serde_json::Value>>,
        ///Error message.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub error: ::std::option::Option<::std::string::String>,
        ///Error details.
        #[serde(
            rename = "errorDetails",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub error_details: ::std::option::Option<::std::string::String>,
        ///Ids of the account's executing jobs.
        #[serde(
            rename = "executingJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub executing_jobs: ::std::option::Option<
            ::std::vec::Vec<::std::string::String>,
        >,
        ///The job's id, used to poll it.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        ///Maximum number of concurrent jobs of the account.
        #[serde(
            rename = "maxJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub max_jobs: ::std::option::Option<i64>,
        ///Id of the Discord message.
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        ///For a seed job: id of the parent job, whose seed it retrieves.
        #[serde(
            rename = "parentJobId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub parent_job_id: ::std::option::Option<::std::string::String>,
        /**Prompt of the original job; in the documented example without the
parameters, which `content` has.*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub prompt: ::std::option::Option<::std::string::String>,
        ///The caller's reference, verbatim.
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<::std::string::String>,
        ///Callback URL.
        #[serde(
            rename = "replyUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_url: ::std::option::Option<::std::string::String>,
        ///The seed and its images, once retrieved.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub seed: ::std::option::Option<Seed>,
        ///Id of the Discord server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub server: ::std::option::Option<::std::string::String>,
        ///Job status.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub status: ::std::option::Option<crate::types::JobStatus>,
        /**Time of the Discord message; in the documented examples with
microseconds and a numeric offset.*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub timestamp: ::std::option::Option<::std::string::String>,
        ///Time of the last change, ISO 8601 in UTC with milliseconds.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub updated: ::std::option::Option<::std::string::String>,
        ///Job verb.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub verb: ::std::option::Option<crate::types::Verb>,
        ///Unknown fields, preserved.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /**The caller's reference, stored and returned with the job. At most 1024
characters.*/
    #[derive(::serde::Serialize, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[serde(transparent)]
    pub struct ReplyRef(::std::string::String);
    impl ::std::ops::Deref for ReplyRef {
        type Target = ::std::string::String;
        fn deref(&self) -> &::std::string::String {
            &self.0
        }
    }
    impl ::std::convert::From<ReplyRef> for ::std::string::String {
        fn from(value: ReplyRef) -> Self {
            value.0
        }
    }
    impl ::std::str::FromStr for ReplyRef {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            if value.chars().count() > 1024usize {
                return Err("longer than 1024 characters".into());
            }
            Ok(Self(value.to_string()))
        }
    }
    impl ::std::convert::TryFrom<&str> for ReplyRef {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for ReplyRef {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl<'de> ::serde::Deserialize<'de> for ReplyRef {
        fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
        where
            D: ::serde::Deserializer<'de>,
        {
            ::std::string::String::deserialize(deserializer)?
                .parse()
                .map_err(|e: self::error::ConversionError| {
                    <D::Error as ::serde::de::Error>::custom(e.to_string())
                })
        }
    }
    /**Callback URL, requested on progress and when the job completes or fails.
Defaults to the account's own. At most 1024 characters. A public request
inspector is sufficient for testing.*/
    #[derive(::serde::Serialize, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    #[serde(transparent)]
    pub struct ReplyUrl(::std::string::String);
    impl ::std::ops::Deref for ReplyUrl {
        type Target = ::std::string::String;
        fn deref(&self) -> &::std::string::String {
            &self.0
        }
    }
    impl ::std::convert::From<ReplyUrl> for ::std::string::String {
        fn from(value: ReplyUrl) -> Self {
            value.0
        }
    }
    impl ::std::str::FromStr for ReplyUrl {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            if value.chars().count() > 1024usize {
                return Err("longer than 1024 characters".into());
            }
            Ok(Self(value.to_string()))
        }
    }
    impl ::std::convert::TryFrom<&str> for ReplyUrl {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for ReplyUrl {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl<'de> ::serde::Deserialize<'de> for ReplyUrl {
        fn deserialize<D>(deserializer: D) -> ::std::result::Result<Self, D::Error>
        where
            D: ::serde::Deserializer<'de>,
        {
            ::std::string::String::deserialize(deserializer)?
                .parse()
                .map_err(|e: self::error::ConversionError| {
                    <D::Error as ::serde::de::Error>::custom(e.to_string())
                })
        }
    }
    ///The result of a seed job.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Seed {
        ///The separate images, usually four.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub attachments: ::std::option::Option<::std::vec::Vec<Attachment>>,
        ///Midjourney's message that contains the seed: prompt, job id and seed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content: ::std::option::Option<::std::string::String>,
        ///The seed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub value: ::std::option::Option<u64>,
        ///Unknown fields, preserved.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///What to retrieve, and where to send callbacks.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(deny_unknown_fields)]
    #[non_exhaustive]
    pub struct SeedRequest {
        ///Discord token to use instead of the job's own.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<crate::DiscordToken>,
        ///Id of the imagine, button or blend job. Its status must be `completed`.
        pub jobid: ::std::string::String,
        ///The caller's reference.
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<ReplyRef>,
        ///Callback URL.
        #[serde(
            rename = "replyUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_url: ::std::option::Option<ReplyUrl>,
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
    impl SeedRequest {
        /// With the required fields; the others are not set.
        pub fn new(jobid: impl Into<::std::string::String>) -> Self {
            Self {
                jobid: jobid.into(),
                discord: ::std::default::Default::default(),
                reply_ref: ::std::default::Default::default(),
                reply_url: ::std::default::Default::default(),
            }
        }
    }
    /**Job status. `created`, `started` and `progress` mean that the job is
executing; the others are final. Open enumeration: treat an unknown
status as executing.*/
    #[derive(
        Clone,
        Debug,
        PartialEq,
        Eq,
        Hash,
        ::serde::Deserialize,
        ::serde::Serialize
    )]
    #[serde(from = "String", into = "String")]
    #[non_exhaustive]
    pub enum JobStatus {
        ///`created`.
        Created,
        ///`started`.
        Started,
        ///`progress`.
        Progress,
        ///`completed`.
        Completed,
        ///`moderated`.
        Moderated,
        ///`failed`.
        Failed,
        ///`cancelled`.
        Cancelled,
        /// A value that the spec does not list, verbatim.
        Unknown(String),
    }
    impl JobStatus {
        /// The value on the wire.
        #[must_use]
        pub fn as_str(&self) -> &str {
            match self {
                Self::Created => "created",
                Self::Started => "started",
                Self::Progress => "progress",
                Self::Completed => "completed",
                Self::Moderated => "moderated",
                Self::Failed => "failed",
                Self::Cancelled => "cancelled",
                Self::Unknown(value) => value,
            }
        }
    }
    impl From<String> for JobStatus {
        fn from(value: String) -> Self {
            match value.as_str() {
                "created" => Self::Created,
                "started" => Self::Started,
                "progress" => Self::Progress,
                "completed" => Self::Completed,
                "moderated" => Self::Moderated,
                "failed" => Self::Failed,
                "cancelled" => Self::Cancelled,
                _ => Self::Unknown(value),
            }
        }
    }
    impl From<&str> for JobStatus {
        fn from(value: &str) -> Self {
            Self::from(value.to_owned())
        }
    }
    impl From<JobStatus> for String {
        fn from(value: JobStatus) -> Self {
            value.as_str().to_owned()
        }
    }
    impl ::std::fmt::Display for JobStatus {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str(self.as_str())
        }
    }
    ///Job verb. Open enumeration: other verbs exist and may be added.
    #[derive(
        Clone,
        Debug,
        PartialEq,
        Eq,
        Hash,
        ::serde::Deserialize,
        ::serde::Serialize
    )]
    #[serde(from = "String", into = "String")]
    #[non_exhaustive]
    pub enum Verb {
        ///`seed_async`.
        SeedAsync,
        ///`imagine`.
        Imagine,
        ///`button`.
        Button,
        ///`blend`.
        Blend,
        /// A value that the spec does not list, verbatim.
        Unknown(String),
    }
    impl Verb {
        /// The value on the wire.
        #[must_use]
        pub fn as_str(&self) -> &str {
            match self {
                Self::SeedAsync => "seed_async",
                Self::Imagine => "imagine",
                Self::Button => "button",
                Self::Blend => "blend",
                Self::Unknown(value) => value,
            }
        }
    }
    impl From<String> for Verb {
        fn from(value: String) -> Self {
            match value.as_str() {
                "seed_async" => Self::SeedAsync,
                "imagine" => Self::Imagine,
                "button" => Self::Button,
                "blend" => Self::Blend,
                _ => Self::Unknown(value),
            }
        }
    }
    impl From<&str> for Verb {
        fn from(value: &str) -> Self {
            Self::from(value.to_owned())
        }
    }
    impl From<Verb> for String {
        fn from(value: Verb) -> Self {
            value.as_str().to_owned()
        }
    }
    impl ::std::fmt::Display for Verb {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str(self.as_str())
        }
    }
    impl ReplyRef {
        /// Maximum length in characters (Unicode scalar values).
        pub const MAX_LENGTH: usize = 1024usize;
    }
    impl ReplyUrl {
        /// Maximum length in characters (Unicode scalar values).
        pub const MAX_LENGTH: usize = 1024usize;
    }
}
#[derive(Clone, Debug)]
/**Client for useapi.net Midjourney seed endpoint

Retrieves the seed of a completed Midjourney job and its four images as
separate files.

Jobs are asynchronous: `retrieveSeed` starts a job and responds immediately;
`getJob` returns its progress. A seed that was retrieved before is returned
immediately.

The extension `x-source` names the sections of the endpoint's documentation
that a description restates, such as `Model, seed.value`; `Service` stands
for the service's other public pages. Everything else is marked as an
assumption.

Rules for all responses:

- every field is optional and nullable;
- unknown fields may be present and must be preserved;
- `status` and `verb` are open enumerations, listed under `x-extensible-enum`.

Version: 2*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::CallContext,
}
impl Client {
    /// Create a new client.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new(baseurl: &str, inner: crate::CallContext) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let client = {
            let dur = ::std::time::Duration::from_secs(15u64);
            reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
        };
        #[cfg(target_arch = "wasm32")]
        let client = reqwest::ClientBuilder::new();
        Self::new_with_client(baseurl, client.build().unwrap(), inner)
    }
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::CallContext,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::CallContext> for Client {
    fn api_version() -> &'static str {
        "2"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &crate::CallContext {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::CallContext>,
    {}
};
#[allow(clippy::all)]
impl Client {
    /**Reset a halted account

Clears the account's `pendingModMessage`, which unblocks its calls.
Acknowledge Midjourney's message in Discord first.

Sends a `POST` request to `/account/midjourney/{channel}/reset`

Arguments:
- `channel`: Id of the account's Discord channel.
*/
    pub async fn reset_account<'a>(
        &'a self,
        channel: &'a str,
    ) -> Result<ResponseValue<()>, Error<types::ErrorBody>> {
        let url = format!(
            "{}/account/midjourney/{}/reset", self.baseurl, encode_path(& channel
            .to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "reset_account",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::empty(response)),
            401u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            402u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            404u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List executing jobs

Returns the ids of the account's executing jobs. Note: no trailing slash.

Sends a `GET` request to `/jobs`

*/
    pub async fn list_jobs<'a>(
        &'a self,
    ) -> Result<ResponseValue<::serde_json::Value>, Error<types::ErrorBody>> {
        let url = format!("{}/jobs", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "list_jobs",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            401u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            402u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Retrieve the current state of a job

Returns any job, including `seed_async` jobs. Poll every 10 to 30
seconds until the status is final; the service itself polls Discord
every 15 to 60 seconds. Jobs are kept for at least 31 days.

Sends a `GET` request to `/jobs/`

Arguments:
- `jobid`: The job's id from a response.
*/
    pub async fn get_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = format!("{}/jobs/", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("jobid", &jobid))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_job",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            401u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            402u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            404u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            429u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            569u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            596u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Cancel a job

Cancels an executing job.

Sends a `GET` request to `/jobs/cancel/`

Arguments:
- `jobid`: The job's id.
*/
    pub async fn cancel_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = format!("{}/jobs/cancel/", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("jobid", &jobid))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "cancel_job",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            401u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            402u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            404u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            569u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            596u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Retrieve the seed and four separate upscaled images of a completed job

Takes the id of a completed imagine, button or blend job and starts a
seed job. If the seed of that job was retrieved before, no job is
started: the response is the original job with its seed, at no cost.

Not idempotent: another call while the seed job is running may start a
second one.

Sends a `POST` request to `/jobs/seed_async`

Arguments:
- `body`: The parent job, and where to send callbacks.
*/
    pub async fn retrieve_seed<'a>(
        &'a self,
        body: &'a types::SeedRequest,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = format!("{}/jobs/seed_async", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "retrieve_seed",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            400u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            401u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            402u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            404u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            429u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            569u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            596u16 => {
                Err(Error::ErrorResponse(ResponseValue::from_response(response).await?))
            }
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    #[allow(unused_imports)]
    pub use super::Client;
}
#[allow(clippy::needless_lifetimes, reason = "as progenitor generates them")]
impl crate::Client {
    /**Reset a halted account

Clears the account's `pendingModMessage`, which unblocks its calls.
Acknowledge Midjourney's message in Discord first.

Sends a `POST` request to `/account/midjourney/{channel}/reset`

Arguments:
- `channel`: Id of the account's Discord channel.
*/
    ///
    /// # Errors
    ///
    /// When no response arrives, or one that is not the success of the spec.
    /// The error keeps status, headers and body.
    pub async fn reset_account<'a>(
        &'a self,
        channel: &'a str,
    ) -> Result<crate::Response<()>, crate::Error<types::ErrorBody>> {
        let call = self.call();
        let outcome = call.reset_account(channel).await;
        call.inner.into_result(outcome)
    }
    /**List executing jobs

Returns the ids of the account's executing jobs. Note: no trailing slash.

Sends a `GET` request to `/jobs`

*/
    ///
    /// # Errors
    ///
    /// When no response arrives, or one that is not the success of the spec.
    /// The error keeps status, headers and body.
    pub async fn list_jobs<'a>(
        &'a self,
    ) -> Result<crate::Response<::serde_json::Value>, crate::Error<types::ErrorBody>> {
        let call = self.call();
        let outcome = call.list_jobs().await;
        call.inner.into_result(outcome)
    }
    /**Retrieve the current state of a job

Returns any job, including `seed_async` jobs. Poll every 10 to 30
seconds until the status is final; the service itself polls Discord
every 15 to 60 seconds. Jobs are kept for at least 31 days.

Sends a `GET` request to `/jobs/`

Arguments:
- `jobid`: The job's id from a response.
*/
    ///
    /// # Errors
    ///
    /// When no response arrives, or one that is not the success of the spec.
    /// The error keeps status, headers and body.
    pub async fn get_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<crate::Response<types::Job>, crate::Error<types::ErrorBody>> {
        let call = self.call();
        let outcome = call.get_job(jobid).await;
        call.inner.into_result(outcome)
    }
    /**Cancel a job

Cancels an executing job.

Sends a `GET` request to `/jobs/cancel/`

Arguments:
- `jobid`: The job's id.
*/
    ///
    /// # Errors
    ///
    /// When no response arrives, or one that is not the success of the spec.
    /// The error keeps status, headers and body.
    pub async fn cancel_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<crate::Response<types::Job>, crate::Error<types::ErrorBody>> {
        let call = self.call();
        let outcome = call.cancel_job(jobid).await;
        call.inner.into_result(outcome)
    }
    /**Retrieve the seed and four separate upscaled images of a completed job

Takes the id of a completed imagine, button or blend job and starts a
seed job. If the seed of that job was retrieved before, no job is
started: the response is the original job with its seed, at no cost.

Not idempotent: another call while the seed job is running may start a
second one.

Sends a `POST` request to `/jobs/seed_async`

Arguments:
- `body`: The parent job, and where to send callbacks.
*/
    ///
    /// # Errors
    ///
    /// When no response arrives, or one that is not the success of the spec.
    /// The error keeps status, headers and body.
    pub async fn retrieve_seed<'a>(
        &'a self,
        body: &'a types::SeedRequest,
    ) -> Result<crate::Response<types::Job>, crate::Error<types::ErrorBody>> {
        let call = self.call();
        let outcome = call.retrieve_seed(body).await;
        call.inner.into_result(outcome)
    }
}
/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    ///Reset a halted account: `POST /account/midjourney/{channel}/reset`.
    ResetAccount,
    ///List executing jobs: `GET /jobs`.
    ListJobs,
    ///Retrieve the current state of a job: `GET /jobs/`.
    GetJob,
    ///Cancel a job: `GET /jobs/cancel/`.
    CancelJob,
    ///Retrieve the seed and four separate upscaled images of a completed job: `POST /jobs/seed_async`.
    RetrieveSeed,
}
impl Operation {
    /// The `operationId` of the spec, such as `getJob`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::ResetAccount => "resetAccount",
            Self::ListJobs => "listJobs",
            Self::GetJob => "getJob",
            Self::CancelJob => "cancelJob",
            Self::RetrieveSeed => "retrieveSeed",
        }
    }
    /// The HTTP method, such as `GET`.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::ResetAccount => "POST",
            Self::ListJobs => "GET",
            Self::GetJob => "GET",
            Self::CancelJob => "GET",
            Self::RetrieveSeed => "POST",
        }
    }
    /// The path template of the spec, below the base URL; parameters are
    /// names in braces.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::ResetAccount => "/account/midjourney/{channel}/reset",
            Self::ListJobs => "/jobs",
            Self::GetJob => "/jobs/",
            Self::CancelJob => "/jobs/cancel/",
            Self::RetrieveSeed => "/jobs/seed_async",
        }
    }
}
/// Base URL of the service: the first server of the spec.
pub const DEFAULT_BASE_URL: &str = "https://api.useapi.net/v2";
