//! An autoscaler, the scale of its target, its pods, and what is measured of them.

use std::sync::Arc;

use api::views::{HorizontalPodAutoscaler, Pod};
use meta::{object::ObjectKey, selector::Selector};
use runtime::{Answers, Cache, Informers, Observation, Read};

use super::{
    AutoscalerSettings,
    reading::Reading,
    selectors::Selectors,
    source::Place,
    standing::Standing,
    target::{self, Found, Scale},
};

/// Caches of the autoscaler, and what each autoscaler was seen to select.
pub struct View {
    autoscalers: Arc<Cache<HorizontalPodAutoscaler>>,
    pods: Arc<Cache<Pod>>,
    selectors: Selectors,
    settings: Arc<AutoscalerSettings>,
}

/// Everything a decision about one autoscaler depends on.
#[derive(Debug)]
pub struct Observed {
    pub(super) autoscaler: Arc<HorizontalPodAutoscaler>,
    /// The target's scale, or why there is none.
    pub(super) scale: Result<Scale, String>,
    pub(super) selection: Selection,
    /// One for each metric of the spec; none if no metric is needed.
    pub(super) readings: Vec<Reading>,
    pub(super) settings: Arc<AutoscalerSettings>,
}

/// The pods that a scale selects.
#[derive(Debug)]
pub(super) enum Selection {
    /// Nobody has looked: the size of the target says enough.
    Unseen,
    /// These, and they are nobody else's.
    Pods(Vec<Arc<Pod>>),
    /// None that could be measured.
    Refused {
        /// Of the event, and of the condition.
        reasons: (&'static str, &'static str),
        /// Of the event, and of the condition.
        texts: (String, String),
    },
}

impl View {
    pub(super) fn new(informers: &mut Informers) -> Self {
        Self {
            autoscalers: informers.cache(),
            pods: informers.cache(),
            selectors: Selectors::default(),
            settings: informers.setting().unwrap_or_default(),
        }
    }
    pub(super) fn settings(&self) -> &AutoscalerSettings {
        &self.settings
    }

    fn select(&self, key: &ObjectKey, scale: &Scale) -> Selection {
        if scale.selector.is_empty() {
            let text = "the HPA target's scale is missing a selector".to_owned();
            return Selection::Refused {
                reasons: ("SelectorRequired", "InvalidSelector"),
                texts: ("selector is required".to_owned(), text),
            };
        }
        let selector = match scale.selector.parse::<Selector>() {
            Ok(selector) => selector,
            Err(error) => {
                let text = format!(
                    "couldn't convert selector into a corresponding internal selector object: {error}"
                );
                return Selection::refused("InvalidSelector", text);
            }
        };
        self.selectors.put(key, &selector);
        let mut pods = self.pods.in_namespace(&key.namespace);
        pods.retain(|pod| selector.matches(&pod.metadata.labels));
        if let Some([one, other]) =
            self.selectors.rivals(&key.namespace, pods.iter().map(|pod| &**pod))
        {
            let text = format!(
                "pods by selector {selector} are controlled by more than one HPA (e.g. [{one} {other}])"
            );
            return Selection::refused("AmbiguousSelector", text);
        }
        Selection::Pods(pods)
    }
}

impl Selection {
    fn refused(reason: &'static str, text: String) -> Self {
        Self::Refused { reasons: (reason, reason), texts: (text.clone(), text) }
    }
}

pub(super) fn observe(view: &View, key: &ObjectKey, answers: &Answers) -> Observation<Observed> {
    let Some(autoscaler) = view.autoscalers.get(key) else {
        view.selectors.forget(key);
        return Observation::Gone;
    };
    let mut observed = Observed {
        autoscaler: Arc::clone(&autoscaler),
        scale: Err(String::new()),
        selection: Selection::Unseen,
        readings: Vec::new(),
        settings: Arc::clone(&view.settings),
    };
    observed.scale = match target::scale(&autoscaler, answers) {
        Found::Ask(read) => return Observation::Ask(vec![read]),
        Found::Known(scale) => scale,
    };
    let Ok(scale) = &observed.scale else { return Observation::Ready(observed) };
    if Standing::of(&autoscaler, scale.replicas) != Standing::Measured {
        return Observation::Ready(observed);
    }
    observed.selection = view.select(key, scale);
    if let Selection::Pods(_) = observed.selection {
        let place = Place { namespace: &key.namespace, selector: &scale.selector, answers };
        match readings(&autoscaler, place) {
            Ok(readings) => observed.readings = readings,
            Err(reads) => return Observation::Ask(reads),
        }
    }
    Observation::Ready(observed)
}

/// What is known of each metric, or everything that has to be asked first.
fn readings(
    autoscaler: &HorizontalPodAutoscaler,
    place: Place<'_>,
) -> Result<Vec<Reading>, Vec<Read>> {
    let mut readings = Vec::new();
    let mut open = Vec::new();
    for metric in &autoscaler.spec.metrics {
        match place.read(metric) {
            Ok(reading) => readings.push(reading),
            Err(read) if open.contains(&read) => {}
            Err(read) => open.push(read),
        }
    }
    if open.is_empty() { Ok(readings) } else { Err(open) }
}
