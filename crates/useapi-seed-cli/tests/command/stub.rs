//! A service that responds as a test wants it to, and a directory in which the command
//! is run against it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use useapi_seed_tests::{PNG, Request, Response};

use crate::process::{CommandExt, Run, command, wait_for};

pub(crate) const TOKEN: &str = "user:1-stub-emulator-token";

pub(crate) struct Stub {
    server: useapi_seed_tests::Stub,
    routes: Arc<Mutex<Vec<Route>>>,
    dir: TempDir,
}

/// What one kind of requests gets.
struct Route {
    /// The start of the request line.
    start: String,
    respond: Box<dyn Fn() -> Response + Send>,
    /// Only the first request gets it.
    is_once: bool,
}

/// The response of the first route that applies.
fn respond(routes: &mut Vec<Route>, request: &Request) -> Response {
    let applies = |route: &Route| request.line.starts_with(&route.start);
    let Some(index) = routes.iter().position(applies) else {
        return Response::text(404, "");
    };
    let response = (routes[index].respond)();
    if routes[index].is_once {
        routes.remove(index);
    }
    response
}

impl Stub {
    pub(crate) fn start() -> Self {
        let routes = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::clone(&routes);
        let server = useapi_seed_tests::Stub::start(move |request| {
            respond(&mut known.lock().unwrap(), request)
        });
        Self {
            server: wait_for(server),
            routes,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Has the result of every job, and its images.
    pub(crate) fn with_result() -> Self {
        let stub = Self::start();
        stub.on_submit(200, stub.job().to_string());
        stub.on_images();
        stub
    }

    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The directory in which the command is run.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir().join(name)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.server.requests().len()
    }

    /// How many of them were for images.
    pub(crate) fn image_requests(&self) -> usize {
        let requests = self.server.requests().into_iter();
        let is_image = |request: &Request| request.line.starts_with("GET /images/");
        requests.filter(is_image).count()
    }

    /// The job IDs that were submitted.
    pub(crate) fn submitted(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter();
        let submissions = requests.filter(|request| request.line.starts_with("POST"));
        let bodies = submissions.map(|request| serde_json::from_slice(&request.body).unwrap());
        bodies
            .map(|body: Value| body["jobid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Forgets its routes.
    pub(crate) fn reset(&self) {
        self.routes.lock().unwrap().clear();
    }

    pub(crate) fn on_submit(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.on("POST /v2/jobs/seed_async ", Response::json(status, body));
    }

    /// Responds to a submission once, as a gateway does.
    pub(crate) fn on_submit_through_gateway(&self, status: u16) {
        let response = Response::html(status).header("location", "/elsewhere");
        self.route("POST /v2/jobs/seed_async ", move || response.clone(), true);
    }

    /// Responds to the list of the executing jobs.
    pub(crate) fn on_list(&self, ids: &[&str]) {
        self.on("GET /v2/jobs ", Response::json(200, json!(ids).to_string()));
    }

    /// Responds to each poll of one job, whose ID needs no encoding but of colons.
    pub(crate) fn on_job(&self, id: &str, body: String) {
        let start = format!("GET /v2/jobs/?jobid={} ", id.replace(':', "%3A"));
        self.on(&start, Response::json(200, body));
    }

    /// Responds to the first poll alone.
    pub(crate) fn on_first_poll(&self, status: u16, body: impl Into<Vec<u8>>) {
        let response = Response::json(status, body);
        self.route("GET /v2/jobs/?", move || response.clone(), true);
    }

    pub(crate) fn on_poll(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.on("GET /v2/jobs/?", Response::json(status, body));
    }

    /// Responds to each poll with another body.
    pub(crate) fn on_each_poll(&self, body: impl Fn() -> String + Send + 'static) {
        self.route("GET /v2/jobs/?", move || Response::json(200, body()), false);
    }

    pub(crate) fn on_images(&self) {
        (1..=4).for_each(|number| self.on_image(number, 200, PNG));
    }

    pub(crate) fn on_image(&self, number: usize, status: u16, body: &[u8]) {
        let response = Response::new(status, "application/octet-stream", body);
        self.on(&format!("GET /images/{number} "), response);
    }

    fn on(&self, start: &str, response: Response) {
        self.route(start, move || response.clone(), false);
    }

    fn route(&self, start: &str, respond: impl Fn() -> Response + Send + 'static, is_once: bool) {
        self.routes.lock().unwrap().push(Route {
            start: start.to_owned(),
            respond: Box::new(respond),
            is_once,
        });
    }

    /// An imagine job with its seed and four images.
    pub(crate) fn job(&self) -> Value {
        self.job_with_files(["a.png"; 4])
    }

    /// The same, with images of these names.
    pub(crate) fn job_with_files(&self, file_names: [&str; 4]) -> Value {
        let url = |number| self.server.url(&format!("images/{number}"));
        let attachments: Vec<Value> = (1..)
            .zip(file_names)
            .map(|(number, name)| json!({"url": url(number), "filename": name}))
            .collect();
        json!({
            "jobid": "20240225-user:1-channel:2",
            "verb": "imagine",
            "status": "completed",
            "content": "**A cat --v 5.2** - <@1> (fast)",
            "seed": {
                "content": "**A cat --v 5.2**\n**Job ID**: 1\n**seed** 77",
                "value": 77,
                "attachments": attachments,
            },
            "code": 200,
        })
    }

    /// Runs a command line against it.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_in(self.dir(), line)
    }

    pub(crate) fn run_in(&self, dir: &Path, line: &str) -> Run {
        command(dir)
            .line(line)
            .at_url(&self.base_url(), TOKEN)
            .run()
    }
}
