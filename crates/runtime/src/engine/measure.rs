//! Records what steps measure.

use world::Monotonic;

use super::act::Acting;
use crate::{Step, metrics::Ending};

impl Acting {
    /// Records what a step measures; it took as long as its answer took to come.
    pub(crate) fn measure<W>(&self, step: &Step<W>, refusal: Option<u16>, began: Monotonic) {
        let took = self.world.clock.monotonic().since(began);
        let ending = Ending::new(refusal, took, self.world.clock.wall());
        self.metrics.record(&step.measurements, &ending);
    }
}
