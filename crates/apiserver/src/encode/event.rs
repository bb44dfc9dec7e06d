//! Events of a watch in the shape and frames a client asked for.

use std::sync::Arc;

use api::{catalog::ResourceFacts, proto::watch_frame};
use bytes::{BufMut, Bytes, BytesMut};
use meta::object::ResourceVersion;
use serde_json::{Value, json};
use world::Clock;

use super::{Printing, broken, shape, table};
use crate::{
    Object, ObjectEvent, Status,
    encode::shape::ListMetadata,
    negotiation::{Format, Media, Shape},
    protobuf,
    service::{EventKind, WatchEvent},
};

/// Turns the events of one watch into what its client reads.
pub(crate) struct EventEncoder {
    facts: Arc<ResourceFacts>,
    format: Format,
    clock: Arc<dyn Clock>,
    /// The next event is the first: a table names its columns once.
    first: bool,
}

impl EventEncoder {
    pub(crate) fn new(facts: Arc<ResourceFacts>, format: Format, clock: Arc<dyn Clock>) -> Self {
        Self { facts, format, clock, first: true }
    }

    /// One event as JSON. What cannot be shown ends the watch with an error event.
    pub(crate) fn event(&mut self, event: Result<ObjectEvent, Status>) -> WatchEvent {
        self.shaped(event).unwrap_or_else(|status| failure(&status))
    }

    fn shaped(&mut self, event: Result<ObjectEvent, Status>) -> Result<WatchEvent, Status> {
        let (kind, object) = match event? {
            ObjectEvent::Added(object) => (EventKind::Added, self.object(&object)?),
            ObjectEvent::Modified(object) => (EventKind::Modified, self.object(&object)?),
            ObjectEvent::Deleted(object) => (EventKind::Deleted, self.object(&object)?),
            ObjectEvent::Bookmark { version, initial_end } => {
                (EventKind::Bookmark, self.bookmark(version, initial_end)?)
            }
        };
        Ok(WatchEvent { kind, object })
    }

    fn object(&mut self, object: &Object) -> Result<Bytes, Status> {
        self.json(&object.json, || object.version.to_string())
    }

    fn bookmark(&mut self, version: ResourceVersion, initial_end: bool) -> Result<Bytes, Status> {
        let mut bookmark = json!({
            "kind": self.facts.resource.kind,
            "apiVersion": self.facts.resource.api_version(),
            "metadata": {"resourceVersion": version.to_string()},
        });
        if initial_end {
            bookmark["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        self.json(&Bytes::from(bookmark.to_string()), || version.to_string())
    }

    fn json(&mut self, json: &Bytes, version: impl Fn() -> String) -> Result<Bytes, Status> {
        match self.format.shape {
            Shape::Whole => Ok(json.clone()),
            Shape::Metadata(meta_version) => shape::metadata(json, meta_version),
            Shape::MetadataList(_) => Err(shape::no_list(&self.facts)),
            Shape::Table(meta_version, include) => {
                let columns = table::columns_of(&self.facts);
                let printing = Printing { columns, include, now: self.clock.wall() };
                let row = table::Row::of(printing, json)?;
                let metadata = ListMetadata::at(version());
                if std::mem::take(&mut self.first) {
                    return table::write(columns, meta_version, metadata, vec![row]);
                }
                table::write_row(meta_version, metadata, row)
            }
        }
    }

    /// Appends an event in the frames of the media type.
    pub(crate) fn frame(&self, event: &WatchEvent, frame: &mut BytesMut) {
        match self.format.media {
            Media::Json | Media::Yaml => push_line(event, frame),
            Media::Protobuf => {
                let framed = parse(&event.object)
                    .and_then(|object| protobuf::object(&object))
                    .map(|object| (event.kind, object))
                    .or_else(|status| {
                        protobuf::object(&status.to_json()).map(|object| (EventKind::Error, object))
                    });
                if let Ok((kind, object)) = framed {
                    frame.put_slice(&watch_frame(kind.as_str(), &object));
                }
            }
        }
    }
}

fn push_line(event: &WatchEvent, frame: &mut BytesMut) {
    frame.reserve(event.object.len() + 40);
    frame.put_slice(b"{\"type\":\"");
    frame.put_slice(event.kind.as_str().as_bytes());
    frame.put_slice(b"\",\"object\":");
    frame.put_slice(&event.object);
    frame.put_slice(b"}\n");
}

fn failure(status: &Status) -> WatchEvent {
    WatchEvent { kind: EventKind::Error, object: Bytes::from(status.to_json().to_string()) }
}

fn parse(json: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(json).map_err(|error| broken(&error))
}
