//! A server of static files.

use std::path::Path;

use axum::Router;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;
use url::Url;

/// Serves a directory on a free loopback port, as long as the test's runtime.
pub(crate) async fn serve(directory: &Path) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let files = Router::new().fallback_service(ServeDir::new(directory));
    tokio::spawn(async { axum::serve(listener, files).await });
    base.parse().unwrap()
}
