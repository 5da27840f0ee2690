// SPDX-License-Identifier: Apache-2.0
//! Which pipeline files are compiled in.

use std::fs;
use std::path::{Path, PathBuf};

use tracecore_schema::nearest;

use crate::words::listed;

/// The folder of a package whose files are compiled unless others are selected.
pub(super) const FOLDER: &str = "pipelines";

/// The selected files, and what a change of the selection would show in.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) files: Vec<PathBuf>,
    /// Files and folders. One that is missing makes cargo run the build script again, which is
    /// right while that is the mistake.
    pub(super) watched: Vec<PathBuf>,
}

/// The files that a selection names: stems in `pipelines/`, files and folders, separated by
/// commas; nothing means all of `pipelines/`.
pub(super) fn select(package: &Path, selection: &str) -> Result<Selected, String> {
    let mut selected = Selected::default();
    let names: Vec<_> = selection.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        selected.folder(&package.join(FOLDER)).map_err(|why| format!("error: {FOLDER}/: {why}\n"))?;
    }
    for name in names {
        selected.name(package, name)?;
    }
    selected.files.sort();
    selected.files.dedup();
    Ok(selected)
}

impl Selected {
    fn name(&mut self, package: &Path, name: &str) -> Result<(), String> {
        let path = package.join(name);
        if path.is_dir() {
            return self.folder(&path).map_err(|why| format!("error: {name}/: {why}\n"));
        }
        let in_folder = |extension| package.join(FOLDER).join(format!("{name}.{extension}"));
        let candidates = [path, in_folder("yaml"), in_folder("yml")];
        if let Some(file) = candidates.into_iter().find(|path| path.is_file()) {
            self.watched.push(file.clone());
            self.files.push(file);
            return Ok(());
        }
        let stems: Vec<String> =
            yaml(&package.join(FOLDER)).unwrap_or_default().iter().filter_map(|p| stem(p)).collect();
        let stems = || stems.iter().map(String::as_str);
        let help = match nearest(name, stems()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{FOLDER}/ has {}", listed(stems())),
        };
        let variable = super::SELECTION;
        Err(format!(
            "error: {variable} names `{name}`, which is no pipeline file and no folder\n  = help: {help}\n"
        ))
    }

    fn folder(&mut self, folder: &Path) -> Result<(), String> {
        self.watched.push(folder.to_owned());
        let files = yaml(folder).map_err(|error| error.to_string())?;
        if files.is_empty() {
            return Err("there is no pipeline file (`*.yaml`) in it".to_owned());
        }
        self.watched.extend(files.iter().cloned());
        self.files.extend(files);
        Ok(())
    }
}

fn yaml(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let fits = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if fits && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::fs;

    use super::select;

    #[test]
    fn files_are_selected_by_stem_path_and_folder() {
        let package = tempfile::tempdir().unwrap();
        let root = package.path();
        fs::create_dir_all(root.join("pipelines")).unwrap();
        fs::create_dir_all(root.join("more")).unwrap();
        for file in ["pipelines/a.yaml", "pipelines/b.yml", "pipelines/README.md", "more/c.yaml"] {
            fs::write(root.join(file), "").unwrap();
        }
        let files = |selection: &str| {
            let selected = select(root, selection).unwrap();
            let names =
                selected.files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(files(""), "a.yaml b.yml");
        assert_eq!(files("a"), "a.yaml");
        assert_eq!(files("more, b,a,"), "c.yaml a.yaml b.yml");
        assert_eq!(files("more/c.yaml,a,a"), "c.yaml a.yaml");
        let error = select(root, "more/d.yaml").unwrap_err();
        assert!(error.contains("names `more/d.yaml`"), "{error}");
        fs::write(root.join("pipelines/default.yaml"), "").unwrap();
        assert!(select(root, "defualt").unwrap_err().contains("did you mean `default`?"));
    }

    #[test]
    fn an_empty_or_missing_folder_is_a_mistake() {
        let package = tempfile::tempdir().unwrap();
        assert!(select(package.path(), "").is_err());
        fs::create_dir_all(package.path().join("pipelines")).unwrap();
        assert!(select(package.path(), "").unwrap_err().contains("no pipeline file"));
    }
}
