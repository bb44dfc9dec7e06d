//! Copies of a cluster: streamed from a member, checked, put in their place when they are whole.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Arc};

use bytes::Bytes;
use ring::digest::{Context, Digest, SHA256, SHA256_OUTPUT_LEN};
use serde::Deserialize;
use store::{EtcdAdmin, Revision};
use world::{Disk, File, World};

use crate::{
    EtcdError, Kept, Layout, Manifest, cluster,
    restore::{Tool, last_line, run},
    retention::{expired, name},
};

/// What a backup came to.
#[derive(Debug)]
pub struct Backup {
    pub file: String,
    pub manifest: Manifest,
    /// Older ones that were removed.
    pub removed: Vec<String>,
}

const CHUNK_BYTES: u64 = 1024 * 1024;
const PREFIX: &str = "/registry";

/// Hashes of a copy: of the database, which the last bytes must be, and of the whole file.
struct Hashes {
    database: Context,
    whole: Context,
    tail: Vec<u8>,
    bytes: u64,
}

/// What the tool tells of a copy.
#[derive(Deserialize)]
struct Told {
    revision: u64,
}

/// Copies the cluster into `folder`, with a manifest beside the copy, and removes old ones.
///
/// # Errors
/// No member answers, the copy is damaged, or the disk failed; then no file is left that looks like one.
pub async fn backup(
    world: &World,
    layout: &Layout,
    tool: &Tool,
    folder: &Path,
    kept: Kept,
) -> Result<Backup, EtcdError> {
    let (disk, now) = (&*world.disk, world.clock.wall());
    disk.create_folder(folder)?;
    let file = name(now);
    let partial = folder.join(format!("{file}.partial"));
    let admin = EtcdAdmin::new(world, &layout.root(disk, None)?)?;
    let hashes = copy(&admin, disk.open(&partial)?).await?;
    let (bytes, sha256) = (hashes.bytes, hashes.check(&partial)?);
    let revision = revision(world, tool, &partial).await?;
    let members = cluster::statuses(world, layout).await?.into_iter();
    let members = members.filter_map(|member| Some((member.name, member.status.ok()?.version)));
    let manifest = Manifest {
        revision,
        time: now.to_string(),
        members: members.collect::<BTreeMap<_, _>>(),
        keys: admin.kinds(PREFIX, Revision(revision)).await?,
        bytes,
        sha256,
    };
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| EtcdError::refused(&file, error))?;
    disk.replace(&folder.join(format!("{file}.json")), &text)?;
    disk.rename(&partial, &folder.join(&file))?;
    let removed = expired(&disk.list(folder)?, kept, now);
    for old in &removed {
        disk.remove(&folder.join(old))?;
        disk.remove(&folder.join(format!("{old}.json")))?;
    }
    Ok(Backup { file, manifest, removed })
}

/// Whether a copy is whole, and what its manifest says of it; and that etcd's own tool finds the same.
///
/// # Errors
/// It is not.
pub async fn verify(world: &World, tool: &Tool, file: &Path) -> Result<Manifest, EtcdError> {
    let manifest = read_manifest(&*world.disk, file)?;
    let refused = |reason: &str| Err(EtcdError::refused(file.display(), reason));
    let hashes = read(&*world.disk.open(file)?)?;
    if hashes.bytes != manifest.bytes {
        return refused("its size is not that of the manifest");
    }
    if hashes.check(file)? != manifest.sha256 {
        return refused("its SHA-256 is not that of the manifest");
    }
    if revision(world, tool, file).await? != manifest.revision {
        return refused("its revision is not that of the manifest");
    }
    Ok(manifest)
}

pub(crate) fn read_manifest(disk: &dyn Disk, file: &Path) -> Result<Manifest, EtcdError> {
    let path = format!("{}.json", file.display());
    let text = disk.read(Path::new(&path))?;
    serde_json::from_slice(&text).map_err(|error| EtcdError::refused(path, error))
}

async fn copy(admin: &EtcdAdmin, file: Arc<dyn File>) -> Result<Hashes, EtcdError> {
    file.set_len(0)?;
    let mut hashes = Hashes::new();
    admin
        .snapshot(|piece: Bytes| {
            file.write(hashes.bytes, &piece)?;
            hashes.push(&piece);
            Ok::<(), EtcdError>(())
        })
        .await?;
    file.sync()?;
    Ok(hashes)
}

fn read(file: &dyn File) -> Result<Hashes, EtcdError> {
    let (mut hashes, length) = (Hashes::new(), file.len()?);
    while hashes.bytes < length {
        let size = CHUNK_BYTES.min(length - hashes.bytes);
        let mut chunk = vec![0; usize::try_from(size).unwrap_or_default()];
        file.read(hashes.bytes, &mut chunk)?;
        hashes.push(&chunk);
    }
    Ok(hashes)
}

async fn revision(world: &World, tool: &Tool, file: &Path) -> Result<u64, EtcdError> {
    let path = file.display().to_string();
    let output = run(world, tool, &["snapshot", "status", &path, "--write-out=json"]).await?;
    let told: Told = serde_json::from_str(&last_line(&output))
        .map_err(|error| EtcdError::refused(path, error))?;
    Ok(told.revision)
}

impl Hashes {
    fn new() -> Self {
        let context = || Context::new(&SHA256);
        Self { database: context(), whole: context(), tail: Vec::new(), bytes: 0 }
    }

    fn push(&mut self, piece: &[u8]) {
        self.whole.update(piece);
        self.bytes += u64::try_from(piece.len()).unwrap_or_default();
        self.tail.extend_from_slice(piece);
        let rest = self.tail.len().saturating_sub(SHA256_OUTPUT_LEN);
        self.database.update(&self.tail[..rest]);
        self.tail.drain(..rest);
    }

    /// The hash of the whole, if the database has the hash that follows it.
    fn check(self, file: &Path) -> Result<String, EtcdError> {
        if self.database.finish().as_ref() != self.tail {
            return Err(EtcdError::refused(file.display(), "the hash at its end is not its own"));
        }
        Ok(hexadecimal(&self.whole.finish()))
    }
}

fn hexadecimal(digest: &Digest) -> String {
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use ring::digest::digest;

    use super::*;

    fn check(pieces: &[&[u8]]) -> bool {
        let mut hashes = Hashes::new();
        for piece in pieces {
            hashes.push(piece);
        }
        hashes.check(Path::new("copy")).is_ok()
    }

    #[test]
    fn the_hash_at_the_end_is_found_whatever_the_pieces() {
        let hash = digest(&SHA256, b"database");
        let (first, last) = hash.as_ref().split_at(7);
        assert!(check(&[b"database", hash.as_ref()]));
        assert!(check(&[b"data", b"base", first, last]));
        assert!(!check(&[b"databasE", hash.as_ref()]));
        assert!(!check(&[b"short"]));
    }
}
