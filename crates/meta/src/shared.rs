//! Values that repeat across thousands of objects, kept once each: the labels, the owners and the spec of
//! all the pods that one template made.

use std::{
    fmt,
    hash::Hash,
    ops::{Deref, DerefMut},
    sync::{Arc, LazyLock, OnceLock},
};

use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::interner::Interner;

/// A value whose equals share one allocation while any of them lives, as [`Text`](crate::text::Text) does
/// for strings. Reads go through to the value; a write makes a copy of its own first.
///
/// ```
/// use meta::{object::Labels, shared::Shared};
/// let mut labels: Shared<Labels> = Labels::from([("app".into(), "web".into())]).into();
/// let before = labels.clone();
/// labels.insert("tier".into(), "front".into());
/// assert_eq!((before.len(), labels.len()), (1, 2));
/// ```
pub struct Shared<T>(Arc<T>);

/// A type with a place where its values are kept once each. [`pooled`](crate::pooled) gives it one.
pub trait Pooled: Hash + Eq + Sized + 'static {
    /// Where they are kept.
    fn pool() -> &'static Pool<Self>;
}

/// The distinct values of a type.
pub struct Pool<T> {
    values: LazyLock<Mutex<Interner<Arc<T>>>>,
    /// What most fields hold: it is found without a look at the table.
    default: OnceLock<Arc<T>>,
}

/// Below this many values a sweep is not worth its walk.
const SWEEP_MIN: usize = 256;

impl<T: Pooled> Pool<T> {
    /// An empty pool.
    pub const fn new() -> Self {
        Self {
            values: LazyLock::new(|| Mutex::new(Interner::new(SWEEP_MIN))),
            default: OnceLock::new(),
        }
    }

    fn share(&self, value: T) -> Arc<T> {
        let mut values = self.values.lock();
        let found = values.find(&value);
        found.unwrap_or_else(|| values.keep(Arc::new(value), |value| Arc::strong_count(value) > 1))
    }
}

impl<T: Pooled> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives types a [`Pool`] each.
#[macro_export]
macro_rules! pooled {
    ($($value:ty),+ $(,)?) => {$(
        impl $crate::shared::Pooled for $value {
            fn pool() -> &'static $crate::shared::Pool<Self> {
                static POOL: $crate::shared::Pool<$value> = $crate::shared::Pool::new();
                &POOL
            }
        }
    )+};
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
impl<T: Pooled + Default> Default for Shared<T> {
    fn default() -> Self {
        let pool = T::pool();
        Self(Arc::clone(pool.default.get_or_init(|| pool.share(T::default()))))
    }
}
impl<T: Pooled> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(T::pool().share(value))
    }
}
impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}
#[expect(clippy::into_iter_without_iter, reason = "`iter` is the value's own")]
impl<'a, T> IntoIterator for &'a Shared<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;
    fn into_iter(self) -> Self::IntoIter {
        (&*self.0).into_iter()
    }
}
impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
impl<T: Eq> Eq for Shared<T> {}
impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, T: Pooled + Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Labels;

    fn web() -> Shared<Labels> {
        Labels::from([("app".into(), "web".into())]).into()
    }

    #[test]
    fn equal_values_share_one_allocation() {
        assert!(Arc::ptr_eq(&web().0, &web().0));
        assert!(Arc::ptr_eq(&Shared::<Labels>::default().0, &Shared::from(Labels::new()).0));
    }

    #[test]
    fn a_write_to_one_leaves_the_others_alone() {
        let (before, mut after) = (web(), web());
        after.clear();
        assert_eq!((before.len(), after.len()), (1, 0));
        assert_eq!(web(), before);
    }
}
