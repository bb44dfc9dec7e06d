//! Which objects a list or watch is about: a namespace, labels, fields.

use api::catalog::ResourceFacts;
use meta::{
    resource::Scope,
    selector::{FieldSelector, Selector},
};

use crate::{Object, Status, engine::failure};

/// A parsed selection.
#[derive(Debug, Clone)]
pub(crate) struct Select {
    /// Beginning of the relative keys: `namespace/`, or a whole key for a single object.
    prefix: String,
    /// How much of the prefix is the namespace with its slash.
    namespace_length: usize,
    reach: Reach,
    labels: Selector,
    fields: FieldSelector,
}

/// How far the prefix goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Below,
    ThisKey,
}

impl Select {
    /// Everything in a namespace; in all of them if it is empty.
    pub(crate) fn namespace(namespace: &str) -> Self {
        let prefix = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let (labels, fields) = (Selector::everything(), FieldSelector::default());
        let namespace_length = prefix.len();
        Self { prefix, namespace_length, reach: Reach::Below, labels, fields }
    }

    /// Parses both selectors of a query.
    ///
    /// # Errors
    /// 400 for a malformed selector or a field that objects are not selected by.
    pub(crate) fn parse(
        facts: &ResourceFacts,
        namespace: &str,
        label_selector: &str,
        field_selector: &str,
    ) -> Result<Self, Status> {
        let labels = label_selector.parse::<Selector>().map_err(failure::bad_request)?;
        let fields = field_selector.parse::<FieldSelector>().map_err(failure::bad_request)?;
        let fields = fields
            .renamed(|label| api::fields::check(facts, label))
            .map_err(failure::bad_request)?;
        let mut select = Self { labels, fields, ..Self::namespace(namespace) };
        select.narrow(facts, namespace);
        Ok(select)
    }

    /// Whether nothing but the namespace narrows it.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
    /// What the keys of the namespace begin with: `namespace/`, or nothing.
    pub(crate) fn namespace_prefix(&self) -> &str {
        &self.prefix[..self.namespace_length]
    }
    /// The lowest relative key in range.
    pub(crate) fn first_key(&self) -> &str {
        &self.prefix
    }
    /// Whether a relative key lies in the range that starts at [`Select::first_key`].
    pub(crate) fn covers(&self, key: &str) -> bool {
        match self.reach {
            Reach::Below => key.starts_with(&self.prefix),
            Reach::ThisKey => key == self.prefix,
        }
    }
    /// Whether an object in range is meant.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        let field = |label: &str| match label {
            "metadata.name" => object.key.name.as_str(),
            "metadata.namespace" => object.key.namespace.as_str(),
            label => object.fields.get(label).map_or("", String::as_str),
        };
        self.labels.matches(&object.labels) && self.fields.matches(field)
    }

    /// One name in a known place is one key.
    fn narrow(&mut self, facts: &ResourceFacts, namespace: &str) {
        let place_is_known = facts.resource.scope == Scope::Cluster || !namespace.is_empty();
        let name = self.fields.required("metadata.name").filter(|_| place_is_known);
        if let Some(name) = name {
            self.prefix.push_str(name);
            self.reach = Reach::ThisKey;
        }
    }
}
