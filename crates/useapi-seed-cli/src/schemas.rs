//! JSON Schemas (draft 2020-12) of what is printed and written.
//!
//! The files are beside this one; a test holds them and the types together. After a
//! change of a type write them again with `UPDATE_SCHEMAS=1 cargo test -p
//! useapi-seed-cli schemas`.

use std::collections::BTreeSet;

use serde_json::Value;

/// One of the schemas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! schemas {
    ($($name:ident, $file:literal, $about:literal;)*) => {
        $(pub(crate) const $name: Schema = Schema {
            name: $file,
            about: $about,
            text: include_str!(concat!("schemas/", $file, ".schema.json")),
        };)*

        /// All of them.
        pub(crate) const ALL: &[Schema] = &[$($name),*];
    };
}

schemas! {
    SEED, "seed", "seed.json";
    PENDING, "pending", "pending.json (job in progress)";
    RESULT, "result", "fetch, wait and demo: a line for each job";
    SUMMARY, "summary", "fetch --summary: the last line";
    PLAN, "plan", "fetch --dry-run: a line for each job";
    STATUS, "status", "status and cancel: a line for each job";
    GALLERY, "gallery", "gallery";
    LIST, "list", "list: a line for each job";
    JOBS, "jobs", "jobs";
    RESET, "reset", "reset";
    EVENT, "event", "listen: a line for each event";
    EMULATOR, "emulator", "emulate: addresses and sample jobs";
    DOCTOR, "doctor", "doctor: a line for each check";
    CONFIG, "config", "config: a line for each setting";
}

impl Schema {
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|schema| schema.name == name).copied()
    }

    /// The fields that a document can have, sorted.
    pub(crate) fn fields(self) -> Vec<String> {
        let schema: Value = serde_json::from_str(self.text).unwrap_or_default();
        let mut fields = BTreeSet::new();
        let mut parts = vec![&schema];
        while let Some(part) = parts.pop() {
            let alternatives = part.get("oneOf").and_then(Value::as_array);
            parts.extend(alternatives.into_iter().flatten());
            let reference = part.get("$ref").and_then(Value::as_str);
            parts.extend(reference.and_then(|it| schema.pointer(it.trim_start_matches('#'))));
            let properties = part.get("properties").and_then(Value::as_object);
            fields.extend(properties.into_iter().flat_map(|it| it.keys().cloned()));
        }
        fields.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use schemars::transform::{RecursiveTransform, Transform};
    use schemars::{Schema as Made, schema_for};

    use super::*;
    use crate::command::printed as command;
    use crate::fetch;
    use crate::saved_jobs::SavedJob;

    fn made(name: &str) -> Made {
        match name {
            "seed" => schema_for!(fetch::SeedFile),
            "pending" => schema_for!(fetch::Pending),
            "result" => schema_for!(fetch::JobReportJson),
            "summary" => schema_for!(fetch::SummaryJson),
            "plan" => schema_for!(fetch::plan::PlannedJob),
            "status" => schema_for!(command::Status),
            "gallery" => schema_for!(command::Gallery),
            "list" => schema_for!(SavedJob),
            "jobs" => schema_for!(command::Jobs),
            "reset" => schema_for!(command::Reset),
            "event" => schema_for!(command::Event),
            "emulator" => schema_for!(command::Emulator),
            "doctor" => schema_for!(command::Doctor),
            "config" => schema_for!(command::Config),
            other => panic!("{other} is of no type"),
        }
    }

    #[test]
    fn schemas_are_generated_from_types() {
        let link = Regex::new(r"\[`(?<name>[^`\]]+)`\](\([^)]*\))?").unwrap();
        for schema in ALL {
            let mut made = made(schema.name);
            let remove_rust = |part: &mut Made| {
                if let Some(Value::String(text)) = part.get_mut("description") {
                    text.truncate(text.find("\n\n```").unwrap_or(text.len()));
                    *text = link.replace_all(text, "$name").into_owned();
                }
            };
            RecursiveTransform(remove_rust).transform(&mut made);
            let current = serde_json::to_string_pretty(&made).unwrap() + "\n";
            assert!(!current.contains("```"), "{current}");
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schemas");
                let file = format!("{dir}/{}.schema.json", schema.name);
                std::fs::write(file, current).unwrap();
            } else {
                assert_eq!(
                    schema.text, current,
                    "write it anew: UPDATE_SCHEMAS=1 cargo test -p useapi-seed-cli schemas"
                );
            }
        }
    }

    #[test]
    fn each_has_fields_to_select() {
        for schema in ALL {
            assert!(!schema.fields().is_empty(), "{}", schema.name);
        }
    }
}
