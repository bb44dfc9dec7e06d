//! Lists, made by expressions or borrowed from JSON.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Value;
use crate::schema::{ListKind, Schema};

/// A list; cheap to copy.
#[derive(Debug, Clone)]
pub enum List<'a> {
    /// Made by an expression.
    Made(Arc<Vec<Value<'a>>>),
    /// Part of the input; the schema is the list's.
    Json(&'a [Json], &'a Schema),
    /// One after the other: a sum copies no items, as its cost of one says.
    Joined(Arc<Joined<'a>>),
}

/// Two lists, and how many items they have together.
#[derive(Debug)]
pub struct Joined<'a> {
    left: List<'a>,
    right: List<'a>,
    len: usize,
}

impl<'a> List<'a> {
    /// All items of the one, then all of the other.
    pub(crate) fn joined(left: Self, right: Self) -> Self {
        let len = left.len() + right.len();
        Self::Joined(Arc::new(Joined { left, right, len }))
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Made(items) => items.len(),
            Self::Json(items, _) => items.len(),
            Self::Joined(lists) => lists.len,
        }
    }
    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Made(items) => items.get(index).cloned(),
            Self::Json(items, schema) => {
                items.get(index).map(|item| Value::from_json(item, schema.inner()))
            }
            Self::Joined(lists) => match index.checked_sub(lists.left.len()) {
                Some(index) => lists.right.get(index),
                None => lists.left.get(index),
            },
        }
    }
    /// Its items in order.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    pub(crate) const fn kind(&self) -> &'a ListKind {
        match self {
            Self::Made(_) | Self::Joined(_) => &ListKind::Atomic,
            Self::Json(_, schema) => &schema.list,
        }
    }
}
