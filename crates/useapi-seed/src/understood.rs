//! A result as JSON: what was understood of the answer, not the answer itself.

use serde::{Serialize, Serializer};

use crate::result::{Image, SeedResult};
use crate::warning::Warning;

/// A seed with its images.
#[derive(Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(rename = "SeedResult"))]
struct Understood<'a> {
    /// Id of the job that the answer is about.
    job_id: &'a str,
    /// Id of the imagine, button or blend job that the seed belongs to.
    parent_job_id: Option<&'a str>,
    /// The seed, from Midjourney 0 to 4294967295.
    seed: u64,
    /// The prompt, with its parameters.
    prompt: Option<&'a str>,
    /// The prompt with `--seed`.
    prompt_with_seed: Option<String>,
    /// The images, in the answer's order.
    images: &'a [Image],
    /// Where the answer differs from the documentation.
    notes: &'a [Warning],
}

impl Serialize for SeedResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let understood = Understood {
            job_id: self.job_id(),
            parent_job_id: self.parent_job_id(),
            seed: self.seed(),
            prompt: self.prompt(),
            prompt_with_seed: self.prompt_with_seed(),
            images: self.images(),
            notes: self.warnings(),
        };
        understood.serialize(serializer)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for SeedResult {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Understood::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Understood::json_schema(generator)
    }
}
