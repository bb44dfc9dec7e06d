//! What a piece of work took: time, and time on the processor, which says more on a machine that others
//! use as well.

use anyhow::Result;
use world::Monotonic;

use crate::{
    figure::{Bound, tell},
    plane::Plane,
};

pub(super) struct Span<'p, 'w> {
    plane: &'p Plane<'w>,
    from: Monotonic,
    processor: f64,
    writes: f64,
}

impl<'p, 'w> Span<'p, 'w> {
    /// Begins now.
    pub(super) async fn begin(plane: &'p Plane<'w>) -> Result<Self> {
        let (processor, writes) = (plane.process.processor_seconds()?, writes(plane).await?);
        Ok(Self { plane, from: plane.now(), processor, writes })
    }
    /// Tells how long it took until `end`.
    pub(super) async fn tell(&self, what: &str, end: Monotonic, bound: &Bound) -> Result<()> {
        let processor = self.plane.process.processor_seconds()? - self.processor;
        let writes = writes(self.plane).await? - self.writes;
        let beside = format!("{processor:.2} s of processor, {writes} writes");
        tell(what, end.since(self.from).as_secs_f64(), bound, &beside);
        Ok(())
    }
}

async fn writes(plane: &Plane<'_>) -> Result<f64> {
    let mut sum = 0.0;
    for verb in ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"] {
        sum += plane.answered(&[&format!("verb=\"{verb}\"")]).await?;
    }
    Ok(sum)
}
