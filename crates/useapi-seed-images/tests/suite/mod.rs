//! What every sink must do. Each backend runs the same tests.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{TryStreamExt, future};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use useapi_seed_images::{Downloader, ImageSource, PutMode, Sink, SinkError, find};
use useapi_seed_tests::{PNG, Request, Response, Stub, wait_until};

/// Names the backend of a child process, and its host.
const BACKEND: &str = "SINK_TEST_BACKEND";
const HOST: &str = "SINK_TEST_HOST";

/// A sink, and what it holds: names and contents, sorted.
pub(crate) trait Backend {
    fn sink(&self) -> &dyn Sink;
    fn contents(&self) -> impl Future<Output = Vec<(String, Vec<u8>)>>;

    async fn names(&self) -> Vec<String> {
        let contents = self.contents().await;
        contents.into_iter().map(|(name, _)| name).collect()
    }
}

/// The names and contents of the objects below a prefix, sorted.
pub(crate) async fn objects(
    store: &dyn ObjectStore,
    prefix: Option<&Path>,
) -> Vec<(String, Vec<u8>)> {
    let objects: Vec<_> = store.list(prefix).try_collect().await.unwrap();
    let mut contents = Vec::new();
    for object in objects {
        let content = store.get(&object.location).await.unwrap();
        let name = object.location.filename().unwrap().to_owned();
        contents.push((name, content.bytes().await.unwrap().to_vec()));
    }
    contents.sort();
    contents
}

fn downloader() -> Downloader {
    let builder = Downloader::builder().allow_local_addresses(true);
    builder.build().unwrap()
}

/// Has the same image at every path; the first response at `/2` stops in the middle.
async fn start_host() -> Stub {
    let has_stalled = AtomicBool::new(false);
    Stub::start(move |request| {
        if request.target() == "/2" && !has_stalled.swap(true, Ordering::SeqCst) {
            Response::png().stall_after(PNG.len() / 2)
        } else {
            Response::png()
        }
    })
    .await
}

async fn second_is_half_sent(host: &Stub) {
    let is_second = |request: &Request| request.target() == "/2";
    wait_until(|| host.requests().iter().any(is_second)).await;
}

fn source(host: &str, number: usize) -> ImageSource {
    let mut source = ImageSource::new(number, format!("http://{host}/{number}"));
    source.size = Some(PNG.len() as u64);
    source
}

/// All tests but those with another process. The backend is empty at first.
pub(crate) async fn run(backend: &impl Backend) {
    image_is_stored_and_reused(backend).await;
    second_put_already_exists(backend).await;
    other_image_of_same_name_is_kept(backend).await;
    documents_are_created_or_replaced(backend).await;
    names_cannot_lead_elsewhere(backend).await;
    cancelled_save_leaves_complete_images(backend).await;
}

async fn image_is_stored_and_reused(backend: &impl Backend) {
    let host = start_host().await;
    let source = source(host.address(), 1);
    assert_eq!(find(&source, backend.sink()).await.unwrap(), None);
    let saved = downloader().save(&source, backend.sink()).await.unwrap();
    assert_eq!((&*saved.name, saved.reused), ("image-1.png", false));
    assert_eq!(saved.media_type, "image/png");
    assert_eq!(saved.dimensions, Some((1, 1)));
    let stored = [("image-1.png".to_owned(), PNG.to_vec())];
    assert_eq!(backend.contents().await, stored);

    let again = downloader().save(&source, backend.sink()).await.unwrap();
    assert!(again.reused);
    assert_eq!(again.name, saved.name);
    assert_eq!(find(&source, backend.sink()).await.unwrap(), Some(again));
    assert_eq!(host.requests().len(), 1);
}

async fn second_put_already_exists(backend: &impl Backend) {
    let host = start_host().await;
    let (downloader, source) = (downloader(), source(host.address(), 3));
    let image = downloader.download(&source).await.unwrap();
    assert_eq!((image.size(), image.extension()), (PNG.len() as u64, "png"));
    assert_eq!(image.bytes().await.unwrap(), PNG);
    let outcome = backend.sink().put_image("image-1", image).await;
    let error = outcome.unwrap_err();
    assert!(error.is_already_exists(), "{error:?}");
    assert!(matches!(error, SinkError::AlreadyExists(name) if name == "image-1.png"));
    assert_eq!(backend.names().await, ["image-1.png"]);

    // Whole or in chunks, it is the same.
    let image = downloader.download(&source).await.unwrap();
    let chunks = image.into_stream();
    let chunks: Vec<_> = chunks.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), PNG);
}

