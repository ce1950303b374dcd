// Generated from openapi/seed_async.yaml by `cargo xtask codegen`.
// Do not edit: change the description or the generator, and run it again.

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///A picture on Discord's content network (Model, attachments).
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Attachment {
        ///Media type of the file (Model, attachments.content_type).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content_type: ::std::option::Option<::std::string::String>,
        ///Name of the file (Model, attachments.filename).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub filename: ::std::option::Option<::std::string::String>,
        ///Height in pixels (Model, attachments.height).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub height: ::std::option::Option<i64>,
        ///Discord's id of the file (Model, attachments.id).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        ///Discord's placeholder of the file (Model, attachments.placeholder).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub placeholder: ::std::option::Option<::std::string::String>,
        ///Version of the placeholder (Model, attachments.placeholder_version).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub placeholder_version: ::std::option::Option<i64>,
        /**The same file through Discord's proxy (Model, attachments.proxy_url;
Service).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub proxy_url: ::std::option::Option<::std::string::String>,
        ///Size in bytes (Model, attachments.size).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub size: ::std::option::Option<i64>,
        /**Where to fetch the picture. The link stops working after about a day
(Model, attachments.url; Service).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        ///Width in pixels (Model, attachments.width).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub width: ::std::option::Option<i64>,
        ///Fields that the description does not know, as they came.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///A job that was started from another one (Service).
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct ChildJob {
        ///The button that started it (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub button: ::std::option::Option<::std::string::String>,
        ///Its id (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        ///Id of its Discord message (Service).
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        ///Fields that the description does not know, as they came.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /**The HTTP status once more, in the body (Model). Documented as a number;
that a string is accepted too is leniency, not the documentation's.*/
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(untagged)]
    #[non_exhaustive]
    pub enum Code {
        ///A value of this type.
        Int64(i64),
        ///A value of this type.
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
    /**What comes with every status but 200: a message and a code, or a failed
job (Responses, 400 to 596).*/
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct ErrorBody {
        ///Id of the Discord channel (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub channel: ::std::option::Option<::std::string::String>,
        ///The HTTP status once more (Model, code).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<Code>,
        ///When the job was made (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created: ::std::option::Option<::std::string::String>,
        /**First and last three characters of the Discord token in use
(Responses, 596).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<::std::string::String>,
        ///What went wrong, in short (Model, error).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub error: ::std::option::Option<::std::string::String>,
        ///What went wrong, at length (Model, errorDetails).
        #[serde(
            rename = "errorDetails",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub error_details: ::std::option::Option<::std::string::String>,
        /**With 429: ids of the jobs that occupy the account (Model,
executingJobs; Service).*/
        #[serde(
            rename = "executingJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub executing_jobs: ::std::option::Option<
            ::std::vec::Vec<::std::string::String>,
        >,
        ///Id of the job that failed (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        ///Id of the Discord message (Responses, 596).
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        ///Id of the job whose seed was asked for (Responses, 596).
        #[serde(
            rename = "parentJobId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub parent_job_id: ::std::option::Option<::std::string::String>,
        ///The caller's reference (Responses, 596).
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<::std::string::String>,
        ///Address that is called back (Responses, 596).
        #[serde(
            rename = "replyUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_url: ::std::option::Option<::std::string::String>,
        ///Where the job stands (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub status: ::std::option::Option<crate::types::JobStatus>,
        ///Time of the Discord message (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub timestamp: ::std::option::Option<::std::string::String>,
        ///When the job last changed (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub updated: ::std::option::Option<::std::string::String>,
        ///Kind of the job that failed (Responses, 596).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub verb: ::std::option::Option<crate::types::Verb>,
        ///Fields that the description does not know, as they came.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /**A job as the service describes it (Model). Which fields are there
depends on the verb and on how far the job has come.*/
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Job {
        /**Files of the message; for an imagine job the grid of four pictures
(Model, attachments).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub attachments: ::std::option::Option<::std::vec::Vec<Attachment>>,
        ///Format that a blend job was asked for (Service).
        #[serde(
            rename = "blendDimensions",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub blend_dimensions: ::std::option::Option<::std::string::String>,
        ///Pictures that a blend job was given (Service).
        #[serde(
            rename = "blendUrls",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub blend_urls: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
        ///The button that a button job pressed (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub button: ::std::option::Option<::std::string::String>,
        ///Buttons that the job's message offers, emoji among them (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub buttons: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
        ///Id of the Discord channel (Model, channel).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub channel: ::std::option::Option<::std::string::String>,
        ///Jobs that were started from this one (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub children: ::std::option::Option<::std::vec::Vec<ChildJob>>,
        ///The HTTP status once more (Model, code).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub code: ::std::option::Option<Code>,
        /**Midjourney's message: the parameters in force and the progress
(Model, content).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content: ::std::option::Option<::std::string::String>,
        /**When the job was made, ISO 8601 in UTC with milliseconds (Model,
created).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created: ::std::option::Option<::std::string::String>,
        ///Picture that a describe job was given (Service).
        #[serde(
            rename = "describeUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub describe_url: ::std::option::Option<::std::string::String>,
        /**First and last three characters of the Discord token in use, for
debugging only (Model, discord).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<::std::string::String>,
        ///Embeds of the Discord message, as Discord has them (Service).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub embeds: ::std::option::Option<::std::vec::Vec<::serde_json::Value>>,
        ///What went wrong, in short (Model, error).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub error: ::std::option::Option<::std::string::String>,
        ///What went wrong, at length (Model, errorDetails).
        #[serde(
            rename = "errorDetails",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub error_details: ::std::option::Option<::std::string::String>,
        /**Ids of the jobs that occupy the account (Model, executingJobs;
Service).*/
        #[serde(
            rename = "executingJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub executing_jobs: ::std::option::Option<
            ::std::vec::Vec<::std::string::String>,
        >,
        ///The job's id; ask for the job with it (Model, jobid).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub jobid: ::std::option::Option<::std::string::String>,
        /**How many jobs the account may execute at once (Responses, 200;
Service).*/
        #[serde(
            rename = "maxJobs",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub max_jobs: ::std::option::Option<i64>,
        ///Id of the Discord message (Model, messageId).
        #[serde(
            rename = "messageId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub message_id: ::std::option::Option<::std::string::String>,
        /**For a seed job: id of the job whose seed is retrieved (Model,
parentJobId).*/
        #[serde(
            rename = "parentJobId",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub parent_job_id: ::std::option::Option<::std::string::String>,
        /**The prompt of the original job; in the example without the
parameters that `content` has (Responses, 200).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub prompt: ::std::option::Option<::std::string::String>,
        ///The caller's reference, as it was sent (Model, replyRef).
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<::std::string::String>,
        ///Address that is called back (Model, replyUrl).
        #[serde(
            rename = "replyUrl",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_url: ::std::option::Option<::std::string::String>,
        ///The seed and its pictures, once retrieved (Model, seed).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub seed: ::std::option::Option<Seed>,
        ///Id of the Discord server (Responses, 200).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub server: ::std::option::Option<::std::string::String>,
        ///Where the job stands (Model, status).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub status: ::std::option::Option<crate::types::JobStatus>,
        /**Time of the Discord message, in the examples with microseconds and
a numeric offset (Model, timestamp; Responses, 200).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub timestamp: ::std::option::Option<::std::string::String>,
        /**When the job last changed, ISO 8601 in UTC with milliseconds (Model,
updated).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub updated: ::std::option::Option<::std::string::String>,
        ///Kind of the job (Model, verb).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub verb: ::std::option::Option<crate::types::Verb>,
        ///Fields that the description does not know, as they came.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    /**The caller's own reference. It is stored and comes back with the job. At
most 1024 characters (Request Body, replyRef).*/
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
    /**Address to call on progress and when the job completes or fails. Without
it the account's own is used. At most 1024 characters. To try it out, a
public request inspector will do (Request Body, replyUrl).*/
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
    ///The result of a seed job (Model, seed).
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[non_exhaustive]
    #[derive(Default)]
    pub struct Seed {
        ///The separate pictures, four as a rule (Model, seed.attachments).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub attachments: ::std::option::Option<::std::vec::Vec<Attachment>>,
        /**Midjourney's answer that the number was taken from: prompt, job id
and seed (Model, seed.content; Responses, 200).*/
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub content: ::std::option::Option<::std::string::String>,
        ///The seed (Model, seed.value).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub value: ::std::option::Option<u64>,
        ///Fields that the description does not know, as they came.
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///What to retrieve, and how to be told of it (Request Body).
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(deny_unknown_fields)]
    #[non_exhaustive]
    pub struct SeedRequest {
        ///Discord token to use in place of the job's own (Request Body, discord).
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub discord: ::std::option::Option<crate::DiscordToken>,
        /**Id of the imagine, button or blend job whose seed is wanted. Its
status must be `completed` (Request Body, jobid).*/
        pub jobid: ::std::string::String,
        ///The caller's own reference (Request Body, replyRef).
        #[serde(
            rename = "replyRef",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub reply_ref: ::std::option::Option<ReplyRef>,
        ///Address to call back (Request Body, replyUrl).
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
        /// With the required fields; set the others as needed.
        pub fn new(jobid: impl Into<::std::string::String>) -> Self {
            Self {
                jobid: jobid.into(),
                discord: ::std::default::Default::default(),
                reply_ref: ::std::default::Default::default(),
                reply_url: ::std::default::Default::default(),
            }
        }
    }
    /**Where a job stands. `started` and `failed` come from the model,
`completed` from an example, the others from the service (Model;
Responses, 200; Service). `created`, `started` and `progress` mean *ask
again*, the others are final. Open: an unknown word means *ask again*.*/
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
        /// A word that the description does not list, as it came.
        Unknown(String),
    }
    impl JobStatus {
        /// The word as it stands on the wire.
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
                Self::Unknown(word) => word,
            }
        }
    }
    impl From<String> for JobStatus {
        fn from(word: String) -> Self {
            match word.as_str() {
                "created" => Self::Created,
                "started" => Self::Started,
                "progress" => Self::Progress,
                "completed" => Self::Completed,
                "moderated" => Self::Moderated,
                "failed" => Self::Failed,
                "cancelled" => Self::Cancelled,
                _ => Self::Unknown(word),
            }
        }
    }
    impl From<&str> for JobStatus {
        fn from(word: &str) -> Self {
            Self::from(word.to_owned())
        }
    }
    impl From<JobStatus> for String {
        fn from(word: JobStatus) -> Self {
            word.as_str().to_owned()
        }
    }
    impl ::std::fmt::Display for JobStatus {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str(self.as_str())
        }
    }
    /**What kind of job this is (Model). Open: other verbs exist and may be
added.*/
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
        /// A word that the description does not list, as it came.
        Unknown(String),
    }
    impl Verb {
        /// The word as it stands on the wire.
        #[must_use]
        pub fn as_str(&self) -> &str {
            match self {
                Self::SeedAsync => "seed_async",
                Self::Imagine => "imagine",
                Self::Button => "button",
                Self::Blend => "blend",
                Self::Unknown(word) => word,
            }
        }
    }
    impl From<String> for Verb {
        fn from(word: String) -> Self {
            match word.as_str() {
                "seed_async" => Self::SeedAsync,
                "imagine" => Self::Imagine,
                "button" => Self::Button,
                "blend" => Self::Blend,
                _ => Self::Unknown(word),
            }
        }
    }
    impl From<&str> for Verb {
        fn from(word: &str) -> Self {
            Self::from(word.to_owned())
        }
    }
    impl From<Verb> for String {
        fn from(word: Verb) -> Self {
            word.as_str().to_owned()
        }
    }
    impl ::std::fmt::Display for Verb {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str(self.as_str())
        }
    }
}
#[derive(Clone, Debug)]
/**Client for useapi.net Midjourney seed endpoint

Retrieves the seed of a finished Midjourney job, together with its four
pictures as separate files.

Work is asynchronous: a call of `retrieveSeed` starts a job and answers at
once; `getJob` tells how far it has come. A seed that was retrieved before
is answered immediately.

Each description names the section of the endpoint's documentation that it
restates, in round brackets: (Introduction), (Request Headers), (Request
Body), (Responses, 200), (Model) and so on. (Service) marks what is known
from the service's other public pages. What neither of them says is called
an assumption.

Reading rules that hold everywhere:

- no field of an answer is required, and each may be null (Model);
- fields that are not described here may appear, and are to be kept;
- `status` and `verb` are open words, listed under `x-extensible-enum`.


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
    /**Put a halted account back to work

Clears the account's `pendingModMessage`, after which its calls are no
longer halted. Acknowledge Midjourney's message in Discord first
(Responses, 596; Service).


Sends a `POST` request to `/account/midjourney/{channel}/reset`

Arguments:
- `channel`: Id of the account's Discord channel (Service).*/
    pub async fn reset_account<'a>(
        &'a self,
        channel: &'a str,
    ) -> Result<ResponseValue<()>, Error<types::ErrorBody>> {
        let url = self
            .inner
            .url(
                &format!(
                    "/account/midjourney/{}/reset", encode_path(& channel.to_string()),
                ),
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
    /**List the jobs that are executing

The ids of the account's executing jobs. Mind that this path has no
slash at its end (Service).


Sends a `GET` request to `/jobs`*/
    pub async fn list_jobs<'a>(
        &'a self,
    ) -> Result<ResponseValue<::serde_json::Value>, Error<types::ErrorBody>> {
        let url = self.inner.url("/jobs");
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
    /**Retrieve a job in its present state

Answers any job, `seed_async` jobs among them. Ask again every 10 to 30
seconds until the status is a final one; the service itself looks at
Discord every 15 to 60 seconds. A job is kept for at least 31 days
(Service).


Sends a `GET` request to `/jobs/`

Arguments:
- `jobid`: The job's id, as an answer gave it (Responses, 200).*/
    pub async fn get_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = self.inner.url("/jobs/");
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

Gives a job up that has not ended (Service).

Sends a `GET` request to `/jobs/cancel/`

Arguments:
- `jobid`: The job's id (Service).*/
    pub async fn cancel_job<'a>(
        &'a self,
        jobid: &'a str,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = self.inner.url("/jobs/cancel/");
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
    /**Retrieve the seed and four separate upscaled images of a finished job

Takes the id of an imagine, button or blend job that has completed
(Introduction). Starts a job of its own, unless the seed of that job was
retrieved before: then the response is the original job, with its seed,
and costs nothing (Responses, 200; Service).

Repeating the call is not safe: while the first job still runs, another
call may start a second one (Service).


Sends a `POST` request to `/jobs/seed_async`

Arguments:
- `body`: Which job, and where to report to (Request Body).*/
    pub async fn retrieve_seed<'a>(
        &'a self,
        body: &'a types::SeedRequest,
    ) -> Result<ResponseValue<types::Job>, Error<types::ErrorBody>> {
        let url = self.inner.url("/jobs/seed_async");
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
#[allow(clippy::needless_lifetimes, reason = "as the generator writes them")]
impl crate::Client {
    /**Put a halted account back to work

Clears the account's `pendingModMessage`, after which its calls are no
longer halted. Acknowledge Midjourney's message in Discord first
(Responses, 596; Service).


Sends a `POST` request to `/account/midjourney/{channel}/reset`

Arguments:
- `channel`: Id of the account's Discord channel (Service).*/
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
    /**List the jobs that are executing

The ids of the account's executing jobs. Mind that this path has no
slash at its end (Service).


Sends a `GET` request to `/jobs`*/
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
    /**Retrieve a job in its present state

Answers any job, `seed_async` jobs among them. Ask again every 10 to 30
seconds until the status is a final one; the service itself looks at
Discord every 15 to 60 seconds. A job is kept for at least 31 days
(Service).


Sends a `GET` request to `/jobs/`

Arguments:
- `jobid`: The job's id, as an answer gave it (Responses, 200).*/
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

Gives a job up that has not ended (Service).

Sends a `GET` request to `/jobs/cancel/`

Arguments:
- `jobid`: The job's id (Service).*/
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
    /**Retrieve the seed and four separate upscaled images of a finished job

Takes the id of an imagine, button or blend job that has completed
(Introduction). Starts a job of its own, unless the seed of that job was
retrieved before: then the response is the original job, with its seed,
and costs nothing (Responses, 200; Service).

Repeating the call is not safe: while the first job still runs, another
call may start a second one (Service).


Sends a `POST` request to `/jobs/seed_async`

Arguments:
- `body`: Which job, and where to report to (Request Body).*/
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
    ///Put a halted account back to work: `POST /account/midjourney/{channel}/reset`.
    ResetAccount,
    ///List the jobs that are executing: `GET /jobs`.
    ListJobs,
    ///Retrieve a job in its present state: `GET /jobs/`.
    GetJob,
    ///Cancel a job: `GET /jobs/cancel/`.
    CancelJob,
    ///Retrieve the seed and four separate upscaled images of a finished job: `POST /jobs/seed_async`.
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
    /// The HTTP method, in upper case.
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
    /// The path below the base URL, as the template of the spec: path
    /// parameters are names in braces.
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
/// Where the service is: the first server of the description.
pub const DEFAULT_BASE_URL: &str = "https://api.useapi.net/v2";
