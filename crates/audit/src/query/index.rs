//! The index of one day: a database that knows the events of some parts of the archive.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, params};
use serde_json::value::RawValue;
use world::Disk;

use super::{QueryError, event::Event, index_path};
use crate::{archive::is_part, line::lines};

/// Grows with every change of what follows: an index of another version is made anew.
const VERSION: i64 = 2;
/// Somebody else may be filling the same index.
const BUSY_TIME_MAX: Duration = Duration::from_mins(5);
/// Of the hash that tells events apart. Identical lines are one event: the audit ID alone will not do, since
/// clients may choose it.
const ID_BYTES: usize = 16;
/// Bodies lie apart: most questions do not read them.
const TABLES: &str = "
CREATE TABLE parts (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE events (
  number INTEGER PRIMARY KEY, time TEXT, latency_ms REAL, stage TEXT, level TEXT, verb TEXT, user TEXT,
  groups TEXT, impersonated TEXT, source_ip TEXT, agent TEXT, api_group TEXT, resource TEXT,
  subresource TEXT, namespace TEXT, name TEXT, code INTEGER, decision TEXT, reason TEXT, uri TEXT,
  audit_id TEXT, identity BLOB UNIQUE);
CREATE TABLE bodies (
  number INTEGER PRIMARY KEY, request_object TEXT, response_object TEXT, annotations TEXT);
";
const INDICES: &str = "
CREATE INDEX IF NOT EXISTS by_time ON events (time);
CREATE INDEX IF NOT EXISTS by_verb ON events (verb, user, resource);
CREATE INDEX IF NOT EXISTS by_user ON events (user, time);
CREATE INDEX IF NOT EXISTS by_object ON events (resource, namespace, name);
CREATE INDEX IF NOT EXISTS by_subresource ON events (subresource, resource);
CREATE INDEX IF NOT EXISTS by_latency ON events (latency_ms);
CREATE INDEX IF NOT EXISTS forbidden ON events (user) WHERE decision = 'forbid';
";
const PRAGMAS: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
";
const INSERT_EVENT: &str = "INSERT OR IGNORE INTO events (time, latency_ms, stage, level, verb, user,
  groups, impersonated, source_ip, agent, api_group, resource, subresource, namespace, name, code, decision,
  reason, uri, audit_id, identity)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
const INSERT_BODIES: &str = "INSERT INTO bodies VALUES (?1, ?2, ?3, ?4)";

/// The columns of the view `events` for one attached index.
pub(super) fn selection(name: &str) -> String {
    let body = |column: &str| {
        format!("(SELECT b.{column} FROM {name}.bodies b WHERE b.number = e.number) AS {column}")
    };
    let bodies = ["request_object", "response_object", "annotations"].map(body).join(", ");
    format!(
        "SELECT time, stage, level, verb, user, groups, impersonated, source_ip, agent, api_group, resource, \
         subresource, namespace, name, code, latency_ms, decision, reason, uri, audit_id, {bodies} \
         FROM {name}.events e"
    )
}

/// Indexes what is new of a day; the path of its index.
pub(super) fn bring_up_to_date(
    disk: &dyn Disk,
    archive: &Path,
    day: &str,
) -> Result<PathBuf, QueryError> {
    let path = index_path(archive, day);
    let folder = archive.join(format!("day={day}"));
    disk.create_folder(path.parent().unwrap_or(archive))?;
    let failed = |source| QueryError::Index { index: path.display().to_string(), source };
    let mut connection = open(disk, &path)?;
    let mut is_new = false;
    for part in disk.list(&folder)?.into_iter().filter(|name| is_part(name)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(failed)?;
        let size = disk.open_present(&folder.join(&part))?.len()?;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if is_known(&transaction, &part, size).map_err(failed)? {
            continue;
        }
        let packed = disk.read(&folder.join(&part))?;
        let unreadable = |error: std::io::Error| QueryError::Part {
            part: folder.join(&part).display().to_string(),
            reason: error.to_string(),
        };
        let mut text = Vec::new();
        MultiGzDecoder::new(&*packed).read_to_end(&mut text).map_err(unreadable)?;
        fill(&transaction, &text).map_err(failed)?;
        let known = transaction
            .execute("INSERT OR REPLACE INTO parts VALUES (?1, ?2)", params![part, size])
            .and_then(|_| transaction.commit());
        known.map_err(failed)?;
        is_new = true;
    }
    if is_new {
        connection.execute_batch(INDICES).map_err(failed)?;
    }
    Ok(path)
}

/// An index of this version, empty if there was none.
fn open(disk: &dyn Disk, path: &Path) -> Result<Connection, QueryError> {
    let failed = |source| QueryError::Index { index: path.display().to_string(), source };
    let opened = || -> rusqlite::Result<(Connection, i64)> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIME_MAX)?;
        connection.execute_batch(PRAGMAS)?;
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok((connection, version))
    };
    let (mut connection, mut version) = opened().map_err(failed)?;
    if version != VERSION && version != 0 {
        drop(connection);
        for ending in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            disk.remove(Path::new(&name))?;
        }
        (connection, version) = opened().map_err(failed)?;
    }
    if version == 0 {
        make(&mut connection).map_err(failed)?;
    }
    Ok(connection)
}

fn make(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    }
    transaction.commit()
}

fn is_known(transaction: &Transaction<'_>, part: &str, size: i64) -> rusqlite::Result<bool> {
    let mut statement =
        transaction.prepare("SELECT 1 FROM parts WHERE name = ?1 AND bytes = ?2")?;
    statement.exists(params![part, size])
}

fn fill(transaction: &Transaction<'_>, text: &[u8]) -> rusqlite::Result<()> {
    let mut events = transaction.prepare(INSERT_EVENT)?;
    let mut bodies = transaction.prepare(INSERT_BODIES)?;
    for line in lines(text) {
        let Some(event) = Event::read(line) else { continue };
        if insert(&mut events, &event, line)? == 0 {
            continue;
        }
        let raw = |object: Option<&RawValue>| object.map(|raw| raw.get().to_owned());
        let number = transaction.last_insert_rowid();
        let [request, response, annotations] =
            [event.request_object, event.response_object, event.annotations].map(raw);
        bodies.execute(params![number, request, response, annotations])?;
    }
    Ok(())
}

/// How many rows became of it: none if it is known.
fn insert(
    statement: &mut Statement<'_>,
    event: &Event<'_>,
    line: &[u8],
) -> rusqlite::Result<usize> {
    let identity = digest(&SHA256, line);
    let identity = &identity.as_ref()[..ID_BYTES];
    let (object, said) = (&event.object_ref, event.decision());
    statement.execute(params![
        event.time(),
        event.latency(),
        &*event.stage,
        &*event.level,
        &*event.verb,
        &*event.user.username,
        event.groups(),
        event.impersonated(),
        event.source_ip(),
        &*event.user_agent,
        &*object.api_group,
        &*object.resource,
        &*object.subresource,
        &*object.namespace,
        &*object.name,
        event.response_status.code,
        &*said.decision,
        &*said.reason,
        &*event.uri,
        &*event.audit_id,
        identity,
    ])
}