async fn other_image_of_same_name_is_kept(backend: &impl Backend) {
    let host = start_host().await;
    let mut source = source(host.address(), 1);
    source.size = Some(7);
    let outcome = downloader().save(&source, backend.sink()).await;
    let error = outcome.unwrap_err();
    assert!(error.is_already_exists(), "{error:?}");
    assert_eq!(backend.names().await, ["image-1.png"]);
}

async fn documents_are_created_or_replaced(backend: &impl Backend) {
    let put = |text: &'static str, mode| backend.sink().put_document("a.json", text.into(), mode);
    put("1", PutMode::Create).await.unwrap();
    let error = put("2", PutMode::Create).await.unwrap_err();
    assert!(error.is_already_exists(), "{error:?}");
    assert_eq!(backend.contents().await.swap_remove(0).1, b"1");
    put("3", PutMode::Overwrite).await.unwrap();
    assert_eq!(backend.contents().await.swap_remove(0).1, b"3");
    assert_eq!(backend.names().await, ["a.json", "image-1.png"]);
}

async fn names_cannot_lead_elsewhere(backend: &impl Backend) {
    for name in ["../a.json", "a/b.json", "/a.json", ".."] {
        let put = backend
            .sink()
            .put_document(name, "".into(), PutMode::Create);
        let error = put.await.unwrap_err();
        assert!(matches!(error, SinkError::InvalidName(_)), "{error:?}");
    }
    assert_eq!(backend.names().await.len(), 2);
}

/// Until the second image has been sent in half.
async fn cancelled_save_leaves_complete_images(backend: &impl Backend) {
    let host = start_host().await;
    let job = save_job(backend.sink(), host.address());
    let half = second_is_half_sent(&host);
    match future::select(Box::pin(job), Box::pin(half)).await {
        future::Either::Left(_) => panic!("the second image was complete"),
        future::Either::Right(_) => {}
    }
    assert_eq!(backend.names().await, ["a.json", "image-1.png"]);
    resume(backend, &host).await;
    let names = ["a.json", "image-1.png", "image-2.png", "job.json"];
    assert_eq!(backend.names().await, names);
}

/// Two images, and then the document that marks the job as complete.
async fn save_job(sink: &dyn Sink, host: &str) -> usize {
    let mut reused = 0;
    for number in [1, 2] {
        let saved = downloader().save(&source(host, number), sink).await;
        reused += usize::from(saved.unwrap().reused);
    }
    let put = sink.put_document("job.json", "{}".into(), PutMode::Create);
    put.await.unwrap();
    reused
}

async fn resume(backend: &impl Backend, host: &Stub) {
    let requests = host.requests().len();
    assert_eq!(save_job(backend.sink(), host.address()).await, 1);
    assert_eq!(host.requests().len(), requests + 1);
}

/// Kills another process while it downloads the second image, and shows that only
/// complete images are left, and that the next process completes the job. The
/// backend is empty at first; the test `child` has it by this name, and calls
/// [`child`].
pub(crate) async fn kill(backend: &impl Backend, child: &str, name: &str, leftovers: usize) {
    let host = start_host().await;
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .args(["--exact", "--ignored", child])
        .env(BACKEND, name)
        .env(HOST, host.address())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    second_is_half_sent(&host).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let names = backend.names().await;
    let (hidden, shown): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name.starts_with('.'));
    assert_eq!(shown, ["image-1.png"]);
    assert_eq!(hidden.len(), leftovers, "{hidden:?}");

    resume(backend, &host).await;
    let names = ["image-1.png", "image-2.png", "job.json"];
    assert_eq!(backend.names().await, names);
}

/// The child process of [`kill`].
pub(crate) async fn child(sink: impl FnOnce(&str) -> Box<dyn Sink>) {
    let variable = |name| std::env::var(name).unwrap();
    let sink = sink(&variable(BACKEND));
    save_job(&*sink, &variable(HOST)).await;
}
