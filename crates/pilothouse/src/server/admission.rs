//! Which admission plugins run and what they are told, by the reference's flags.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Result;
use apiserver::admission::{self, AdmissionOptions, AdmissionSetting};
use clap::{Arg, ArgAction, ArgMatches};
use world::World;

use super::flags::named;

/// Parsed flags.
#[derive(Debug)]
pub(crate) struct AdmissionSettings {
    enable: Vec<String>,
    disable: Vec<String>,
    file: Option<PathBuf>,
}

/// The flags that [`AdmissionSettings::read`] reads.
pub(super) fn arguments() -> Vec<Arg> {
    let list =
        |name, help| named(name, "PLUGINS", help).value_delimiter(',').action(ArgAction::Append);
    let file =
        "What admission plugins are told (AdmissionConfiguration of apiserver.config.k8s.io/v1)";
    vec![
        list("enable-admission-plugins", "Admission plugins that run besides the default ones"),
        list(
            "disable-admission-plugins",
            "Admission plugins that do not run although they are on by default",
        ),
        named("admission-control-config-file", "FILE", file),
    ]
}

impl AdmissionSettings {
    pub(super) fn read(matches: &ArgMatches) -> Self {
        let list = |name: &str| {
            let names = matches.get_many::<String>(name).into_iter().flatten();
            names.filter(|name| !name.is_empty()).cloned().collect()
        };
        Self {
            enable: list("enable-admission-plugins"),
            disable: list("disable-admission-plugins"),
            file: matches.get_one::<String>("admission-control-config-file").map(PathBuf::from),
        }
    }

    /// What the engine is told.
    pub(super) fn open(&self, world: &World) -> Result<Arc<AdmissionOptions>> {
        let configurations = match &self.file {
            None => BTreeMap::new(),
            Some(file) => admission::configurations(&*world.disk, file)?,
        };
        let (enable, disable) = (self.enable.clone(), self.disable.clone());
        let options = AdmissionOptions::new(&AdmissionSetting { enable, disable, configurations })?;
        for plugin in options.inert() {
            tracing::warn!(plugin, "this admission plugin does nothing here");
        }
        Ok(Arc::new(options))
    }
}
