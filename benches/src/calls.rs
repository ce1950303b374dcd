//! The two calls, by each client in its own way.

use std::future::Future;
use std::hint::black_box;

use seed_client::apis::configuration::Configuration;
use seed_client::apis::jobs_api::{get_job, retrieve_seed};
use seed_client::models::SeedRequest;

use crate::hand_written;
use crate::service::{Ids, Service};

/// A client that is measured. A call that fails ends the measurement: it would
/// not be the same work.
pub trait Calls {
    /// The client for a service.
    fn new(service: &Service) -> Self;

    /// Starts a seed job.
    fn submit(&self) -> impl Future<Output = ()>;

    /// Asks for a job.
    fn poll(&self, jobid: &str) -> impl Future<Output = ()>;

    /// The ids to ask for.
    fn ids(&self) -> &Ids;
}

/// This workspace's own.
pub struct Ergonomic {
    client: useapi_seed::Client,
    ids: Ids,
}

#[allow(
    clippy::expect_used,
    reason = "a failed call is to end the measurement"
)]
impl Calls for Ergonomic {
    fn new(service: &Service) -> Self {
        let client = useapi_seed::Client::builder(service.token.as_str())
            .base_url(&service.base_url)
            .build()
            .expect("a client");
        Self {
            client,
            ids: service.ids.clone(),
        }
    }

    async fn submit(&self) {
        let submitted = self.client.submit(self.ids.parent.as_str()).await;
        black_box(submitted.expect("a started job"));
    }

    async fn poll(&self, jobid: &str) {
        black_box(self.client.job(jobid).poll().await.expect("a job"));
    }

    fn ids(&self) -> &Ids {
        &self.ids
    }
}

/// The one that the others are compared with.
pub struct HandWritten {
    client: hand_written::Client,
    ids: Ids,
}

#[allow(
    clippy::expect_used,
    reason = "a failed call is to end the measurement"
)]
impl Calls for HandWritten {
    fn new(service: &Service) -> Self {
        Self {
            client: hand_written::Client::new(&service.base_url, &service.token).expect("a client"),
            ids: service.ids.clone(),
        }
    }

    async fn submit(&self) {
        let answer = self.client.submit(&self.ids.parent).await;
        black_box(answer.expect("a started job"));
    }

    async fn poll(&self, jobid: &str) {
        black_box(self.client.job(jobid).await.expect("a job"));
    }

    fn ids(&self) -> &Ids {
        &self.ids
    }
}

/// What OpenAPI Generator makes of this workspace's description.
pub struct Generated {
    configuration: Configuration,
    ids: Ids,
}

#[allow(
    clippy::expect_used,
    reason = "a failed call is to end the measurement"
)]
impl Calls for Generated {
    fn new(service: &Service) -> Self {
        Self {
            configuration: Configuration {
                base_path: service.base_url.clone(),
                bearer_access_token: Some(service.token.clone()),
                ..Configuration::default()
            },
            ids: service.ids.clone(),
        }
    }

    async fn submit(&self) {
        let request = SeedRequest::new(self.ids.parent.clone());
        let job = retrieve_seed(&self.configuration, request).await;
        black_box(job.expect("a started job"));
    }

    async fn poll(&self, jobid: &str) {
        black_box(get_job(&self.configuration, jobid).await.expect("a job"));
    }

    fn ids(&self) -> &Ids {
        &self.ids
    }
}
