//! Resolves the names of image hosts, and applies the address policy to the result.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::Url;

use crate::address::AddressPolicy;

/// How long to wait for the addresses of a name before a request is sent. Behind a
/// proxy only the proxy may be able to resolve it.
const LOOKUP: Duration = Duration::from_secs(2);

tokio::task_local! {
    /// The host of the request that is being made.
    static TARGET: Target;
}

#[derive(Clone, Debug)]
struct Target {
    name: String,
    /// None when it is not a name, or could not be resolved in time.
    found: Option<Vec<SocketAddr>>,
}

/// Resolves names for connections.
///
/// A connection for a request goes to the request's host, or else to a proxy, which
/// the caller chose: a proxy may be anywhere, the host may not, also when both have
/// the same name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver(pub(crate) AddressPolicy);

impl Resolver {
    /// Makes a request for `url`. With a proxy, too, its name is resolved here
    /// first, and rejected when it has an address that is not allowed.
    pub(crate) async fn request<F: Future>(
        self,
        url: &Url,
        request: F,
    ) -> Result<F::Output, String> {
        let found = match url.domain() {
            Some(name) => match timeout(LOOKUP, lookup_host((name, 0))).await {
                Ok(Ok(found)) => Some(self.checked(name, found)?),
                Ok(Err(_)) | Err(_) => None,
            },
            None => None,
        };
        let name = url.host_str().unwrap_or_default().to_owned();
        Ok(TARGET.scope(Target { name, found }, request).await)
    }

    fn checked(
        self,
        name: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, String> {
        found
            .map(|address| {
                let outcome = self.0.check_address(address.ip());
                outcome.map(|()| address)
            })
            .collect::<Result<_, _>>()
            .map_err(|problem| format!("names {name}, which {problem}"))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        // What is not known to be a connection to a proxy is one to the host.
        let target = TARGET.try_with(Target::clone).ok();
        let is_proxy = target
            .as_ref()
            .is_some_and(|target| !target.name.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            if !is_proxy && let Some(found) = target.and_then(|target| target.found) {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            let found = lookup_host((name.as_str(), 0)).await?;
            if is_proxy {
                return Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs);
            }
            match resolver.checked(name.as_str(), found) {
                Ok(found) => Ok(Box::new(found.into_iter()) as Addrs),
                Err(problem) => Err(Box::<dyn StdError + Send + Sync>::from(io::Error::other(
                    problem,
                ))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(addresses: AddressPolicy) -> bool {
        let name = "localhost".parse().unwrap();
        Resolver(addresses).resolve(name).await.is_ok()
    }

    #[tokio::test]
    async fn private_name_is_rejected_before_the_request() {
        let url = Url::parse("http://localhost/a.png").unwrap();
        let request = async { panic!("it was sent") };
        let outcome = Resolver(AddressPolicy::PublicOnly)
            .request(&url, request)
            .await;
        let problem = outcome.unwrap_err();
        assert!(
            problem.starts_with("names localhost, which points at"),
            "{problem}"
        );
        let request = resolve(AddressPolicy::AllowLocal);
        let outcome = Resolver(AddressPolicy::AllowLocal)
            .request(&url, request)
            .await;
        assert_eq!(outcome, Ok(true));
    }

    #[tokio::test]
    async fn only_connection_to_proxy_may_be_private() {
        let elsewhere = Url::parse("http://162.159.128.233/a.png").unwrap();
        let request = resolve(AddressPolicy::PublicOnly);
        let outcome = Resolver(AddressPolicy::PublicOnly)
            .request(&elsewhere, request)
            .await;
        assert_eq!(outcome, Ok(true));

        // A host of the proxy's own name, and a connection for no request.
        let target = Target {
            name: "LOCALHOST".to_owned(),
            found: None,
        };
        assert!(
            !TARGET
                .scope(target, resolve(AddressPolicy::PublicOnly))
                .await
        );
        assert!(!resolve(AddressPolicy::PublicOnly).await);
    }
}
