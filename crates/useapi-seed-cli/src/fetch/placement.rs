//! Where the images of a job are: beside its `seed.json`, or below the output
//! directory, under names from a template.
//!
//! In the second case the job's other files are in `.useapi-seed/JOB/`. Its images are
//! saved there first. Then `seed.json` is written with the final names of those that are
//! saved, relative to the output directory, and then they are moved.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use same_file::is_same_file;

use super::output_dir::STATE_DIR;
use super::seed_file::{self, ImageFile};
use crate::atomic_file;
use crate::error::CliError;

/// Moves images that are not moved yet from a job's directory to their final names below
/// `base`. It can be repeated after it was interrupted, and never replaces a file.
pub(crate) fn move_images(
    job_dir: &Path,
    base: &Path,
    files: &[ImageFile],
) -> Result<(), CliError> {
    let mut outcome = Ok(());
    for image in files {
        let Some(name) = &image.file else { continue };
        let moved = move_image(job_dir, base, name, image).map_err(|cause| {
            let target = base.join(name);
            let message = format!("cannot move an image to {}: {cause}", target.display());
            match (cause.kind(), CliError::file(message)) {
                (io::ErrorKind::AlreadyExists, error) => {
                    error.hint("Move or rename that file, then run the same command again.")
                }
                (_, error) => error,
            }
        });
        outcome = outcome.and(moved);
    }
    outcome
}

/// The names below `base` that killed processes have chosen for images, and not moved
/// them to yet.
pub(crate) fn reserved_names(base: &Path) -> BTreeSet<String> {
    let states = fs::read_dir(base.join(STATE_DIR)).into_iter().flatten();
    let states = states.flatten().map(|entry| entry.path());
    states
        .filter_map(|state| Some((seed_file::read_as_is(&state).ok()??.files, state)))
        .flat_map(|(files, state)| {
            let is_unmoved = move |image: &ImageFile| {
                atomic_file::size(&image.unmoved_path(&state)?)?;
                image.file.clone()
            };
            files
                .into_iter()
                .filter_map(move |image| is_unmoved(&image))
        })
        .collect()
}

fn move_image(job_dir: &Path, base: &Path, name: &str, image: &ImageFile) -> io::Result<()> {
    let target = base.join(name);
    let source = image.unmoved_path(job_dir).unwrap_or_default();
    let has_size = |path: &Path| image.size.is_some() && atomic_file::size(path) == image.size;
    if has_size(&source) {
        // Where a file system cannot rename without replacing, it is linked first.
        if target != source && is_same_file(&source, &target).unwrap_or(false) {
            return fs::remove_file(&source);
        }
    }
    if target == source || (has_size(&target) && !source.exists()) {
        return Ok(());
    }
    let directory = target.parent().unwrap_or(base);
    fs::create_dir_all(directory)?;
    atomic_file::rename_new(&source, &target)?;
    // The directories outlive a loss of power, too.
    atomic_file::sync(job_dir)?;
    let below = |directory: &&Path| directory.starts_with(base);
    let mut directories = directory.ancestors().take_while(below);
    directories.try_for_each(atomic_file::sync)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(usize, &str, u64)]) -> Vec<ImageFile> {
        let file = |(number, name, size): &(usize, &str, u64)| {
            let json = serde_json::json!({
                "number": number, "file": name, "size": size, "differences": [],
            });
            serde_json::from_value(json).unwrap()
        };
        entries.iter().map(file).collect()
    }

    #[test]
    fn interrupted_move_can_be_repeated() {
        let files = files(&[(1, "x/y/1.png", 1), (2, "x/2.webp", 2), (3, "3.png", 3)]);
        let images = [
            ("image-1.png", "1"),
            ("image-2.webp", "22"),
            ("image-3.png", "333"),
        ];
        for moved in 0..=3 {
            for is_linked in [false, true] {
                let root = tempfile::tempdir().unwrap();
                let state = root.path().join(".useapi-seed/5");
                fs::create_dir_all(&state).unwrap();
                for (name, content) in images {
                    fs::write(state.join(name), content).unwrap();
                }
                move_images(&state, root.path(), &files[..moved]).unwrap();
                if is_linked && let Some((name, content)) = images[..moved].last() {
                    let target = root.path().join(files[moved - 1].file.as_ref().unwrap());
                    assert_eq!(fs::read_to_string(&target).unwrap(), *content);
                    fs::hard_link(target, state.join(name)).unwrap();
                }
                for _ in 0..2 {
                    move_images(&state, root.path(), &files).unwrap();
                }
                for (image, (_, content)) in files.iter().zip(images) {
                    let path = root.path().join(image.file.as_ref().unwrap());
                    assert_eq!(fs::read_to_string(path).unwrap(), content);
                }
                assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn taken_name_is_an_error_that_names_it() {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join(".useapi-seed/5");
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join("image-1.png"), "1").unwrap();
        fs::write(root.path().join("1.png"), "mine").unwrap();
        let error = move_images(&state, root.path(), &files(&[(1, "1.png", 1)])).unwrap_err();
        assert!(error.message().contains("1.png: "), "{error:?}");
        assert!(error.hint_text().is_some());
        assert_eq!(fs::read(root.path().join("1.png")).unwrap(), b"mine");
        assert!(state.join("image-1.png").exists());

        fs::remove_file(state.join("image-1.png")).unwrap();
        let error = move_images(&state, root.path(), &files(&[(1, "2.png", 1)])).unwrap_err();
        assert!(error.hint_text().is_none(), "{error:?}");
    }
}
