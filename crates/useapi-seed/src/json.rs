//! Reads responses that do not match their type: what matches is kept, the rest
//! is removed and named.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use useapi_seed_raw::types::{Job, JobStatus, Verb};

use crate::seed_value;

/// Fields with ids, which may also be integers.
const IDS: [&str; 6] = [
    "jobid",
    "parentJobId",
    "id",
    "channel",
    "server",
    "messageId",
];

/// The JSON in a body, which may begin with a byte order mark; the last value of a
/// duplicate key counts.
pub(crate) fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
}

/// The job in a body, and the JSON paths of what is not as documented. An error
/// without a source is JSON that is not an object.
pub(crate) fn read_job(body: &[u8]) -> Result<(Job, Vec<String>), Option<serde_json::Error>> {
    let mut value = parse(body).map_err(Some)?;
    let normalized = value.get_mut("seed").and_then(seed_value::normalize);
    let (job, removed) = read::<Job>(value).ok_or(None)?;
    let normalized = normalized.map(str::to_owned).into_iter();
    Ok((without_empty(job), normalized.chain(removed).collect()))
}

/// The job in a body that was read before; empty when there is none.
pub(crate) fn job(body: &[u8]) -> Job {
    read_job(body).map(|(job, _)| job).unwrap_or_default()
}

/// An id, which may also come as an exact integer.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// An empty optional field is the same as an absent one.
pub(crate) fn without_empty(mut job: Job) -> Job {
    for field in [
        &mut job.jobid,
        &mut job.parent_job_id,
        &mut job.reply_ref,
        &mut job.reply_url,
        &mut job.channel,
        &mut job.content,
        &mut job.prompt,
        &mut job.error,
        &mut job.error_details,
        &mut job.created,
        &mut job.updated,
    ] {
        field.take_if(|text| text.trim().is_empty());
    }
    let is_empty = |text: &str| text.trim().is_empty();
    job.status
        .take_if(|status| matches!(status, JobStatus::Unknown(text) if is_empty(text)));
    job.verb
        .take_if(|verb| matches!(verb, Verb::Unknown(text) if is_empty(text)));
    job
}

/// `value` as a `T`, with ids that are integers as text and without the other parts that
/// do not deserialize, and the JSON paths of both; none when `value` is not an object.
pub(crate) fn read<T: DeserializeOwned>(mut value: Value) -> Option<(T, Vec<String>)> {
    let fits = |candidate: Value| serde_json::from_value::<T>(candidate).is_ok();
    let mut removed = Vec::new();
    if !value.is_object() {
        return None;
    }
    prune(&mut value, "", &fits, &mut removed);
    Some((serde_json::from_value(value).ok()?, removed))
}

/// The path of the field `key` in the object at `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Removes from `value` the parts that do not deserialize.
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
                    // The other items keep their index, where an empty object can
                    // stand in.
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

/// Whether `item` deserializes, without parts of it or with its id as text; otherwise
/// `path` is removed completely.
fn keep(
    item: &mut Value,
    path: String,
    fits: &dyn Fn(Value) -> bool,
    removed: &mut Vec<String>,
) -> bool {
    let before = removed.len();
    prune(item, &path, fits, removed);
    if fits(item.clone()) {
        return true;
    }
    let id = id(item).filter(|_| is_id(&path));
    removed.truncate(before);
    removed.push(path);
    id.is_some_and(|id| {
        *item = id.into();
        fits(item.clone())
    })
}

fn is_id(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    IDS.contains(&name) || path.starts_with("executingJobs[")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use useapi_seed_raw::types::Job;

    use super::*;

    #[test]
    fn only_mismatching_parts_are_removed() {
        let (job, removed) = read::<Job>(json!({
            "jobid": "5",
            "created": {"seconds": 5},
            "news": [1, 2],
            "seed": {
                "value": 7,
                "attachments": [{"id": 5.5, "url": "http://a"}, "none", {"url": "http://b"}],
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
    fn integer_ids_are_read_as_text() {
        let (job, changed) = read::<Job>(json!({
            "jobid": 1_210_000_000_000_000_002_u64,
            "parentJobId": 7,
            "executingJobs": ["a", 8],
            "seed": {"value": 5, "attachments": [{"id": 9}]},
        }))
        .unwrap();
        assert_eq!(job.jobid.as_deref(), Some("1210000000000000002"));
        assert_eq!(job.parent_job_id.as_deref(), Some("7"));
        assert_eq!(job.executing_jobs.unwrap(), ["a", "8"]);
        let attachment = job.seed.unwrap().attachments.unwrap().remove(0);
        assert_eq!(attachment.id.as_deref(), Some("9"));
        let paths = ["executingJobs[1]", "jobid", "parentJobId"];
        assert_eq!(changed[..3], paths);
        for id in [json!(1.5), json!(1e30), json!(-1), json!(true)] {
            let (job, _) = read::<Job>(json!({ "jobid": id })).unwrap();
            assert_eq!(job.jobid, None, "{id}");
        }
    }

    #[test]
    fn empty_fields_are_absent() {
        let (job, _) = read::<Job>(json!({
            "jobid": "", "replyRef": "", "parentJobId": " ", "status": "", "verb": "",
        }))
        .unwrap();
        let job = without_empty(job);
        assert_eq!(
            (job.jobid, job.reply_ref, job.parent_job_id),
            (None, None, None)
        );
        assert!(job.status.is_none() && job.verb.is_none());
    }

    #[test]
    fn value_without_object_is_not_a_job() {
        for value in [json!(null), json!([]), json!("job"), json!(5)] {
            assert!(read::<Job>(value).is_none());
        }
    }
}
