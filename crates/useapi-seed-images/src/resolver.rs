//! Resolves the names of image hosts, and applies the address policy to the result.

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
    /// The host of the request that is being made, and its addresses; None when it is
    /// not a name, or could not be resolved in time.
    static TARGET: (String, Option<Vec<SocketAddr>>);
}

impl AddressPolicy {
    /// Makes a request for `url`. With a proxy, too, its name is resolved here
    /// first, and rejected when it has an address that is not allowed.
    pub(crate) async fn request<F: Future>(
        self,
        url: &Url,
        request: F,
    ) -> Result<F::Output, String> {
        let name = url.host_str().unwrap_or_default().to_owned();
        let mut addresses = None;
        if url.domain().is_some()
            && let Ok(Ok(found)) = timeout(LOOKUP, lookup_host((&*name, 0))).await
        {
            addresses = Some(self.check_all(&name, found)?);
        }
        Ok(TARGET.scope((name, addresses), request).await)
    }

    /// All addresses of a name, if all are allowed.
    fn check_all(
        self,
        name: &str,
        found: impl Iterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, String> {
        let checked = found.map(|found| self.check_address(found.ip()).map(|()| found));
        let checked: Result<_, _> = checked.collect();
        checked.map_err(|problem| format!("names {name}, which {problem}"))
    }
}

/// Resolves names for connections.
///
/// A connection for a request goes to the request's host, or else to a proxy, which
/// the caller chose: a proxy may be anywhere, the host may not, also when both have
/// the same name.
impl Resolve for AddressPolicy {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = *self;
        // What is not known to be a connection to a proxy is one to the host.
        let target = TARGET.try_with(Clone::clone).ok();
        Box::pin(async move {
            let is_host = |(host, _): &(String, _)| host.eq_ignore_ascii_case(name.as_str());
            let is_proxy = target.as_ref().is_some_and(|target| !is_host(target));
            let addresses = match target {
                Some((_, Some(addresses))) if !is_proxy => addresses,
                _ => {
                    let found = lookup_host((name.as_str(), 0)).await?;
                    if is_proxy {
                        found.collect()
                    } else {
                        let checked = policy.check_all(name.as_str(), found);
                        checked.map_err(io::Error::other)?
                    }
                }
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC_ONLY: AddressPolicy = AddressPolicy { allow_local: false };
    const LOCAL_TOO: AddressPolicy = AddressPolicy { allow_local: true };

    async fn resolve(addresses: AddressPolicy) -> bool {
        let name = "localhost".parse().unwrap();
        addresses.resolve(name).await.is_ok()
    }

    #[tokio::test]
    async fn private_name_is_rejected_before_the_request() {
        let url = Url::parse("http://localhost/a.png").unwrap();
        let request = async { panic!("it was sent") };
        let outcome = PUBLIC_ONLY.request(&url, request).await;
        let problem = outcome.unwrap_err();
        assert!(
            problem.starts_with("names localhost, which points at"),
            "{problem}"
        );
        let request = resolve(LOCAL_TOO);
        let outcome = LOCAL_TOO.request(&url, request).await;
        assert_eq!(outcome, Ok(true));
    }

    #[tokio::test]
    async fn only_connection_to_proxy_may_be_private() {
        let elsewhere = Url::parse("http://162.159.128.233/a.png").unwrap();
        let request = resolve(PUBLIC_ONLY);
        let outcome = PUBLIC_ONLY.request(&elsewhere, request).await;
        assert_eq!(outcome, Ok(true));

        // A host of the proxy's own name, and a connection for no request.
        let target = ("LOCALHOST".to_owned(), None);
        assert!(!TARGET.scope(target, resolve(PUBLIC_ONLY)).await);
        assert!(!resolve(PUBLIC_ONLY).await);
    }
}
