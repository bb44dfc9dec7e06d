//! Short strings that repeat across thousands of objects, kept once each.

use std::{borrow::Borrow, fmt, ops::Deref, sync::LazyLock};

use arcstr::ArcStr;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::collections::HashSet;

/// A shared immutable string, a pointer wide: a clone copies the pointer. Equal texts made by [`Text::intern`] (and by
/// decoding) share one allocation while any of them lives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(ArcStr);

/// Interned strings; those that nobody else holds are dropped when the table grows past twice its
/// size after the last sweep.
static INTERNED: Mutex<Interner> = Mutex::new(Interner { texts: None, sweep_at: SWEEP_MIN });

/// Below this many strings a sweep is not worth its walk.
const SWEEP_MIN: usize = 4096;

struct Interner {
    texts: Option<HashSet<ArcStr>>,
    sweep_at: usize,
}

impl Text {
    /// The shared copy of `text`. Use it for names, labels, images: what repeats.
    pub fn intern(text: &str) -> Self {
        let mut interner = INTERNED.lock();
        let Interner { texts, sweep_at } = &mut *interner;
        let texts = texts.get_or_insert_default();
        if let Some(found) = texts.get(text) {
            return Self(ArcStr::clone(found));
        }
        if texts.len() >= *sweep_at {
            texts.retain(|text| ArcStr::strong_count(text).is_none_or(|holders| holders > 1));
            *sweep_at = SWEEP_MIN.max(texts.len() * 2);
        }
        let made: ArcStr = ArcStr::from(text);
        texts.insert(ArcStr::clone(&made));
        Self(made)
    }

    /// The string itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Text {
    fn default() -> Self {
        static EMPTY: LazyLock<Text> = LazyLock::new(|| Text::intern(""));
        EMPTY.clone()
    }
}
impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::intern(text)
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::intern(&text)
    }
}
impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}
impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}
impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        &*self.0 == other.as_str()
    }
}
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text::intern(text))
            }
            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_one_allocation() {
        assert!(ArcStr::ptr_eq(&Text::intern("kube-system").0, &Text::intern("kube-system").0));
    }
}
