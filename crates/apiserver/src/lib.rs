//! The API server: authenticate, authorize, decode, admit, validate, store; lists and watches from
//! the watch cache. One engine serves every kind, because a kind is data.

pub mod admission;
mod api_group;
pub mod audit;
pub mod authentication;
pub mod authorization;
mod cache;
mod compression;
mod custom;
mod decode;
mod discovery;
mod duration;
mod encode;
mod engine;
pub mod faults;
mod follow;
pub mod health;
pub mod http;
mod impersonation;
pub mod jwt;
pub mod managed_fields;
mod metrics;
mod negotiation;
mod object;
mod openapi;
mod operation;
mod options;
pub mod patch;
mod protobuf;
mod query;
mod request_info;
mod route;
mod service;
mod status;
mod store_latency;
pub mod tls;

pub use api_group::{ApiGroup, ApiGroupAnswer, ReadOnlyRequest, ReadOnlyResource};
pub use custom::Served;
pub use engine::{Engine, EngineMetrics, EngineOptions, Epoch, StartError};
pub use follow::Follow;
pub use object::Object;
pub use operation::{
    Content, DeleteOptions, FieldValidation, ListQuery, Listed, Notes, ObjectEvent, Operation,
    Outcome, PatchType, User, Verb, VersionMatch, WatchQuery,
};
pub use query::Query;
pub use request_info::{RequestInfo, ResourcePath};
pub use service::{
    BODY_BYTES_MAX, Backend, Body, EventKind, Extension, ExtensionAnswer, Request, Response,
    Service, Settings, WatchBody, WatchEvent,
};
pub use status::{Cause, Reason, Status};
pub use store_latency::TimedStore;
