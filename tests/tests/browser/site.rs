//! A host of static files.

use std::path::Path;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;
use url::Url;

/// Serves a folder on a free loopback port, until it is dropped.
pub(crate) struct Site {
    base: Url,
    task: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn serve(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let files = Router::new().fallback_service(ServeDir::new(folder));
        Self {
            base: base.parse().unwrap(),
            task: tokio::spawn(async { axum::serve(listener, files).await.unwrap() }),
        }
    }

    /// The address of a path there.
    pub(crate) fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}
