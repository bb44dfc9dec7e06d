//! Bytes as they arrive, cut into lines.

use bytes::{Bytes, BytesMut};

use crate::ClientError;

/// What has arrived of the line that is not complete yet.
pub(super) struct Lines {
    rest: BytesMut,
    bytes_max: usize,
}

impl Lines {
    /// Refuses lines longer than `bytes_max`.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { rest: BytesMut::new(), bytes_max }
    }

    /// The lines that `data` completes; an error is the last.
    pub(super) fn push(&mut self, data: Bytes) -> Vec<Result<Bytes, ClientError>> {
        let mut lines = Vec::new();
        let mut searched = self.rest.len();
        self.rest.extend_from_slice(&data);
        while let Some(end) = self.rest[searched..].iter().position(|byte| *byte == b'\n') {
            let line = self.rest.split_to(searched + end + 1);
            // A copy: whoever keeps a line would else keep all that arrived with it.
            lines.push(Ok(Bytes::copy_from_slice(&line[..line.len() - 1])));
            searched = 0;
        }
        if self.rest.len() > self.bytes_max {
            let reason = format!("a line of a watch is longer than {} bytes", self.bytes_max);
            lines.push(Err(ClientError::Unreadable { reason }));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_arrive() {
        let mut lines = Lines::new(100);
        let mut seen = Vec::new();
        for part in ["on", "e\ntw", "o\nthree\n", "\n"] {
            let complete = lines.push(Bytes::from(part)).into_iter();
            seen.extend(complete.map(|line| String::from_utf8(line.unwrap().to_vec()).unwrap()));
        }
        assert_eq!(seen, ["one", "two", "three", ""]);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let mut lines = Lines::new(3);
        assert!(lines.push(Bytes::from_static(b"abcd")).pop().unwrap().is_err());
    }
}
