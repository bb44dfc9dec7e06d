//! What may be done on a path: actions with their methods, parameters and answers.

use crate::catalog::TypeId;

/// A path and its operations.
pub(super) struct Route {
    pub(super) path: String,
    pub(super) operations: Vec<Operation>,
}

/// One method on a path.
pub(super) struct Operation {
    pub(super) action: Action,
    pub(super) id: String,
    pub(super) tag: String,
    /// What kind it is about; `None` for discovery.
    pub(super) kind: Option<Kind>,
    pub(super) body: Body,
    pub(super) answer: Answer,
}

/// Group, version and kind of the objects of an operation.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) name: String,
}

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    Object(TypeId),
    /// Options may be left out.
    Options(TypeId),
    Patch(Patches),
}

/// Which patches a kind takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patches {
    All,
    /// A custom kind has no merge strategies. kubectl reads here which patch it may send.
    WithoutStrategies,
}

impl Patches {
    /// The content types that are taken, out of all.
    pub(super) fn types(self, all: &[&'static str]) -> Vec<&'static str> {
        let is_taken = |kind: &&str| self == Self::All || !kind.contains("strategic");
        all.iter().copied().filter(is_taken).collect()
    }
}

/// What a success carries.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Object(TypeId),
    VersionInfo,
    Text,
}

/// A query parameter and its type.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Get,
    List,
    Post,
    Put,
    Patch,
    Delete,
    DeleteCollection,
    /// An upgrade or a proxy, by the method.
    Connect(&'static str),
}

const PRETTY: Parameter = Parameter { name: "pretty", kind: "string" };
const WRITE: &[Parameter] = &[
    Parameter { name: "dryRun", kind: "string" },
    Parameter { name: "fieldManager", kind: "string" },
    Parameter { name: "fieldValidation", kind: "string" },
];
const FORCE: &[Parameter] = &[Parameter { name: "force", kind: "boolean" }];
const DELETE: &[Parameter] = &[
    Parameter { name: "dryRun", kind: "string" },
    Parameter { name: "gracePeriodSeconds", kind: "integer" },
    Parameter { name: "ignoreStoreReadErrorWithClusterBreakingPotential", kind: "boolean" },
    Parameter { name: "orphanDependents", kind: "boolean" },
    Parameter { name: "propagationPolicy", kind: "string" },
];
const SELECT: &[Parameter] = &[
    Parameter { name: "continue", kind: "string" },
    Parameter { name: "fieldSelector", kind: "string" },
    Parameter { name: "labelSelector", kind: "string" },
    Parameter { name: "limit", kind: "integer" },
    Parameter { name: "resourceVersion", kind: "string" },
    Parameter { name: "resourceVersionMatch", kind: "string" },
    Parameter { name: "sendInitialEvents", kind: "boolean" },
    Parameter { name: "timeoutSeconds", kind: "integer" },
];
const FOLLOW: &[Parameter] = &[
    Parameter { name: "allowWatchBookmarks", kind: "boolean" },
    Parameter { name: "watch", kind: "boolean" },
];

impl Action {
    /// `x-kubernetes-action`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Connect(_) => "connect",
        }
    }

    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Get | Self::List => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete | Self::DeleteCollection => "delete",
            Self::Connect(method) => method,
        }
    }

    /// The verb of discovery.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::Post => "create",
            Self::Put => "update",
            Self::Get
            | Self::List
            | Self::Patch
            | Self::Delete
            | Self::DeleteCollection
            | Self::Connect(_) => self.name(),
        }
    }

    /// How the operation's id begins, and what stands before the name of its kind.
    pub(super) fn words(self) -> (String, &'static str) {
        match self {
            Self::Get => ("read".to_owned(), ""),
            Self::Put => ("replace".to_owned(), ""),
            Self::DeleteCollection => ("delete".to_owned(), "Collection"),
            Self::Connect(method) => (format!("connect{}", capitalised(method)), ""),
            Self::List | Self::Post | Self::Patch | Self::Delete => (self.verb().to_owned(), ""),
        }
    }

    pub(super) fn parameters(self) -> impl Iterator<Item = &'static Parameter> {
        let sets: [&'static [Parameter]; 2] = match self {
            Self::Get | Self::Connect(_) => [&[], &[]],
            Self::List => [SELECT, FOLLOW],
            Self::Post | Self::Put => [WRITE, &[]],
            Self::Patch => [WRITE, FORCE],
            Self::Delete => [DELETE, &[]],
            Self::DeleteCollection => [SELECT, DELETE],
        };
        let pretty: &'static Parameter = &PRETTY;
        sets.into_iter().flatten().chain([pretty])
    }

    /// Status codes of success.
    pub(super) const fn codes(self) -> &'static [u16] {
        match self {
            Self::Get | Self::List | Self::DeleteCollection | Self::Connect(_) => &[200],
            Self::Post => &[200, 201, 202],
            Self::Put | Self::Patch => &[200, 201],
            Self::Delete => &[200, 202],
        }
    }
}

/// The words of a status code.
pub(super) const fn code_text(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        _ => "Accepted",
    }
}

pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("{}{}", first.into_iter().collect::<String>(), letters.as_str())
}
