//! From a chosen node to a bound pod: the writes before, the binding, and what undoes it.

use std::sync::Arc;

use meta::{mutants::mutant, time::Time};
use runtime::{Action, Event, EventType, Outcome, Step, Target};

use super::{Binding, Errand, Scheduler, Why, told};
use crate::{
    cycle::{self, Decision},
    framework::{Actions, Bind, EventResource, Point, Rejection, Subject},
    metrics::{ATTEMPT_TIME, ATTEMPTS, FLUSHED, POD_ATTEMPTS, POD_TIME, attempts_label},
};

impl Scheduler {
    /// Nothing stands against the node: asks what must be written first.
    pub(super) fn prepare(&mut self, mut binding: Binding, now: Time) {
        let pod = Arc::clone(&binding.queued.pod);
        let profiles = Arc::clone(&self.profiles);
        let Some(profile) = profiles.of(&pod) else { return };
        for plugin in profile.at(Point::PreBind) {
            match plugin.pre_bind(&binding.state, &pod, &binding.node) {
                Ok(actions) => binding.before.extend(actions),
                Err(rejection) => return self.refused(binding, &rejection, now),
            }
        }
        if !binding.before.is_empty() {
            self.send(told::takes(&pod, &binding.node), None);
        }
        self.go_on(binding, now);
    }

    /// The next write before the binding, or the binding.
    fn go_on(&mut self, mut binding: Binding, now: Time) {
        let pod = Arc::clone(&binding.queued.pod);
        let why = Why::BestNode(binding.node.clone());
        if let Some(action) = binding.before.pop_front() {
            let step = Step::new(action, why);
            return self.send(step, Some(Errand::Prepare(Box::new(binding))));
        }
        let profiles = Arc::clone(&self.profiles);
        let plugins = profiles.of(&pod).map_or(&[][..], |profile| profile.at(Point::Bind));
        let by_plugin = plugins.iter().find_map(|plugin| {
            match plugin.bind(&binding.state, &pod, &binding.node) {
                Bind::With(action) => Some(action),
                Bind::Skip => None,
            }
        });
        let Some(action) = by_plugin else {
            let message = "no Bind plugin binds the pod";
            return self.undo(binding, (message, now));
        };
        self.send(bind(&binding, action, why), Some(Errand::Bind(Box::new(binding))));
    }

    /// What was to be written before the binding is written, or refused.
    pub(super) fn prepared(&mut self, binding: Binding, outcome: &Outcome, now: Time) {
        match outcome {
            Ok(_) => self.go_on(binding, now),
            Err(error) => {
                let message = format!("running PreBind plugin: {error}");
                self.undo(binding, (&message, now));
            }
        }
    }

    pub(super) fn bound(&mut self, mut binding: Binding, outcome: &Outcome, now: Time) {
        let pod = Arc::clone(&binding.queued.pod);
        match outcome {
            Ok(_) => {
                let profiles = Arc::clone(&self.profiles);
                let plugins =
                    profiles.of(&pod).map_or(&[][..], |profile| profile.at(Point::PostBind));
                for plugin in plugins {
                    plugin.post_bind(&binding.state, &pod, &binding.node);
                }
                self.note_bound(&binding, now);
            }
            // Not a pod that is gone.
            Err(error) if error.is_not_found() || mutant("hb_43") => {
                self.release(&mut binding);
                self.tell_of_room(&binding, now);
            }
            Err(error) => {
                let message = format!("running Bind plugin \"DefaultBinder\": {error}");
                self.undo(binding, (&message, now));
            }
        }
    }

    /// A plugin takes the node back.
    pub(super) fn refused(&mut self, mut binding: Binding, rejection: &Rejection, now: Time) {
        self.release(&mut binding);
        if self.still_waits(&binding.queued.pod) {
            let queued = binding.queued.clone();
            match cycle::refused(rejection) {
                Decision::Unschedulable(refusal) => self.give_back(queued, refusal, now),
                Decision::Failed { message, reason } => {
                    self.failed(queued, (&message, reason), now);
                }
                Decision::Take { .. } => {}
            }
        }
        self.tell_of_room(&binding, now);
    }

    /// Something failed on the way: the pod comes back after its back-off.
    fn undo(&mut self, mut binding: Binding, (message, now): (&str, Time)) {
        self.release(&mut binding);
        self.tell_of_room(&binding, now);
        // Nor one whose name another pod has by now.
        if self.still_waits(&binding.queued.pod) {
            self.failed(binding.queued, (message, "SchedulerError"), now);
        }
    }

    /// Gives back what the pod had taken.
    fn release(&mut self, binding: &mut Binding) {
        let pod = Arc::clone(&binding.queued.pod);
        let profiles = Arc::clone(&self.profiles);
        let plugins = profiles.of(&pod).map_or(&[][..], |profile| profile.at(Point::Reserve));
        for plugin in plugins.iter().rev() {
            plugin.unreserve(&mut binding.state, &pod, &binding.node);
        }
        self.snapshot.forget(&pod.metadata.uid);
    }

    /// As far as others can tell, a pod has left the node.
    fn tell_of_room(&mut self, binding: &Binding, now: Time) {
        let old = Some(Arc::clone(&binding.queued.pod));
        let subject = Subject::Pod(runtime::Change { old, new: None });
        self.tell(EventResource::AssignedPod, Actions::DELETE, subject, now);
    }

    fn note_bound(&mut self, binding: &Binding, now: Time) {
        let queued = &binding.queued;
        let profile = &queued.pod.spec.scheduler_name;
        self.meter.note(ATTEMPTS.add(1, ["scheduled", profile]));
        let took = now.since(binding.began).as_secs_f64();
        self.meter.note(ATTEMPT_TIME.observe(took, ["scheduled", profile]));
        self.meter.note(POD_ATTEMPTS.observe(f64::from(queued.attempts), []));
        if let Some(first) = queued.first_active_at {
            let label = attempts_label(queued.attempts);
            self.meter.note(POD_TIME.observe(now.since(first).as_secs_f64(), [&label]));
        }
        if queued.was_flushed() {
            self.meter.note(FLUSHED.add(1, []));
        }
    }
}

fn bind(binding: &Binding, action: Action, why: Why) -> Step<Why> {
    let pod = &binding.queued.pod;
    let mut step = Step::new(action, why);
    step.reporter = Some(pod.spec.scheduler_name.clone());
    step.on_success = Some(Event {
        regarding: Target::of(&**pod),
        kind: EventType::Normal,
        reason: "Scheduled",
        message: format!("Successfully assigned {} to {}", pod.metadata.key(), binding.node),
    });
    step
}
