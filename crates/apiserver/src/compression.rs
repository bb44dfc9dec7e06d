//! Large answers to reads travel gzipped to those who can read that.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Method, header};

use crate::{Body, Request, Response};

/// Below this a client waits longer for the packing than for the bytes.
const BYTES_MIN: usize = 128 * 1024;

/// The same answer, packed if that is worth it and wanted.
pub(crate) fn compress(request: &Request, mut response: Response) -> Response {
    let Body::Full(body) = &response.body else { return response };
    let is_wanted = request.method == Method::GET
        && body.len() > BYTES_MIN
        && !response.headers.contains_key(header::CONTENT_ENCODING)
        && accepts_gzip(request.header(header::ACCEPT_ENCODING));
    if !is_wanted {
        return response;
    }
    let Some(packed) = gzip(body) else { return response };
    response.body = Body::Full(packed);
    response = response.with(header::CONTENT_ENCODING, "gzip");
    if response.headers.contains_key(header::VARY) {
        return response;
    }
    response.with(header::VARY, "Accept-Encoding")
}

fn accepts_gzip(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next() == Some("gzip") && !parts.any(|quality| quality == "q=0")
    })
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_offered() {
        assert!(accepts_gzip("gzip"));
        assert!(accepts_gzip("deflate, gzip;q=0.5"));
        assert!(!accepts_gzip("identity"));
        assert!(!accepts_gzip("gzip;q=0"));
    }
}
