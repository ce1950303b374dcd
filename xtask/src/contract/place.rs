//! Places in the description.

use std::fs;

use anyhow::{Context, Result, bail};
use saphyr::{LoadableYamlNode, YamlOwned};

/// The schemas of answers.
const ANSWERS: [&str; 2] = ["/components/schemas/Job", "/components/schemas/ErrorBody"];

/// The description, for looking up JSON pointers.
pub(crate) struct Description(YamlOwned);

impl Description {
    pub(crate) fn read(file: &str) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
        Self::parse(&text).with_context(|| file.to_owned())
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        document(text).map(Self)
    }

    /// Whether a JSON pointer leads to something. References are not followed:
    /// a row names the place where its statement is written.
    pub(crate) fn has(&self, pointer: &str) -> bool {
        self.at(pointer).is_some()
    }

    /// Whether this is the place that describes a field of an answer, given as
    /// its path: `seed.attachments[].url`.
    pub(crate) fn describes(&self, path: &str, pointer: &str) -> bool {
        ANSWERS.into_iter().any(|schema| {
            let mut place = schema.to_owned();
            for name in path.split('.') {
                let (name, is_list) = match name.strip_suffix("[]") {
                    Some(name) => (name, true),
                    None => (name, false),
                };
                place = format!("{}/properties/{name}", self.schema(&place));
                if is_list {
                    place = format!("{}/items", self.schema(&place));
                }
            }
            place == pointer
        })
    }

    /// The schema that stands at a place, or the one that it refers to.
    fn schema(&self, place: &str) -> String {
        let refers = |place: &str| self.at(&format!("{place}/$ref"))?.as_str();
        refers(place)
            .or_else(|| refers(&format!("{place}/allOf/0")))
            .map_or(place, |target| target.trim_start_matches('#'))
            .to_owned()
    }

    fn at(&self, pointer: &str) -> Option<&YamlOwned> {
        let names = pointer.strip_prefix('/')?;
        names
            .split('/')
            .map(|name| name.replace("~1", "/").replace("~0", "~"))
            .try_fold(&self.0, |node, name| {
                if node.is_sequence() {
                    node.as_sequence_get(name.parse().ok()?)
                } else {
                    node.as_mapping_get(&name)
                }
            })
    }
}

/// The one document of a YAML text.
pub(crate) fn document(text: &str) -> Result<YamlOwned> {
    let documents = YamlOwned::load_from_str(text).context("is no YAML")?;
    match <[YamlOwned; 1]>::try_from(documents) {
        Ok([document]) => Ok(document),
        Err(_) => bail!("has to hold exactly one YAML document"),
    }
}

#[cfg(test)]
mod tests {
    use super::Description;

    #[test]
    fn pointers_lead_somewhere_or_nowhere() {
        let text = "a/b: {'200': [x, {c~d: null}]}";
        let description = Description::parse(text).unwrap();
        for pointer in ["/a~1b", "/a~1b/200", "/a~1b/200/1/c~0d"] {
            assert!(description.has(pointer), "{pointer}");
        }
        for pointer in [
            "",
            "-",
            "a~1b",
            "/a",
            "/a~1b/200/2",
            "/a~1b/200/x",
            "/a~1b/200/0/x",
        ] {
            assert!(!description.has(pointer), "{pointer}");
        }
    }
}
