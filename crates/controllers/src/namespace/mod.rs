//! Empties a namespace that is being deleted, then lets it go. Pods go first; what others hold with
//! finalizers is waited for and told of in the namespace's conditions. What is left is read live each
//! time, so nothing is missed and nothing is remembered. Follows `pkg/controller/namespace`.

mod conditions;
mod describe;
mod observe;
mod plan;
#[cfg(test)]
mod tests;
mod why;

use std::time::Duration;

use api::views::Namespace;
use meta::{object::ObjectKey, resource::Resource, text::Text, time::Time};
use runtime::{Answers, Change, Controller, Enqueue, Informers, Observation, Plan, Watches};

pub use observe::{Content, View};
pub use why::Why;

/// How long a namespace that is being deleted may still be given something new. Who runs the API servers
/// may know that they refuse that from the first moment on, and provide less than the default.
#[derive(Debug, Clone, Copy)]
pub struct Settle(pub Duration);

impl Default for Settle {
    /// Several servers of the reference may have heard of the deletion after so long only.
    fn default() -> Self {
        Self(Duration::from_secs(5))
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct NamespaceController;

impl Controller for NamespaceController {
    const NAME: &'static str = "namespace-controller";
    const QUEUE: &'static str = "namespace";
    const EVENT_SOURCE: &'static str = "namespace-controller";
    type Key = Text;
    type Observed = Content;
    type Memory = ();
    type Why = Why;
    type View = View;

    fn view(informers: &mut Informers) -> View {
        let settle = informers.setting::<Settle>().map(|settle| *settle).unwrap_or_default();
        View { namespaces: informers.cache(), settle }
    }
    fn watches(watches: &mut Watches<'_, Self>) {
        watches.on::<Namespace>(namespace_changed);
    }
    fn observe(view: &View, key: &Text, answers: &Answers) -> Observation<Content> {
        observe::observe(view, key, answers)
    }
    fn plan(_memory: &mut (), observed: &Content, now: Time) -> Plan<Why> {
        plan::plan(observed, now)
    }
    fn describe(observed: &Content, _now: Time) -> Vec<String> {
        describe::lines(observed)
    }
    fn key_of(resource: &Resource, key: &ObjectKey) -> Option<Text> {
        (*resource == api::resources::NAMESPACES).then(|| key.name.clone())
    }
}

fn namespace_changed(view: &View, change: &Change<Namespace>, enqueue: &mut Enqueue<Text>) {
    let Some(namespace) = change.new.as_ref().filter(|new| new.metadata.is_deleting()) else {
        return;
    };
    let first = change.old.as_ref().is_none_or(|old| !old.metadata.is_deleting());
    let freed =
        change.old.as_ref().is_some_and(|old| old.spec.finalizers != namespace.spec.finalizers);
    if first || freed {
        enqueue.add_after(namespace.metadata.name.clone(), view.settle.0);
    }
}
