//! The Midjourney account behind a channel, and its executing jobs.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use useapi_seed_raw::Operation;

use crate::client::Client;
use crate::error::Error;
use crate::json;
use crate::response;
use crate::transport::CallOptions;

/// A Midjourney account, identified by its Discord channel. Made by
/// [`Client::account`].
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, job_id| {
/// // After Midjourney's message has been acknowledged in Discord:
/// let channel = useapi_seed::channel_of(job_id).unwrap_or_default();
/// client.account(channel).reset().await?;
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Account {
    client: Client,
    channel: String,
}

impl Client {
    /// The Midjourney account of a Discord channel.
    pub fn account(&self, channel: impl Into<String>) -> Account {
        Account {
            client: self.clone(),
            channel: channel.into(),
        }
    }

    /// Lists the executing jobs.
    ///
    /// # Errors
    ///
    /// When there is no response or an error response. An unknown form of the
    /// response is not an error, since it is undocumented.
    pub async fn executing_jobs(&self) -> Result<ExecutingJobs, Error> {
        self.list_jobs(&self.transport().options()).await
    }

    pub(crate) async fn list_jobs(&self, options: &CallOptions) -> Result<ExecutingJobs, Error> {
        self.transport()
            .call(Operation::ListJobs, None, options, async |raw| {
                let response = raw.list_jobs().await.map_err(response::failure)?;
                let (jobs, response) = response.into_parts();
                let ids = ids(&jobs);
                Ok((ExecutingJobs { ids, raw: jobs }, response.status))
            })
            .await
    }
}

impl Account {
    /// Resets a halted account.
    ///
    /// First log in to Discord and acknowledge Midjourney's message, or solve its
    /// CAPTCHA, to prevent a potential ban of the Midjourney account.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when no account is
    /// configured for the channel, and the errors of any call.
    pub async fn reset(&self) -> Result<(), Error> {
        match self.channel.trim() {
            "" => return Err(Error::invalid_input("channel", "is empty")),
            // In a path these lead elsewhere.
            "." | ".." => return Err(Error::invalid_input("channel", "is not a channel id")),
            _ => {}
        }
        let transport = self.client.transport();
        let options = transport.options();
        transport
            .call(Operation::ResetAccount, None, &options, async |raw| {
                let response = raw.reset_account(&self.channel).await;
                let response = response.map_err(response::failure)?;
                Ok(((), response.raw_response().status))
            })
            .await
    }
}

/// The executing jobs. Made by [`Client::executing_jobs`].
///
/// ```
/// # mod docs { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/harness.rs")); }
/// # docs::example(async |client, _| {
/// let executing = client.executing_jobs().await?;
/// for id in executing.ids.unwrap_or_default() {
///     println!("{id}");
/// }
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ExecutingJobs {
    /// Their ids; none when the form of the response is unknown, which does not
    /// mean that no job is executing.
    pub ids: Option<Vec<String>>,
    /// The response.
    pub raw: Value,
}

/// The vendor's own client expects a list of ids; another version of the service
/// responds with an object. Either may contain lists of ids or of jobs.
fn ids(raw: &Value) -> Option<Vec<String>> {
    let lists: Vec<&Vec<Value>> = match raw {
        Value::Array(list) => vec![list],
        Value::Object(map) => map
            .iter()
            .filter(|(name, list)| is_list_of_jobs(name, list))
            .filter_map(|(_, list)| list.as_array())
            .collect(),
        _ => return None,
    };
    if lists.is_empty() {
        return None;
    }
    lists
        .into_iter()
        .flatten()
        .map(|entry| json::id(entry).or_else(|| json::id(entry.get("jobid")?)))
        .collect()
}

/// An empty list of something else does not say that nothing is executing.
fn is_list_of_jobs(name: &str, list: &Value) -> bool {
    let name = name.to_lowercase();
    let is_empty = list.as_array().is_some_and(Vec::is_empty);
    !is_empty || name.contains("job") || name.contains("executing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_in_any_list_of_jobs() {
        let two = Some(vec!["1".to_owned(), "2".to_owned()]);
        for (raw, expected) in [
            (json!(["1", "2"]), &two),
            (json!([{"jobid": "1"}, {"jobid": "2"}]), &two),
            (json!({"count": 2, "jobs": [{"jobid": "1"}, "2"]}), &two),
            (json!([]), &Some(Vec::new())),
            (json!({"executing": 2}), &None),
            (json!({"executing": 1, "errors": []}), &None),
            (json!({"executingJobs": []}), &Some(Vec::new())),
            (json!([1, {"jobid": 2}]), &two),
            (json!([1.5]), &None),
            (json!([["1"]]), &None),
            (json!(null), &None),
            (json!("1"), &None),
        ] {
            assert_eq!(&ids(&raw), expected, "{raw}");
        }
    }
}
