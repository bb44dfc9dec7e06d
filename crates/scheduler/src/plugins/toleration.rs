//! Which taints a pod puts up with.

use api::views::{Taint, TaintEffect, Toleration};

/// Whether one of the tolerations covers the taint.
pub(super) fn tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| covers(toleration, taint))
}

fn covers(toleration: &Toleration, taint: &Taint) -> bool {
    if toleration.effect.is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    if !toleration.key.is_empty() && toleration.key != taint.key {
        return false;
    }
    match &*toleration.operator {
        "Exists" => true,
        "" | "Equal" => !toleration.key.is_empty() && toleration.value == taint.value,
        _ => false,
    }
}

/// The first taint that keeps the pod away, if any.
pub(super) fn untolerated<'a>(
    tolerations: &[Toleration],
    taints: &'a [Taint],
) -> Option<&'a Taint> {
    let hard = taints.iter().filter(|taint| taint.effect != TaintEffect::PreferNoSchedule);
    hard.into_iter().find(|taint| !tolerates(tolerations, taint))
}
