//! Names of image hosts, held to the same rule as addresses.

use std::env;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::address::Addresses;

/// The environment's proxies, as HTTP clients look for them.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
];

/// Resolves names to the addresses that may be fetched from.
#[derive(Debug)]
pub(super) struct Resolver {
    addresses: Addresses,
    /// Hosts that the caller chose, not an answer: these may be anywhere.
    proxies: Arc<[String]>,
}

impl Resolver {
    pub(super) fn new(addresses: Addresses) -> Self {
        let proxies = PROXIES.iter().filter_map(|name| {
            let value = env::var(name).ok()?;
            let url = Url::parse(&value).or_else(|_| Url::parse(&format!("http://{value}")));
            Some(url.ok()?.host_str()?.to_owned())
        });
        Self {
            addresses,
            proxies: proxies.collect(),
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self.proxies.iter().any(|proxy| proxy == name.as_str());
        let addresses = if is_proxy {
            Addresses::Local
        } else {
            self.addresses
        };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await?
                .filter(|address| addresses.allows(address.ip()))
                .collect();
            if found.is_empty() {
                let fault = format!("{} has no public address", name.as_str());
                return Err(Box::<dyn StdError + Send + Sync>::from(fault));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_of_private_addresses_are_refused_but_for_proxies() {
        for (addresses, proxies, resolves) in [
            (Addresses::Public, [].as_slice(), false),
            (Addresses::Public, &["localhost".to_owned()], true),
            (Addresses::Local, &[], true),
        ] {
            let resolver = Resolver {
                addresses,
                proxies: proxies.into(),
            };
            let outcome = resolver.resolve("localhost".parse().unwrap()).await;
            assert_eq!(outcome.is_ok(), resolves, "{addresses:?} {proxies:?}");
        }
    }
}
