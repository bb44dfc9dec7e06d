//! What happens in a cluster that may make a waiting pod schedulable.

use std::{any::Any, fmt, sync::Arc};

use api::views::{Node, Object, Pod};
use runtime::Change;

/// Which kind of object something happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventResource {
    /// Any pod.
    Pod,
    /// A pod that has a node.
    AssignedPod,
    /// The waiting pod itself.
    TargetPod,
    /// A node.
    Node,
    /// Any other kind, by its name: `PersistentVolumeClaim`.
    Kind(&'static str),
}

/// A set of things that can happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actions(u32);

impl Actions {
    /// It appears. Of an assigned pod: it is bound.
    pub const ADD: Self = Self(1);
    /// It is gone. Of an assigned pod: it has ended, or is gone.
    pub const DELETE: Self = Self(1 << 1);
    /// A node's allocatable amounts differ.
    pub const NODE_ALLOCATABLE: Self = Self(1 << 2);
    /// A node's labels differ.
    pub const NODE_LABEL: Self = Self(1 << 3);
    /// A node's taints differ, or it may be scheduled to again.
    pub const NODE_TAINT: Self = Self(1 << 4);
    /// The status of a node's condition differs.
    pub const NODE_CONDITION: Self = Self(1 << 5);
    /// A node's annotations differ.
    pub const NODE_ANNOTATION: Self = Self(1 << 6);
    /// A pod's labels differ.
    pub const POD_LABEL: Self = Self(1 << 7);
    /// A pod asks for less.
    pub const POD_SCALE_DOWN: Self = Self(1 << 8);
    /// A pod asks for more.
    pub const POD_SCALE_UP: Self = Self(1 << 9);
    /// A pod has more or fewer tolerations.
    pub const POD_TOLERATION: Self = Self(1 << 10);
    /// A pod's last scheduling gate is gone.
    pub const POD_GATES_ELIMINATED: Self = Self(1 << 11);
    /// Any other update.
    pub const OTHER_UPDATE: Self = Self(1 << 12);
    /// Any update.
    pub const UPDATE: Self = Self(((1 << 13) - 1) & !0b11);
    /// Anything.
    pub const ALL: Self = Self((1 << 13) - 1);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Whether they have something in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ADD => "Add",
            Self::DELETE => "Delete",
            Self::NODE_ALLOCATABLE => "UpdateNodeAllocatable",
            Self::NODE_LABEL => "UpdateNodeLabel",
            Self::NODE_TAINT => "UpdateNodeTaint",
            Self::NODE_CONDITION => "UpdateNodeCondition",
            Self::NODE_ANNOTATION => "UpdateNodeAnnotation",
            Self::POD_LABEL => "UpdatePodLabel",
            Self::POD_SCALE_DOWN => "UpdatePodScaleDown",
            Self::POD_SCALE_UP => "UpdatePodScaleUp",
            Self::POD_TOLERATION => "UpdatePodToleration",
            Self::POD_GATES_ELIMINATED => "UpdatePodSchedulingGatesEliminated",
            _ => "Update",
        }
    }
}

/// What a plugin wants to be asked about when it has rejected a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// Objects of this kind.
    pub resource: EventResource,
    /// Any of these.
    pub actions: Actions,
}

impl Interest {
    /// An interest.
    pub const fn new(resource: EventResource, actions: Actions) -> Self {
        Self { resource, actions }
    }
    /// Whether `event` is meant.
    pub fn covers(&self, event: &ClusterEvent) -> bool {
        let is_pod =
            matches!(event.resource, EventResource::AssignedPod | EventResource::TargetPod);
        let same = self.resource == event.resource || self.resource == EventResource::Pod && is_pod;
        same && self.actions.meets(event.action)
    }
}

/// Something that has happened.
#[derive(Debug, Clone)]
pub struct ClusterEvent {
    /// To what.
    pub resource: EventResource,
    /// What: one action, never a set.
    pub action: Actions,
    /// The object before and after.
    pub subject: Subject,
}

/// The object to which something happened.
#[derive(Clone)]
pub enum Subject {
    /// A pod.
    Pod(Change<Pod>),
    /// A node.
    Node(Change<Node>),
    /// Of another kind: ask with [`ClusterEvent::change`].
    Other(Option<Shared>, Option<Shared>),
}

/// An object of any kind.
type Shared = Arc<dyn Any + Send + Sync>;

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pod(_) => "pod",
            Self::Node(_) => "node",
            Self::Other(..) => "other",
        })
    }
}

impl Subject {
    /// The subject of a change of any kind.
    pub fn other<K: Object>(change: &Change<K>) -> Self {
        let shared = |object: &Option<Arc<K>>| {
            object.as_ref().map(|object| -> Shared { Arc::<K>::clone(object) })
        };
        Self::Other(shared(&change.old), shared(&change.new))
    }
}

impl ClusterEvent {
    /// As in metrics: `AssignedPodDelete`.
    pub fn label(&self) -> String {
        let resource = match self.resource {
            EventResource::Pod => "Pod",
            EventResource::AssignedPod => "AssignedPod",
            EventResource::TargetPod => "TargetPod",
            EventResource::Node => "Node",
            EventResource::Kind(kind) => kind,
        };
        format!("{resource}{}", self.action.name())
    }
    /// The pod before and after, if it is one.
    pub const fn pod(&self) -> Option<&Change<Pod>> {
        match &self.subject {
            Subject::Pod(change) => Some(change),
            Subject::Node(_) | Subject::Other(..) => None,
        }
    }
    /// The node before and after, if it is one.
    pub const fn node(&self) -> Option<&Change<Node>> {
        match &self.subject {
            Subject::Node(change) => Some(change),
            Subject::Pod(_) | Subject::Other(..) => None,
        }
    }
    /// An object of another kind before and after, if it is of that type.
    pub fn change<K: Object>(&self) -> Option<Change<K>> {
        let Subject::Other(old, new) = &self.subject else { return None };
        let typed = |object: &Option<Shared>| {
            object.as_ref().and_then(|object| Arc::clone(object).downcast::<K>().ok())
        };
        Some(Change { old: typed(old), new: typed(new) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(resource: EventResource, actions: Actions, happened: EventResource) -> bool {
        let subject = Subject::Other(None, None);
        let event = ClusterEvent { resource: happened, action: Actions::POD_LABEL, subject };
        Interest::new(resource, actions).covers(&event)
    }

    #[test]
    fn an_interest_covers_the_same_or_a_more_specific_event() {
        use EventResource::{AssignedPod, Node, Pod, TargetPod};
        assert!(covers(Pod, Actions::UPDATE, AssignedPod));
        assert!(covers(TargetPod, Actions::POD_LABEL, TargetPod));
        assert!(!covers(AssignedPod, Actions::UPDATE, TargetPod));
        assert!(!covers(Pod, Actions::DELETE, AssignedPod));
        assert!(!covers(Node, Actions::ALL, AssignedPod));
    }

    #[test]
    fn an_event_is_named_by_what_happened_to_what() {
        let subject = Subject::Other(None, None);
        let resource = EventResource::Kind("StorageClass");
        let event = ClusterEvent { resource, action: Actions::ADD, subject };
        assert_eq!(event.label(), "StorageClassAdd");
    }
}
