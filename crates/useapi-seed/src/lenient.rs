//! Reads answers that do not fit their type: what fits is kept, what does not
//! is taken out and named.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// `value` as a `T`, without the parts that no `T` can hold, and the JSON paths
/// of these. `None` when not even the bare structure fits.
pub(crate) fn read<T: DeserializeOwned>(mut value: Value) -> Option<(T, Vec<String>)> {
    let fits = |candidate: Value| serde_json::from_value::<T>(candidate).is_ok();
    let mut removed = Vec::new();
    if !value.is_object() {
        return None;
    }
    prune(&mut value, "", &fits, &mut removed);
    Some((serde_json::from_value(value).ok()?, removed))
}

/// The path of the field `key` of what stands at `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Takes out of `value` what keeps it from fitting.
fn prune(value: &mut Value, path: &str, fits: &dyn Fn(Value) -> bool, removed: &mut Vec<String>) {
    if fits(value.clone()) {
        return;
    }
    match value {
        Value::Object(map) => {
            let whole = std::mem::take(map);
            for (key, mut item) in whole {
                let path = join(path, &key);
                let alone = |candidate: Value| {
                    fits(Value::Object(Map::from_iter([(key.clone(), candidate)])))
                };
                if keep(&mut item, path, &alone, removed) {
                    map.insert(key, item);
                }
            }
        }
        Value::Array(items) => {
            let whole = std::mem::take(items);
            for (index, mut item) in whole.into_iter().enumerate() {
                let path = format!("{path}[{index}]");
                let alone = |candidate: Value| fits(Value::Array(vec![candidate]));
                if keep(&mut item, path, &alone, removed) {
                    items.push(item);
                } else {
                    // The others keep their places, where anything can.
                    let nothing = Value::Object(Map::new());
                    if alone(nothing.clone()) {
                        items.push(nothing);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Whether what is left of `item` fits; else `path` is removed as a whole.
fn keep(
    item: &mut Value,
    path: String,
    fits: &dyn Fn(Value) -> bool,
    removed: &mut Vec<String>,
) -> bool {
    let before = removed.len();
    prune(item, &path, fits, removed);
    let kept = fits(item.clone());
    if !kept {
        removed.truncate(before);
        removed.push(path);
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use useapi_seed_raw::types::Job;

    use super::*;

    #[test]
    fn only_what_does_not_fit_is_taken_out() {
        let (job, removed) = read::<Job>(json!({
            "jobid": "5",
            "created": {"seconds": 5},
            "news": [1, 2],
            "seed": {
                "value": 7,
                "attachments": [{"id": 5, "url": "http://a"}, "none", {"url": "http://b"}],
            },
        }))
        .unwrap();
        assert_eq!(
            removed,
            ["created", "seed.attachments[0].id", "seed.attachments[1]"]
        );
        assert_eq!(job.jobid.as_deref(), Some("5"));
        assert_eq!(job.extra.get("news"), Some(&json!([1, 2])));
        let seed = job.seed.unwrap();
        assert_eq!(seed.value, Some(7));
        let links: Vec<_> = seed
            .attachments
            .unwrap()
            .into_iter()
            .map(|attachment| attachment.url)
            .collect();
        assert_eq!(
            links,
            [
                Some("http://a".to_owned()),
                None,
                Some("http://b".to_owned())
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_no_job() {
        for value in [json!(null), json!([]), json!("job"), json!(5)] {
            assert!(read::<Job>(value).is_none());
        }
    }
}
