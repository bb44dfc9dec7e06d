//! Messages of etcd's API v3: the fields that are used here, with etcd's numbers (upstream:
//! `api/etcdserverpb/rpc.proto`, `api/mvccpb/kv.proto`). Unknown fields are skipped.

mod keys;
mod upkeep;
mod watch;

use bytes::Bytes;

pub(crate) use keys::{
    CompactRequest, CompareRequest, CompareTarget, Compared, DeleteRequest, DeleteResponse,
    PutRequest, PutResponse, RangeRequest, RangeResponse, RequestOperation, Requested, Responded,
    ResponseOperation, TxnRequest, TxnResponse,
};
pub(crate) use upkeep::{
    AuthenticateRequest, AuthenticateResponse, LeaseGrantRequest, LeaseId, LeaseResponse, Member,
    MemberListResponse, Names, Permission, RolePermission, SnapshotResponse, StatusResponse,
};
pub(crate) use watch::{
    Asked, WatchCancel, WatchCreate, WatchRequest, WatchResponse, WatchedEvent,
};

/// A request without fields that anybody sets.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Nothing {}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Header {
    #[prost(uint64, tag = "1")]
    pub(crate) cluster_id: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) member_id: u64,
    #[prost(int64, tag = "3")]
    pub(crate) revision: i64,
}

/// Of the many answers of which nothing but the header counts.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Done {
    #[prost(message, optional, tag = "1")]
    pub(crate) header: Option<Header>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Pair {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) key: Bytes,
    #[prost(int64, tag = "2")]
    pub(crate) created: i64,
    #[prost(int64, tag = "3")]
    pub(crate) modified: i64,
    #[prost(int64, tag = "4")]
    pub(crate) version: i64,
    #[prost(bytes = "bytes", tag = "5")]
    pub(crate) value: Bytes,
}
