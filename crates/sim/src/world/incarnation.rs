//! One life of a component, from its start to its crash.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shared by everything the component holds of its world. When it has ended, its tasks are gone and
/// its disk and network refuse whatever its destructors still try.
#[derive(Debug)]
pub(super) struct Incarnation {
    pub(super) component: String,
    pub(super) number: u64,
    ended: AtomicBool,
}

impl Incarnation {
    pub(super) fn start(component: &str, number: u64) -> Arc<Self> {
        let component = component.to_owned();
        Arc::new(Self { component, number, ended: AtomicBool::new(false) })
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}
