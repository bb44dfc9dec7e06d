//! Where a target stands before any metric is looked at.

use api::views::{HorizontalPodAutoscaler, MetricSpec, Status};

use super::condition;

/// What the size of a target alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Somebody has set it to zero: it is left alone.
    Disabled,
    /// More than the most there may be.
    AboveMax,
    /// Less than the least there must be.
    BelowMin,
    /// Metrics decide.
    Measured,
}

impl Standing {
    /// Where a target with so many replicas stands.
    pub(super) fn of(autoscaler: &HorizontalPodAutoscaler, replicas: i32) -> Self {
        let least = least(autoscaler);
        if replicas == 0 {
            let scaled_to_zero =
                condition::find(&autoscaler.status.conditions, condition::SCALED_TO_ZERO);
            let may_rise = least != 0 || may_be_zero(autoscaler);
            let by_us = scaled_to_zero.is_some_and(|condition| condition.status == Status::True);
            return if by_us && may_rise { Self::Measured } else { Self::Disabled };
        }
        if replicas > autoscaler.spec.max_replicas {
            return Self::AboveMax;
        }
        if replicas < least {
            return Self::BelowMin;
        }
        Self::Measured
    }
}

/// The least number of replicas.
pub(super) fn least(autoscaler: &HorizontalPodAutoscaler) -> i32 {
    autoscaler.spec.min_replicas.unwrap_or(1)
}

/// Whether some metric can say that replicas are needed while there are none.
pub(super) fn may_be_zero(autoscaler: &HorizontalPodAutoscaler) -> bool {
    let outlives_pods = |metric: &MetricSpec| matches!(&*metric.kind, "Object" | "External");
    autoscaler.spec.metrics.iter().any(outlives_pods)
}
