//! Which controllers run: the rules of `--controllers`.

use std::collections::BTreeMap;

use crate::flags::nearest;

/// What is known of one of the reference's controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownController {
    pub name: &'static str,
    /// Its name before 1.28; empty if it had none.
    pub alias: &'static str,
    /// Whether `*` means it too.
    pub on_by_default: bool,
}

/// A parsed `--controllers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Whether everything that is on by default is wanted.
    everything: bool,
    /// What was said of single controllers.
    named: BTreeMap<&'static str, bool>,
}

/// `--controllers` names something that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not in the list of known controllers{}", .meant.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default())]
pub struct UnknownController {
    name: String,
    meant: Option<&'static str>,
}

/// The reference's controllers.
pub fn known_controllers() -> Vec<KnownController> {
    let text = include_str!("../data/kube-controller-manager-controllers.tsv");
    let lines = text.lines().map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        KnownController { name: next(), alias: next(), on_by_default: next() != "off" }
    });
    lines.collect()
}

impl Selection {
    /// Reads the items of the flag: `*` is everything that is on by default, `foo` is on, `-foo` is
    /// off, and the first word about a controller counts.
    ///
    /// # Errors
    /// A name is no controller's.
    pub fn parse(items: &[String]) -> Result<Self, UnknownController> {
        let known = known_controllers();
        let mut selection = Self { everything: false, named: BTreeMap::new() };
        for item in items {
            if item == "*" {
                selection.everything = true;
                continue;
            }
            let (name, wanted) =
                item.strip_prefix('-').map_or((item.as_str(), true), |name| (name, false));
            let is_it = |known: &&KnownController| known.name == name || known.alias == name;
            let Some(found) = known.iter().find(is_it).filter(|_| !name.is_empty()) else {
                let names = known.iter().flat_map(|known| [known.name, known.alias]);
                let meant = nearest(name, names.filter(|name| !name.is_empty()));
                return Err(UnknownController { name: name.to_owned(), meant });
            };
            selection.named.entry(found.name).or_insert(wanted);
        }
        Ok(selection)
    }

    /// Whether a controller is wanted, by its canonical name.
    pub fn wants(&self, name: &str) -> bool {
        let by_default = || {
            let known = known_controllers().into_iter().find(|known| known.name == name);
            self.everything && known.is_some_and(|known| known.on_by_default)
        };
        self.named.get(name).copied().unwrap_or_else(by_default)
    }

    /// The controllers that are wanted by name.
    pub fn asked_for(&self) -> impl Iterator<Item = &'static str> {
        self.named.iter().filter(|(_, wanted)| **wanted).map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    const NAMES: [&str; 4] =
        ["deployment-controller", "job-controller", "token-cleaner-controller", "ttl-controller"];

    /// Which of four controllers run; the third is off by default.
    fn check(flag: &str, wanted: &str) {
        let items: Vec<String> = flag.split(',').map(ToOwned::to_owned).collect();
        let shown = match Selection::parse(&items) {
            Ok(selection) => {
                let running: Vec<&str> =
                    NAMES.into_iter().filter(|name| selection.wants(name)).collect();
                running.join(" ").replace("-controller", "")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, wanted, "--controllers={flag}");
    }

    #[test]
    fn a_star_means_everything_that_is_on_by_default() {
        check("*", "deployment job ttl");
    }
    #[test]
    fn what_is_off_by_default_runs_when_it_is_named() {
        check("*,token-cleaner-controller", "deployment job token-cleaner ttl");
    }
    #[test]
    fn a_minus_takes_one_away() {
        check("*,-job-controller", "deployment ttl");
        check("-job-controller,*", "deployment ttl");
    }
    #[test]
    fn without_a_star_only_what_is_named_runs() {
        check("job-controller", "job");
        check("-job-controller", "");
    }
    #[test]
    fn the_first_word_about_a_controller_counts() {
        check("*,-job-controller,job-controller", "deployment ttl");
        check("job-controller,-job-controller", "job");
    }
    #[test]
    fn old_names_are_understood() {
        check("deployment,tokencleaner", "deployment token-cleaner");
        check("*,-deployment", "job ttl");
    }
    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        check(
            "*,-jobs-controller",
            r#""jobs-controller" is not in the list of known controllers (did you mean job-controller?)"#,
        );
        check(
            "deployments",
            r#""deployments" is not in the list of known controllers (did you mean deployment?)"#,
        );
        check("", r#""" is not in the list of known controllers"#);
    }

    /// Where the reference's tables lie beside the project, both must agree.
    #[test]
    fn the_controllers_are_the_references() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/reference/api-facts/controllers.tsv");
        let Ok(text) = fs::read_to_string(path) else { return };
        let theirs = text.lines().skip(1).map(|line| {
            let columns: Vec<String> = line.split('\t').map(ToOwned::to_owned).collect();
            (columns[0].clone(), columns[1].clone(), columns[2] != "no")
        });
        let ours = known_controllers().into_iter();
        let ours =
            ours.map(|known| (known.name.to_owned(), known.alias.to_owned(), known.on_by_default));
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
    }
}
