//! What an operator asks of etcd itself: how its members are, a copy, room, and who may do what.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use world::World;

use super::{
    EtcdOptions, Login,
    body::Then,
    failure::Failure,
    members::Members,
    messages::{
        Done, Names, Nothing, Permission, RangeRequest, RangeResponse, RolePermission,
        SnapshotResponse, StatusResponse,
    },
    number, revision,
};
use crate::{Revision, StoreError, prefix_end};

/// An operator of an etcd cluster.
pub struct EtcdAdmin {
    members: Members,
}

/// How a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdStatus {
    pub version: String,
    pub member: u64,
    /// Zero while there is none.
    pub leader: u64,
    pub revision: Revision,
    pub raft_term: u64,
    /// What the member knows of, and what it has done.
    pub raft_index: u64,
    pub raft_applied: u64,
    /// Bytes of its file, and how many of these hold something.
    pub size: u64,
    pub size_in_use: u64,
}

/// A large file is written anew.
const DEFRAGMENT_TIME_MAX: Duration = Duration::from_mins(2);
const KEYS_PER_PAGE: i64 = 10_000;
const READ_AND_WRITE: i32 = 2;
const ROOT: &str = "root";
const RANGE: &str = "/etcdserverpb.KV/Range";

impl EtcdAdmin {
    /// Asks the endpoints of `options`; what concerns one member is asked with its endpoint alone.
    ///
    /// # Errors
    /// An endpoint, certificate or key cannot be used.
    pub fn new(world: &World, options: &EtcdOptions) -> Result<Self, StoreError> {
        Ok(Self { members: Members::new(world, options)? })
    }

    /// How the member is.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn status(&self) -> Result<EtcdStatus, StoreError> {
        let answer = self.members.call("/etcdserverpb.Maintenance/Status", &Nothing {}).await;
        let answer: StatusResponse = answer.map_err(failed("ask etcd how it is"))?;
        let header = answer.header.unwrap_or_default();
        let size = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
        Ok(EtcdStatus {
            version: answer.version,
            member: header.member_id,
            leader: answer.leader,
            revision: revision(answer.header),
            raft_term: answer.raft_term,
            raft_index: answer.raft_index,
            raft_applied: answer.raft_applied,
            size: size(answer.size),
            size_in_use: size(answer.size_in_use),
        })
    }

    /// A copy of everything the member has, in pieces: its database, then the SHA-256 of that. Ends early
    /// when `write` fails.
    ///
    /// # Errors
    /// It does not answer, or the stream broke; or `write` failed.
    pub async fn snapshot<E: From<StoreError>>(
        &self,
        mut write: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let action = "copy etcd";
        let path = "/etcdserverpb.Maintenance/Snapshot";
        let answers = self.members.stream(path, &Nothing {}, Then::End).await;
        let mut answers = answers.map_err(failed(action))?;
        while let Some(piece) = answers.next::<SnapshotResponse>().await.map_err(failed(action))? {
            write(piece.blob)?;
        }
        Ok(())
    }

    /// Gives room back that the member no longer needs. It answers nobody meanwhile.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn defragment(&self) -> Result<(), StoreError> {
        let path = "/etcdserverpb.Maintenance/Defragment";
        let done = self.members.call_within::<Done>(path, &Nothing {}, DEFRAGMENT_TIME_MAX).await;
        done.map(drop).map_err(failed("defragment etcd"))
    }

    /// How many keys each kind of object has: by what follows `prefix` in the key.
    ///
    /// # Errors
    /// Nobody answers, or the revision is compacted.
    pub async fn kinds(
        &self,
        prefix: &str,
        at: Revision,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut kinds = BTreeMap::new();
        let mut page = RangeRequest {
            key: prefix.as_bytes().to_vec(),
            range_end: prefix_end(prefix.as_bytes()),
            limit: KEYS_PER_PAGE,
            revision: number(at),
            keys_only: true,
            ..RangeRequest::default()
        };
        loop {
            let read: Result<RangeResponse, Failure> = self.members.call(RANGE, &page).await;
            let read = read.map_err(failed("count the keys of etcd"))?;
            for pair in &read.pairs {
                *kinds.entry(kind_of(prefix, &pair.key)).or_default() += 1;
            }
            let Some(last) = read.pairs.last().filter(|_| read.more) else { return Ok(kinds) };
            page.key = [&last.key[..], &[0]].concat();
        }
    }

    /// Makes the user `root`, and one who may read and write what begins with `prefixes`; then nobody else
    /// is let in.
    ///
    /// # Errors
    /// Nobody answers, or access was set up before.
    pub async fn set_up_access(
        &self,
        root: &Login,
        user: &Login,
        prefixes: &[&str],
    ) -> Result<(), StoreError> {
        for role in [ROOT, &user.user] {
            self.change("RoleAdd", &names(role, "")).await?;
        }
        for prefix in prefixes {
            let permission = Permission {
                kind: READ_AND_WRITE,
                key: prefix.as_bytes().to_vec(),
                range_end: prefix_end(prefix.as_bytes()),
            };
            let role = user.user.clone();
            let granted = RolePermission { role, permission: Some(permission) };
            self.change("RoleGrantPermission", &granted).await?;
        }
        for Login { user, password } in [root, user] {
            self.change("UserAdd", &names(user, password)).await?;
            self.change("UserGrantRole", &names(user, user)).await?;
        }
        self.change("AuthEnable", &Nothing {}).await
    }

    async fn change(&self, what: &str, request: &impl prost::Message) -> Result<(), StoreError> {
        let done = self.members.call::<Done>(&format!("/etcdserverpb.Auth/{what}"), request).await;
        done.map(drop).map_err(failed("set up who may use etcd"))
    }
}

fn names(first: &str, second: &str) -> Names {
    Names { first: first.to_owned(), second: second.to_owned() }
}

/// What follows the prefix, up to the next slash.
fn kind_of(prefix: &str, key: &[u8]) -> String {
    let key = String::from_utf8_lossy(key);
    let rest = key.strip_prefix(prefix).unwrap_or(&key).trim_start_matches('/');
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn failed(action: &'static str) -> impl Fn(Failure) -> StoreError {
    move |failure| StoreError::Unavailable { action, reason: failure.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_kind() {
        assert_eq!(kind_of("/registry", b"/registry/pods/shop/web"), "pods");
        assert_eq!(kind_of("/registry", b"/registry/mark"), "mark");
    }
}
