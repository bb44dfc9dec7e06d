//! Outcomes as bytes: kept JSON is passed on, in the shape and media type that were asked for.

mod event;
mod indent;
mod shape;
mod table;

use std::sync::Arc;

use api::catalog::ResourceFacts;
use bytes::{BufMut, Bytes, BytesMut};
use meta::time::Time;
use serde_json::Value;

use crate::{
    Listed, Object, Reason, Status,
    negotiation::{Format, IncludeObject, Media, Shape},
    protobuf,
};

pub(crate) use event::EventEncoder;
pub(crate) use indent::indent;
pub(crate) use shape::ListMetadata;
use table::{Columns, Printing};

/// Writes the answers of one resource in one form.
#[derive(Debug, Clone)]
pub(crate) struct Encoder {
    pub facts: Arc<ResourceFacts>,
    pub format: Format,
    /// Ages in tables are counted up to here.
    pub now: Time,
}

impl Encoder {
    /// A stored object.
    pub(crate) fn object(&self, object: &Object) -> Result<Bytes, Status> {
        match self.format.shape {
            Shape::Whole => self.finish(object.json.clone()),
            Shape::Metadata(version) => self.finish(shape::metadata(&object.json, version)?),
            Shape::MetadataList(_) => Err(shape::no_list(&self.facts)),
            Shape::Table(version, include) => {
                let columns = table::columns_of(&self.facts);
                let row = table::Row::of(self.printing(columns, include), &object.json)?;
                let metadata = shape::ListMetadata::of_object(object);
                self.finish(table::write(columns, version, metadata, vec![row])?)
            }
        }
    }

    /// JSON that is not stored as it is. A `Status` keeps its shape.
    pub(crate) fn value(&self, value: &Value) -> Result<Bytes, Status> {
        let json = Bytes::from(value.to_string());
        if value["kind"] == "Status" {
            return self.finish(json);
        }
        let version = value["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        match self.format.shape {
            Shape::Whole => self.finish(json),
            Shape::Metadata(meta_version) => self.finish(shape::metadata(&json, meta_version)?),
            Shape::MetadataList(_) => Err(shape::no_list(&self.facts)),
            Shape::Table(meta_version, include) => {
                let columns = table::columns_of_value(&self.facts, value);
                let row = table::Row::of(self.printing(columns, include), &json)?;
                let metadata = shape::ListMetadata::at(version.to_owned());
                self.finish(table::write(columns, meta_version, metadata, vec![row])?)
            }
        }
    }

    /// A page of a list.
    pub(crate) fn list(&self, list: &Listed) -> Result<Bytes, Status> {
        let metadata = shape::ListMetadata::of_list(list);
        match self.format.shape {
            Shape::Whole if self.format.media == Media::Protobuf => {
                protobuf::list(&self.facts, &metadata, &list.items)
            }
            Shape::Whole => self.finish(shape::list(&self.facts, &metadata, &list.items)?),
            Shape::Metadata(_) => Err(shape::no_object(&self.facts)),
            Shape::MetadataList(version) => {
                self.finish(shape::metadata_list(version, &metadata, &list.items)?)
            }
            Shape::Table(version, include) => {
                let columns = table::columns_of(&self.facts);
                let rows = table::rows(&self.facts, self.printing(columns, include), &list.items)?;
                self.finish(table::write(columns, version, metadata, rows)?)
            }
        }
    }

    const fn printing<'a>(&self, columns: Columns<'a>, include: IncludeObject) -> Printing<'a> {
        Printing { columns, include, now: self.now }
    }

    fn finish(&self, json: Bytes) -> Result<Bytes, Status> {
        write(json, self.format.media, self.format.pretty)
    }
}

/// JSON in the media type asked for.
pub(crate) fn write(json: Bytes, media: Media, pretty: bool) -> Result<Bytes, Status> {
    match media {
        Media::Json if pretty => Ok(Bytes::from(indent(&json))),
        Media::Json => Ok(with_newline(json)),
        Media::Yaml => {
            let value: Value = serde_json::from_slice(&json).map_err(|error| broken(&error))?;
            let text = serde_saphyr::to_string(&value).map_err(|error| broken(&error))?;
            Ok(Bytes::from(text))
        }
        Media::Protobuf => {
            let value: Value = serde_json::from_slice(&json).map_err(|error| broken(&error))?;
            protobuf::object(&value)
        }
    }
}

/// Kept bytes are copied; a list that was put together for this answer grows in place.
fn with_newline(json: Bytes) -> Bytes {
    let mut line = json.try_into_mut().unwrap_or_else(|kept| {
        let mut copy = BytesMut::with_capacity(kept.len() + 1);
        copy.extend_from_slice(&kept);
        copy
    });
    line.put_u8(b'\n');
    line.freeze()
}

/// An object of ours cannot be written: a fault of the server.
pub(crate) fn broken(error: &dyn std::fmt::Display) -> Status {
    Status::new(500, Reason::InternalError, format!("Internal error occurred: {error}"))
}
