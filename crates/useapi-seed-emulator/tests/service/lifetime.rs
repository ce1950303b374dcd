//! Starting and ending.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::json;
use useapi_seed_emulator::{Emulator, StartError};

use crate::caller::{get, post, start, wait_for};

fn address(url: &str) -> SocketAddr {
    let authority = url.trim_start_matches("http://").trim_end_matches("/v2");
    authority.parse().unwrap()
}

fn addresses(emulator: &Emulator) -> [SocketAddr; 2] {
    [emulator.base_url(), emulator.image_base_url()].map(address)
}

#[tokio::test]
async fn it_listens_on_loopback_on_two_ports() {
    let emulator = Emulator::start().await.unwrap();
    let [api, images] = addresses(&emulator);
    assert_eq!(api.ip().to_string(), "127.0.0.1");
    assert_eq!(images.ip().to_string(), "127.0.0.1");
    assert_ne!(api.port(), images.port());
    assert_eq!(emulator.base_url(), format!("http://{api}/v2"));
    assert_eq!(emulator.image_base_url(), format!("http://{images}"));
}

#[tokio::test]
async fn the_port_can_be_chosen() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let emulator = Emulator::builder().port(port).start().await.unwrap();
    assert_eq!(address(emulator.base_url()).port(), port);
    assert_eq!(get(&emulator, &emulator.jobs().progress).await.0, 200);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Emulator::builder().port(port).start().await.unwrap_err();
    assert!(matches!(error, StartError::PortTaken { port: named } if named == port));
    assert!(
        error.to_string().contains(&format!("port {port} is taken")),
        "{error}"
    );
}

#[tokio::test]
async fn a_clock_that_stood_still_is_given_a_speed() {
    let emulator = Emulator::builder().paused().start().await.unwrap();
    let job = start(&emulator, &emulator.jobs().imagine).await;
    assert!(emulator.set_time_scale(0.0).is_err());
    emulator.set_time_scale(600.0).unwrap();
    wait_for(&emulator, job["jobid"].as_str().unwrap(), "completed").await;
}

#[tokio::test]
async fn a_clock_has_to_move_forward() {
    for speed in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Emulator::builder()
            .time_scale(speed)
            .start()
            .await
            .unwrap_err();
        assert!(matches!(error, StartError::TimeScale(_)), "{error}");
        assert!(
            error.to_string().starts_with("the time scale must be"),
            "{error}"
        );
    }
    // At the latter, a job's 31 days are over at once.
    for (speed, status) in [(f64::MIN_POSITIVE, 200), (f64::MAX, 404)] {
        let emulator = Emulator::builder().time_scale(speed).start().await.unwrap();
        assert_eq!(get(&emulator, &emulator.jobs().imagine).await.0, status);
    }
}

#[tokio::test]
async fn dropping_it_closes_ports_and_connections() {
    let emulator = Emulator::start().await.unwrap();
    let addresses = addresses(&emulator);
    let open = addresses.map(|address| TcpStream::connect(address).unwrap());
    assert_eq!(get(&emulator, &emulator.jobs().progress).await.0, 200);
    drop(emulator);
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
async fn a_dropped_emulators_port_can_be_taken_again() {
    let mut port = 0;
    for _ in 0..5 {
        let emulator = Emulator::builder().port(port).start().await.unwrap();
        assert_eq!(get(&emulator, &emulator.jobs().progress).await.0, 200);
        port = address(emulator.base_url()).port();
    }
    assert_ne!(port, 0);
}

#[test]
fn it_needs_no_runtime_of_ours_once_started() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let emulator = runtime().block_on(Emulator::start()).unwrap();
    let (status, _) = runtime().block_on(get(&emulator, &emulator.jobs().progress));
    assert_eq!(status, 200);
}

#[tokio::test]
async fn emulators_know_nothing_of_each_other() {
    let mut emulators = Vec::new();
    for _ in 0..12 {
        emulators.push(Emulator::start().await.unwrap());
    }
    let [first, others @ ..] = emulators.as_slice() else {
        panic!("none");
    };
    let halted = &first.jobs().halted;
    assert_eq!(post(first, json!({ "jobid": halted })).await.0, 596);
    for _ in 0..3 {
        start(first, &first.jobs().imagine).await;
    }
    assert_eq!(others.len(), 11);
    for other in others {
        // The body of the first refusal, not of the later ones.
        let (status, job) = post(other, json!({ "jobid": halted })).await;
        assert_eq!((status, &job["status"]), (596, &json!("failed")));
        start(other, &first.jobs().imagine).await;
    }
}
