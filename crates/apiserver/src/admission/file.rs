//! The file of `--admission-control-config-file`: what plugins are configured with, inside it or in
//! files beside it.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::Value;
use world::Disk;

use super::AdmissionError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    #[serde(default)]
    plugins: Vec<Plugin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plugin {
    name: String,
    /// A file with the configuration, beside this one if it is relative.
    #[serde(default)]
    path: String,
    #[serde(default)]
    configuration: Value,
}

/// What the file configures, by name of plugin.
///
/// # Errors
/// A file is missing or not understood.
pub fn configurations(
    disk: &dyn Disk,
    file: &Path,
) -> Result<BTreeMap<String, Value>, AdmissionError> {
    let read: File = parse(disk, file)?;
    let is_known = matches!(
        read.api_version.as_str(),
        "apiserver.config.k8s.io/v1" | "apiserver.k8s.io/v1alpha1"
    );
    if !is_known || read.kind != "AdmissionConfiguration" {
        let fault = format!("it is a {} of {}", read.kind, read.api_version);
        return Err(AdmissionError::File { path: file.display().to_string(), fault });
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut configurations = BTreeMap::new();
    for Plugin { name, path, configuration } in read.plugins {
        let configuration = match path.as_str() {
            "" => configuration,
            path => parse(disk, &folder.join(path))?,
        };
        configurations.insert(name, configuration);
    }
    Ok(configurations)
}

fn parse<T: for<'de> Deserialize<'de>>(disk: &dyn Disk, file: &Path) -> Result<T, AdmissionError> {
    let path = || file.display().to_string();
    let text = disk.read(file);
    let text = text.map_err(|source| AdmissionError::Unreadable { path: path(), source })?;
    serde_saphyr::from_slice(&text)
        .map_err(|error| AdmissionError::File { path: path(), fault: error.to_string() })
}
