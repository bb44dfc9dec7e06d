//! Tables about the autoscaler.

mod measure;
mod metrics;
mod normalize;
mod notation;
mod plan;
