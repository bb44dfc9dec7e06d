//! Profiles made of a configuration and the plugins that there are.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use meta::{resource::Resource, text::Text};
use runtime::Informers;
use serde_json::Value;

use super::{
    Configuration, InvalidConfiguration, LeaderElection, ProfileConfiguration, merge::Chosen,
};
use crate::{
    framework::{Arguments, EventInbox, Handle, Plugin, Point, Profile, Registry, Setup},
    plugins::Evictions,
    profiles::Profiles,
    queue::Backoff,
};

/// A configuration with the plugins that it names: what a scheduler is made of. Give it to the informers
/// of a manager with `provide` before the [`Scheduler`](crate::Scheduler) is added; without it, the
/// default profile runs.
#[derive(Debug, Clone)]
pub struct Settings {
    configuration: Configuration,
    registry: Registry,
}

/// A scheduler's parts, made of its settings.
pub(crate) struct Built {
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) backoff: Backoff,
    pub(crate) events: EventInbox,
    pub(crate) handle: Handle,
    pub(crate) evictions: Evictions,
}

impl Settings {
    /// Checks that every profile can be made.
    ///
    /// # Errors
    /// A plugin does not exist or does not take part where it is named, its arguments are wrong, or a
    /// profile has no plugin that sorts or binds.
    pub fn new(
        configuration: Configuration,
        registry: Registry,
    ) -> Result<Self, InvalidConfiguration> {
        let mut settings = Self { configuration, registry };
        settings.configuration.complete();
        settings.build(&mut Informers::default())?;
        Ok(settings)
    }
    /// Which lease is stood for, and how.
    pub const fn leader_election(&self) -> &LeaderElection {
        &self.configuration.leader_election
    }
    /// The names of the profiles: pods choose by them.
    pub fn profiles(&self) -> impl Iterator<Item = &Text> {
        let profiles = self.configuration.profiles.iter();
        profiles.filter_map(|profile| profile.scheduler_name.as_ref())
    }

    pub(crate) fn build(&self, informers: &mut Informers) -> Result<Built, InvalidConfiguration> {
        let mut maker = Maker {
            registry: &self.registry,
            informers,
            followed: Vec::new(),
            events: EventInbox::default(),
            handle: Handle::default(),
            evictions: Evictions::default(),
        };
        let configuration = &self.configuration;
        let mut profiles = Vec::new();
        for written in &configuration.profiles {
            let name = written.scheduler_name.clone().unwrap_or_default();
            let mut profile = maker.profile(&name, written).map_err(|reason| {
                InvalidConfiguration::Profile { profile: name.clone(), reason }
            })?;
            let percentage = written.percentage_of_nodes_to_score;
            let percentage = percentage.or(configuration.percentage_of_nodes_to_score);
            profile.percentage_of_nodes_to_score =
                percentage.and_then(|percent| u32::try_from(percent).ok());
            profiles.push(profile);
        }
        let seconds = |seconds: i64| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        Ok(Built {
            profiles: Arc::new(Profiles::new(profiles)),
            backoff: Backoff {
                initial: seconds(configuration.pod_initial_backoff_seconds),
                max: seconds(configuration.pod_max_backoff_seconds),
            },
            events: maker.events,
            handle: maker.handle,
            evictions: maker.evictions,
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        let mut configuration = Configuration::default();
        configuration.complete();
        Self { configuration, registry: Registry::built_in() }
    }
}

struct Maker<'a> {
    registry: &'a Registry,
    informers: &'a mut Informers,
    followed: Vec<Resource>,
    events: EventInbox,
    handle: Handle,
    evictions: Evictions,
}

/// The plugins of a profile, each made once.
type Made = BTreeMap<&'static str, Arc<dyn Plugin>>;

impl Maker<'_> {
    fn profile(&mut self, name: &Text, written: &ProfileConfiguration) -> Result<Profile, String> {
        let made = self.make(written)?;
        let mut profile = Profile::new(name.clone());
        for point in Point::ALL {
            place(&mut profile, point, written, &made)?;
        }
        check(name, &profile)?;
        Ok(profile)
    }

    fn make(&mut self, written: &ProfileConfiguration) -> Result<Made, String> {
        let everywhere = written.plugins.everywhere();
        let own = Point::ALL.iter().flat_map(|point| &written.plugins.at(*point).enabled);
        let mut made = Made::new();
        for choice in everywhere.iter().chain(own) {
            let Some((name, factory)) = self.registry.find(&choice.name) else {
                return Err(format!("plugin {:?} does not exist", choice.name));
            };
            if made.contains_key(name) {
                continue;
            }
            let given = written.plugin_config.iter().find(|one| one.name == name);
            let arguments = given.map(|one| arguments(&one.args)).unwrap_or_default();
            let shared = (self.handle.clone(), self.evictions.clone());
            let mut setup =
                Setup::new(self.informers, Arc::clone(&self.events), &mut self.followed, shared);
            let plugin = factory(&mut setup, &arguments)
                .map_err(|error| format!("initializing plugin {name:?}: {error}"))?;
            made.insert(name, plugin);
        }
        let unknown =
            written.plugin_config.iter().find(|one| self.registry.find(&one.name).is_none());
        match unknown {
            Some(one) => Err(format!("pluginConfig of {:?}: no such plugin", one.name)),
            None => Ok(made),
        }
    }
}

/// Puts the plugins of one point into a profile.
fn place(
    profile: &mut Profile,
    point: Point,
    written: &ProfileConfiguration,
    made: &Made,
) -> Result<(), String> {
    let takes_part =
        |name: &str| made.get(name).is_some_and(|plugin| plugin.points().contains(&point));
    for Chosen { name, weight, named } in written.plugins.chosen(point, &takes_part) {
        let Some(plugin) = made.get(name.as_str()) else {
            return Err(format!("{point} {name:?} does not exist"));
        };
        if named && !takes_part(&name) {
            return Err(format!("plugin {name:?} does not extend {point} plugin"));
        }
        profile.add(point, plugin);
        if point == Point::Score {
            profile.weigh(plugin.name(), weight);
        }
    }
    Ok(())
}

/// Without what says which type they have.
fn arguments(written: &Value) -> Arguments {
    let mut value = written.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
        return Arguments::new(value);
    }
    Arguments::default()
}

fn check(name: &Text, profile: &Profile) -> Result<(), String> {
    let sorts = profile.at(Point::QueueSort).len();
    if sorts != 1 {
        return Err(format!(
            "only one queue sort plugin required for profile with scheduler name {:?}, but got {sorts}",
            &**name
        ));
    }
    if profile.at(Point::Bind).is_empty() {
        return Err(format!(
            "at least one bind plugin is needed for profile with scheduler name {:?}",
            &**name
        ));
    }
    let weights = profile.at(Point::Score).iter().map(|plugin| profile.weight(plugin.name()));
    let total = weights.map(i128::from).sum::<i128>() * i128::from(crate::framework::SCORE_MAX);
    if total > i128::from(i64::MAX) {
        return Err("score plugins: total score of Score plugins could overflow".to_owned());
    }
    Ok(())
}
