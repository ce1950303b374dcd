//! Rejection of requests to another host.
//!
//! A site's name can resolve to 127.0.0.1 (DNS rebinding). Its pages could then read
//! the token and send callbacks, but not change the name in `Host`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::rejection::Rejection;

/// Runs before everything else. `port` is the own one.
pub(crate) async fn check(State(port): State<u16>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter();
    let mut hosts = hosts.map(|host| host.to_str().unwrap_or_default());
    // A target in absolute form takes precedence over the header.
    let target = request.uri().authority();
    if headers.contains_key(HOST)
        && hosts.all(|host| is_local(host, port))
        && target.is_none_or(|target| is_local(target.as_str(), port))
    {
        return next.run(request).await;
    }
    Rejection::Host(port).into_response()
}

/// An IP address cannot be rebound, and its port may be that of a forwarder.
fn is_local(host: &str, port: u16) -> bool {
    let (name, given) = host.rsplit_once(':').unwrap_or((host, "80"));
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    host.parse::<SocketAddr>().is_ok()
        || host.parse::<IpAddr>().is_ok()
        || in_brackets.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
        || (name.eq_ignore_ascii_case("localhost") && given.parse() == Ok(port))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn host_is_an_address_or_localhost_with_the_port() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.0.0.1:9",
            "[::1]",
            "[::1]:9",
            "192.0.2.1",
            "localhost:8080",
            "LocalHost:8080",
        ] {
            assert!(is_local(host, 8080), "{host}");
        }
        for host in [
            "",
            "localhost",
            "localhost:9",
            "localhost:8080:8080",
            "localhost.example:8080",
            "127.0.0.1.example:8080",
            "example.com",
            "example.com:8080",
            "user@127.0.0.1:8080",
            "2130706433",
            "[::1",
        ] {
            assert!(!is_local(host, 8080), "{host}");
        }
        assert!(is_local("localhost", 80));
    }
}
