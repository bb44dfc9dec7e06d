//! Ranges: as etcd says them, as the store reads them, and in which order they are shown.

use super::{
    Shared,
    header::{header, pair, revision},
    refusal::Refusal,
};
use crate::{
    KeyValue, Range, RangeAnswer, Revision,
    etcd::messages::{RangeRequest, RangeResponse},
    prefix_end,
};

const DESCENDING: i32 = 2;

/// One key, or those up to an end.
pub(super) fn range(key: &[u8], end: &[u8]) -> Range {
    let end = (!end.is_empty()).then(|| end.to_vec());
    Range { start: key.to_vec(), end, at: None, limit: None }
}

/// Whether a key is in the range.
pub(super) fn is_in(range: &Range, key: &[u8]) -> bool {
    match &range.end {
        None => key == range.start,
        Some(end) => key >= range.start.as_slice() && (end == &[0] || key < end.as_slice()),
    }
}

/// What all keys of the range begin with.
pub(super) fn prefix(range: &Range) -> Vec<u8> {
    let Some(end) = &range.end else { return range.start.clone() };
    if *end == prefix_end(&range.start) {
        return range.start.clone();
    }
    let pairs = range.start.iter().zip(end);
    pairs.take_while(|(one, other)| one == other).map(|(byte, _)| *byte).collect()
}

impl Shared {
    pub(super) async fn range(&self, request: RangeRequest) -> Result<RangeResponse, Refusal> {
        self.range_at(&request, revision(request.revision)).await
    }

    pub(super) async fn range_at(
        &self,
        request: &RangeRequest,
        at: Option<Revision>,
    ) -> Result<RangeResponse, Refusal> {
        let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0);
        let is_sorted = request.order == DESCENDING || request.sorted_by != 0;
        let mut range = range(&request.key, &request.range_end);
        range.at = at;
        range.limit = if is_sorted { None } else { limit };
        let RangeAnswer { mut pairs, revision, count } = self.store.range(range).await?;
        if is_sorted {
            sort(&mut pairs, request.sorted_by);
            if request.order == DESCENDING {
                pairs.reverse();
            }
            pairs.truncate(limit.unwrap_or(usize::MAX));
        }
        let more = pairs.len() < count;
        if request.count_only {
            pairs.clear();
        }
        let mut pairs: Vec<_> = pairs.iter().map(pair).collect();
        if request.keys_only {
            for pair in &mut pairs {
                pair.value.clear();
            }
        }
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Ok(RangeResponse { header: Some(header(revision)), pairs, more, count })
    }
}

fn sort(pairs: &mut [KeyValue], by: i32) {
    match by {
        1 => pairs.sort_by_key(|pair| pair.version),
        2 => pairs.sort_by_key(|pair| pair.created),
        3 => pairs.sort_by_key(|pair| pair.modified),
        4 => pairs.sort_by(|one, other| one.value.cmp(&other.value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_watched_by_what_its_keys_have_in_common() {
        let rows: [(&[u8], &[u8], &[u8]); 4] = [
            (b"/a/b", b"", b"/a/b"),
            (b"/a/", b"/a0", b"/a/"),
            (b"/a/b", b"/a/c", b"/a/b"),
            (b"/a/b", b"/a/d", b"/a/"),
        ];
        for (key, end, wanted) in rows {
            assert_eq!(prefix(&range(key, end)), wanted, "{key:?}");
        }
    }

    #[test]
    fn an_end_of_zero_is_the_end_of_all() {
        assert!(is_in(&range(b"b", &[0]), b"z"));
        assert!(!is_in(&range(b"b", &[0]), b"a"));
        assert!(!is_in(&range(b"b", b""), b"bb"));
    }
}
