//! The sinks' tests, with the backends that need no server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use useapi_seed_images::{Directory, ObjectStoreSink, Sink};

use super::suite::{self, Backend};

const CHILD: &str = "sinks::child_process";

/// In a directory, by whichever sink.
struct Local {
    sink: Box<dyn Sink>,
    path: PathBuf,
}

impl Local {
    /// As [`suite::kill`] names it.
    fn named(name: &str) -> Self {
        let (kind, path) = name.split_once(':').unwrap();
        let path = PathBuf::from(path);
        let sink: Box<dyn Sink> = match kind {
            "directory" => Box::new(Directory::new(&path)),
            "object-store" => Box::new(file_system(&path)),
            other => panic!("{other}"),
        };
        Self { sink, path }
    }
}

/// With the last component as the prefix.
fn file_system(path: &Path) -> ObjectStoreSink {
    let root = path.parent().unwrap();
    let store = LocalFileSystem::new_with_prefix(root).unwrap();
    let prefix = path.file_name().unwrap().to_str().unwrap();
    ObjectStoreSink::new(Arc::new(store), prefix)
}

impl Backend for Local {
    fn sink(&self) -> &dyn Sink {
        &*self.sink
    }

    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        files(&self.path)
    }
}

fn name(kind: &str, root: &tempfile::TempDir) -> String {
    format!("{kind}:{}", root.path().join("job").display())
}

#[tokio::test]
async fn directory_conforms() {
    let root = tempfile::tempdir().unwrap();
    suite::run(&Local::named(&name("directory", &root))).await;
}

#[tokio::test]
async fn object_store_on_file_system_conforms() {
    let root = tempfile::tempdir().unwrap();
    suite::run(&Local::named(&name("object-store", &root))).await;
}

#[tokio::test]
async fn killed_process_leaves_a_part_that_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let name = name("directory", &root);
    suite::kill(&Local::named(&name), CHILD, &name, 1).await;
}

#[tokio::test]
async fn killed_process_leaves_no_half_object() {
    let root = tempfile::tempdir().unwrap();
    let name = name("object-store", &root);
    suite::kill(&Local::named(&name), CHILD, &name, 0).await;
}

#[tokio::test]
#[ignore = "other tests start it as another process"]
async fn child_process() {
    suite::child(|name| Local::named(name).sink).await;
}

struct Memory {
    store: Arc<InMemory>,
    sink: ObjectStoreSink,
}

impl Backend for Memory {
    fn sink(&self) -> &dyn Sink {
        &self.sink
    }

    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        suite::objects(&*self.store, None).await
    }
}

#[tokio::test]
async fn object_store_in_memory_conforms() {
    let store = Arc::new(InMemory::new());
    let shared: Arc<dyn ObjectStore> = store.clone();
    let sink = ObjectStoreSink::new(shared, "jobs/1");
    suite::run(&Memory { store, sink }).await;
}

/// The files in a directory, hidden ones too.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}
