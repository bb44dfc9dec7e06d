//! Which call is meant, and its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header as headers};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use prost::Message;

use super::{
    EtcdServer, Shared,
    body::Answer,
    header::{MEMBER, header, number, revision},
    refusal::Refusal,
    watch,
};
use crate::{
    Revision,
    etcd::{
        frame::{Unframed, framed},
        messages::{
            CompactRequest, DeleteRequest, Done, LeaseGrantRequest, LeaseId, LeaseResponse, Member,
            MemberListResponse, PutRequest, RangeRequest, StatusResponse, TxnRequest,
        },
    },
};

/// As etcd's default, and what an object of Kubernetes may have.
const REQUEST_BYTES_MAX: usize = 8 * 1024 * 1024;
const WATCH: &str = "/etcdserverpb.Watch/Watch";

pub(super) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Answer> {
    let (head, body) = request.into_parts();
    let body = if head.uri.path() == WATCH {
        Answer::stream(watch::stream(shared, body))
    } else {
        Answer::of(shared.call(head.uri.path(), body).await)
    };
    let mut response = Response::new(body);
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(headers::CONTENT_TYPE, grpc);
    response
}

impl Shared {
    async fn call(&self, path: &str, body: Incoming) -> Result<Bytes, Refusal> {
        let message = read(body).await?;
        Ok(match path {
            "/etcdserverpb.KV/Range" => {
                framed(&self.range(decode::<RangeRequest>(message)?).await?)
            }
            "/etcdserverpb.KV/Put" => framed(&self.put(decode::<PutRequest>(message)?).await?),
            "/etcdserverpb.KV/DeleteRange" => {
                framed(&self.delete(decode::<DeleteRequest>(message)?).await?)
            }
            "/etcdserverpb.KV/Txn" => framed(&self.transact(decode::<TxnRequest>(message)?).await?),
            "/etcdserverpb.KV/Compact" => framed(&self.compact(decode(message)?).await?),
            "/etcdserverpb.Lease/LeaseGrant" => framed(&self.grant(decode(message)?).await?),
            "/etcdserverpb.Lease/LeaseRevoke" => framed(&self.revoke(decode(message)?).await?),
            "/etcdserverpb.Lease/LeaseTimeToLive" => framed(&self.left(decode(message)?).await?),
            "/etcdserverpb.Cluster/MemberList" => framed(&self.members().await?),
            "/etcdserverpb.Maintenance/Status" => framed(&self.status().await?),
            "/etcdserverpb.Maintenance/Alarm" | "/etcdserverpb.Maintenance/Defragment" => {
                framed(&Done { header: Some(header(self.store.revision().await?)) })
            }
            other => return Err(Refusal::unserved(other)),
        })
    }

    async fn compact(&self, request: CompactRequest) -> Result<Done, Refusal> {
        let asked = revision(request.revision).unwrap_or(Revision(0));
        self.store.compact(asked).await?;
        Ok(Done { header: Some(header(self.store.revision().await?)) })
    }

    async fn grant(&self, request: LeaseGrantRequest) -> Result<LeaseResponse, Refusal> {
        let LeaseGrantRequest { seconds, id } = request;
        let id = self.leases.grant(&*self.world.clock, id, seconds)?;
        let header = Some(header(self.store.revision().await?));
        Ok(LeaseResponse { header, id, seconds, granted: 0 })
    }

    async fn revoke(&self, request: LeaseId) -> Result<Done, Refusal> {
        for key in self.leases.revoke(request.id)? {
            self.delete(DeleteRequest { key, ..DeleteRequest::default() }).await?;
        }
        Ok(Done { header: Some(header(self.store.revision().await?)) })
    }

    async fn left(&self, request: LeaseId) -> Result<LeaseResponse, Refusal> {
        let (seconds, granted) = self.leases.left(&*self.world.clock, request.id);
        let header = Some(header(self.store.revision().await?));
        Ok(LeaseResponse { header, id: request.id, seconds, granted })
    }

    async fn members(&self) -> Result<MemberListResponse, Refusal> {
        let member =
            Member { id: MEMBER, name: "default".to_owned(), client_url: self.url.clone() };
        let header = Some(header(self.store.revision().await?));
        Ok(MemberListResponse { header, members: vec![member] })
    }

    /// One member that leads itself; its log is the store's revisions.
    async fn status(&self) -> Result<StatusResponse, Refusal> {
        let revision = self.store.revision().await?;
        let index = u64::try_from(number(revision)).unwrap_or_default();
        Ok(StatusResponse {
            header: Some(header(revision)),
            version: EtcdServer::VERSION.to_owned(),
            leader: MEMBER,
            raft_index: index,
            raft_term: 1,
            raft_applied: index,
            ..StatusResponse::default()
        })
    }
}

/// The one message of a request.
async fn read(body: Incoming) -> Result<Bytes, Refusal> {
    let collected = Limited::new(body, REQUEST_BYTES_MAX).collect().await;
    let collected = collected.map_err(|_| Refusal::invalid("request is too large"))?;
    let mut unframed = Unframed::default();
    unframed.push(&collected.to_bytes());
    let message = unframed.next().map_err(|_| Refusal::invalid("the frame is not understood"))?;
    message.ok_or_else(|| Refusal::invalid("the request has no message"))
}

fn decode<M: Message + Default>(message: Bytes) -> Result<M, Refusal> {
    M::decode(message).map_err(|_| Refusal::invalid("the message is not understood"))
}
