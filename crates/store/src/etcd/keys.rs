//! How the store's keys are called in etcd.

use bytes::Bytes;

/// What keys of API objects begin with.
const ROOT: &[u8] = b"/registry";
/// Etcd has no key without a byte; the first there can be is this.
const FIRST_KEY: [u8; 1] = [0];

/// Turns keys into etcd's and back.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// In place of [`ROOT`].
    prefix: Vec<u8>,
}

impl Keys {
    pub(crate) fn new(prefix: Option<&str>) -> Self {
        let prefix = prefix
            .map_or(ROOT.to_vec(), |prefix| format!("/{}", prefix.trim_matches('/')).into_bytes());
        Self { prefix }
    }

    /// A key as etcd has it. Those outside of the root stay as they are.
    pub(crate) fn to_etcd(&self, key: &[u8]) -> Vec<u8> {
        match key.strip_prefix(ROOT) {
            Some(rest) => [&self.prefix, rest].concat(),
            None => key.to_vec(),
        }
    }

    /// The same for the start of a range, which may be empty.
    pub(crate) fn start(&self, key: &[u8]) -> Vec<u8> {
        if key.is_empty() { FIRST_KEY.to_vec() } else { self.to_etcd(key) }
    }

    /// The end of the keys that begin so.
    pub(crate) fn prefix_end(&self, prefix: &[u8]) -> Vec<u8> {
        crate::prefix_end(&self.to_etcd(prefix))
    }

    /// The end of a range that starts at `start`. An end is no key: that of a prefix is its last byte plus one.
    pub(crate) fn end(&self, start: &[u8], end: &[u8]) -> Vec<u8> {
        if *end == crate::prefix_end(start) { self.prefix_end(start) } else { self.to_etcd(end) }
    }

    /// A key of etcd as the store calls it.
    pub(crate) fn ours(&self, key: Bytes) -> Bytes {
        if self.prefix == ROOT {
            return key;
        }
        match key.strip_prefix(self.prefix.as_slice()) {
            Some(rest) => [ROOT, rest].concat().into(),
            None => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_prefix_takes_the_place_of_the_root() {
        let keys = Keys::new(Some("/clusters/one/"));
        let theirs = keys.to_etcd(b"/registry/pods/a");
        assert_eq!(theirs, b"/clusters/one/pods/a");
        assert_eq!(keys.ours(theirs.into()), "/registry/pods/a");
        assert_eq!(keys.to_etcd(b"compact"), b"compact");
    }

    #[test]
    fn ranges_of_prefixes_end_after_them() {
        let keys = Keys::new(Some("one"));
        let end = crate::prefix_end(b"/registry/pods/");
        assert_eq!(keys.end(b"/registry/pods/", &end), b"/one/pods0");
        assert_eq!(keys.end(b"/registry/", b"/registry0"), b"/one0");
        assert_eq!(keys.end(b"", &[0]), [0]);
        assert_eq!(keys.start(b""), [0]);
        assert_eq!(keys.end(b"/registry/pods/a", b"/registry/pods/b"), b"/one/pods/b");
    }
}
