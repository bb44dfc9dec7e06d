//! Short strings that repeat across thousands of objects, kept once each.

use std::{borrow::Borrow, fmt, ops::Deref, sync::LazyLock};

use arcstr::ArcStr;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::interner::Interner;

/// A shared immutable string, a pointer wide: a clone copies the pointer. Equal texts made by [`Text::intern`] (and by
/// decoding) share one allocation while any of them lives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(ArcStr);

/// Below this many strings a sweep is not worth its walk.
const SWEEP_MIN: usize = 4096;

static INTERNED: LazyLock<Mutex<Interner<ArcStr>>> =
    LazyLock::new(|| Mutex::new(Interner::new(SWEEP_MIN)));

impl Text {
    /// The shared copy of `text`. Use it for names, labels, images: what repeats.
    pub fn intern(text: &str) -> Self {
        let mut interned = INTERNED.lock();
        let is_held = |text: &ArcStr| ArcStr::strong_count(text).is_none_or(|holders| holders > 1);
        let found = interned.find(text);
        Self(found.unwrap_or_else(|| interned.keep(ArcStr::from(text), is_held)))
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
