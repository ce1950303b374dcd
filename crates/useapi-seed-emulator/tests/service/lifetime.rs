//! Starting and ending.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;
use useapi_seed_emulator::{Emulator, StartError};

use crate::caller::Caller;

fn addresses(caller: &Caller) -> [SocketAddr; 2] {
    let images = caller.image_base_url().trim_start_matches("http://");
    [caller.authority(), images].map(|address| address.parse().unwrap())
}

#[tokio::test]
async fn emulator_listens_on_two_loopback_ports() {
    let caller = Caller::start().await;
    let [api, images] = addresses(&caller);
    assert!(api.ip().is_loopback() && images.ip().is_loopback());
    assert_ne!(api.port(), images.port());
}

#[tokio::test]
async fn taken_port_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Emulator::builder().port(port).start().await.unwrap_err();
    assert!(matches!(error, StartError::PortTaken { port: named } if named == port));
    let shown = error.to_string();
    assert!(shown.contains(&format!("port {port} is in use")), "{shown}");
}

#[tokio::test]
async fn paused_clock_resumes() {
    let caller = Caller::start().await;
    assert!(caller.set_time_scale(0.0).is_err());
    caller.set_time_scale(f64::MAX).unwrap();
    // A job's 31 days are over.
    assert_eq!(caller.get(&caller.jobs().imagine).await.0, 404);
}

#[tokio::test]
async fn time_scale_must_be_positive() {
    let error = Emulator::builder().time_scale(-0.0).start().await;
    assert!(matches!(error, Err(StartError::TimeScale(_))), "{error:?}");
    let slowest = Caller::of(Emulator::builder().time_scale(f64::MIN_POSITIVE)).await;
    assert_eq!(slowest.get(&slowest.jobs().imagine).await.0, 200);
}

#[tokio::test]
async fn drop_closes_ports_and_connections() {
    let caller = Caller::start().await;
    let addresses = addresses(&caller);
    let open = addresses.map(|address| TcpStream::connect(address).unwrap());
    assert_eq!(caller.get(&caller.jobs().progress).await.0, 200);
    drop(caller);
    for (address, mut open) in addresses.into_iter().zip(open) {
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        open.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        match open.read(&mut [0; 1]) {
            Ok(count) => assert_eq!(count, 0),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
}

#[tokio::test]
async fn port_is_free_after_drop() {
    let mut port = 0;
    for _ in 0..5 {
        let caller = Caller::of(Emulator::builder().port(port)).await;
        assert_eq!(caller.get(&caller.jobs().progress).await.0, 200);
        let [api, _] = addresses(&caller);
        assert!(port == 0 || port == api.port());
        port = api.port();
    }
}

#[test]
fn emulator_outlives_the_starting_runtime() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let caller = runtime().block_on(Caller::start());
    let (status, _) = runtime().block_on(caller.get(&caller.jobs().progress));
    assert_eq!(status, 200);
}

#[tokio::test]
async fn emulators_share_nothing() {
    let first = Caller::start().await;
    let others = [Caller::start().await, Caller::start().await];
    let halted = &first.jobs().halted;
    assert_eq!(first.submit(halted).await.0, 596);
    for _ in 0..3 {
        first.start_job(&first.jobs().imagine).await;
    }
    for other in others {
        // The first response of a halted account, not a later one.
        let (status, job) = other.submit(halted).await;
        assert_eq!((status, &job["status"]), (596, &json!("failed")));
        other.start_job(&first.jobs().imagine).await;
    }
}
