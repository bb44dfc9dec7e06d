//! What is asked of the engine, after the request was understood, and what it answers.

use std::{collections::BTreeMap, sync::Arc};

use api::catalog::ResourceFacts;
use bytes::Bytes;
use meta::object::ResourceVersion;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{Epoch, Object, Status, managed_fields::OnConflict};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    /// What else is known of them, by lower-case key, such as the pod of a service account's token.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// One operation on one resource.
#[derive(Debug, Clone)]
pub struct Operation {
    pub resource: Arc<ResourceFacts>,
    /// Empty, or `status`, `scale`, `binding`, `eviction`, `finalize`, …
    pub subresource: String,
    /// Empty for cluster-scoped resources and for lists over all namespaces.
    pub namespace: String,
    /// Empty for lists and creates.
    pub name: String,
    pub verb: Verb,
    pub user: User,
    /// `fieldManager`, or the user agent up to its first slash.
    pub field_manager: String,
    /// The term of a lease without which a write is refused.
    pub epoch: Option<Epoch>,
    pub dry_run: bool,
    pub field_validation: FieldValidation,
    pub notes: Notes,
}

/// What is to be told of an operation in the audit log, by name. Clones share it: the engine writes it
/// down, the service reads it, whatever the answer.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<BTreeMap<String, String>>>);

impl Notes {
    pub(crate) fn add(&self, more: BTreeMap<String, String>) {
        if !more.is_empty() {
            self.0.lock().extend(more);
        }
    }
    pub(crate) fn take(&self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.0.lock())
    }
}

/// What to do, with what it needs.
#[derive(Debug, Clone)]
pub enum Verb {
    /// `resourceVersion` as sent.
    Get {
        resource_version: String,
    },
    List(ListQuery),
    Watch(WatchQuery),
    Create {
        content: Content,
    },
    Update {
        content: Content,
    },
    Patch {
        kind: PatchType,
        patch: Content,
    },
    /// Server-side apply.
    Apply {
        applied: Content,
        on_conflict: OnConflict,
    },
    Delete {
        options: DeleteOptions,
    },
    DeleteCollection {
        options: DeleteOptions,
        query: ListQuery,
    },
}

/// A decoded body: JSON, whatever it was sent as. `duplicates` are paths given twice; of an applied
/// body, sentences about them.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pub value: Value,
    pub duplicates: Vec<String>,
    /// It came as protobuf: unknown fields cannot be told.
    pub from_protobuf: bool,
    /// The bytes as sent, for messages that quote them.
    pub raw: Bytes,
}

/// Query of a list, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    pub label_selector: String,
    pub field_selector: String,
    pub resource_version: String,
    pub version_match: VersionMatch,
    /// Zero or less means all.
    pub limit: i64,
    pub continue_token: String,
    /// `sendInitialEvents` was given, which a list refuses.
    pub send_initial_events: Option<bool>,
}

/// Query of a watch, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchQuery {
    pub list: ListQuery,
    pub allow_bookmarks: bool,
    pub timeout_seconds: Option<u64>,
}

/// `resourceVersionMatch`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum VersionMatch {
    #[default]
    Unset,
    Exact,
    NotOlderThan,
    Other(String),
}

/// How a patch is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchType {
    Json,
    Merge,
    Strategic,
}

/// What to do about fields that the schema does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// Options of a delete, from body or query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeleteOptions {
    pub grace_period_seconds: Option<i64>,
    /// As sent: `Orphan`, `Background`, `Foreground`, or something refused.
    pub propagation_policy: Option<String>,
    pub orphan_dependents: Option<bool>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

/// The engine's answer.
#[derive(Debug)]
pub enum Outcome {
    /// A stored object; `created` is 201 instead of 200.
    Object {
        object: Arc<Object>,
        created: bool,
        warnings: Vec<String>,
    },
    /// JSON that is not stored as it is: dry runs, scales, statuses, virtual kinds.
    Value {
        value: Value,
        code: u16,
        warnings: Vec<String>,
    },
    List(Listed),
    /// Events until the channel closes; an error is the last.
    Watch(mpsc::Receiver<Result<ObjectEvent, Status>>),
}

/// A page of a list.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    pub items: Vec<Arc<Object>>,
    pub version: ResourceVersion,
    pub continue_token: String,
    pub remaining: Option<u64>,
}

/// One event of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectEvent {
    Added(Arc<Object>),
    Modified(Arc<Object>),
    /// Last state, with the version of the deletion.
    Deleted(Arc<Object>),
    /// `initial_end` marks the end of initial events.
    Bookmark {
        version: ResourceVersion,
        initial_end: bool,
    },
}
