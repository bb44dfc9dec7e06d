//! What to do when things go wrong, done on purpose: a leader is killed, the quorum lost, the cluster
//! restored; and how long each took.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use store::{Etcd, KeyValue, Operation, Range, Revision, Store as _, Transaction};
use world::World;

use crate::{
    Cluster, EtcdError, Kept, MEMBERS, backup, cluster,
    load::{Load, Written},
    restore::{Tool, lift, restore},
    verify,
};

/// What a drill is told.
#[derive(Debug, Clone)]
pub struct Drill {
    /// Keys that are there before; the copy has them all.
    pub keys: u32,
    pub writes_per_second: u32,
}

/// Before and after each accident.
const STEADY: Duration = Duration::from_secs(5);
/// For so long there is no quorum.
const LOST: Duration = Duration::from_secs(5);
/// Writers go on so soon after a leader was lost.
const PAUSE_MAX: Duration = Duration::from_secs(3);
const PREFIX: &str = "/registry/drill/";
const KEYS_TOGETHER: usize = 100;

/// Runs the drill on a cluster that nobody else uses, and tells of it line by line.
///
/// # Errors
/// A promise was broken: an acknowledged write was lost, writes paused for too long, or the restored
/// cluster has not what the copy had.
pub async fn drill(
    world: &World,
    mut cluster: Cluster,
    tool: &Tool,
    drill: &Drill,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), EtcdError> {
    let store = Arc::new(Etcd::new(world, &cluster.layout.options(&*world.disk)?)?);
    fill(&store, drill.keys).await?;
    say(&format!(
        "{} keys are there; {} writes a second begin",
        drill.keys, drill.writes_per_second
    ));
    let load = Load::start(world, &store, drill.writes_per_second, PREFIX);
    world.clock.sleep(STEADY).await;
    lose_the_leader(world, &mut cluster, &load, say).await?;
    lose_the_quorum(world, &mut cluster, &load, say).await?;
    let written = load.so_far(world.clock.monotonic());
    drop(load);
    check_kept(&store, &written, say).await?;
    drop(store);
    restore_all(world, cluster, tool, say).await
}

async fn lose_the_leader(
    world: &World,
    cluster: &mut Cluster,
    load: &Load,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), EtcdError> {
    let clock = &world.clock;
    let leader = cluster.leader().await?;
    let before = load.so_far(clock.monotonic());
    cluster.kill_member(leader);
    clock.sleep(STEADY).await;
    let after = load.so_far(clock.monotonic());
    let (pause, count) =
        (after.longest_pause, after.acknowledged.len() - before.acknowledged.len());
    say(&format!(
        "leader member-{} killed: writes paused for {:.2} s, then {count} were acknowledged in {} s",
        leader + 1,
        pause.as_secs_f64(),
        STEADY.as_secs()
    ));
    cluster.start_member(leader);
    if pause > PAUSE_MAX || count == 0 {
        let reason = format!("writes paused for {:.2} s", pause.as_secs_f64());
        return Err(EtcdError::refused("the loss of a leader", reason));
    }
    clock.sleep(STEADY).await;
    Ok(())
}

async fn lose_the_quorum(
    world: &World,
    cluster: &mut Cluster,
    load: &Load,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), EtcdError> {
    let clock = &world.clock;
    let lost = [0, 1];
    for member in lost {
        cluster.kill_member(member);
    }
    // What was acknowledged a moment ago may still be noted.
    clock.sleep(Duration::from_millis(500)).await;
    let before = load.so_far(clock.monotonic()).acknowledged.len();
    clock.sleep(LOST).await;
    let during = load.so_far(clock.monotonic()).acknowledged.len() - before;
    let began = clock.monotonic();
    for member in lost {
        cluster.start_member(member);
    }
    cluster.ready().await?;
    let ready = clock.monotonic().since(began);
    clock.sleep(STEADY).await;
    let after = load.so_far(clock.monotonic()).acknowledged.len() - before;
    say(&format!(
        "two members killed for {} s: {during} writes were acknowledged meanwhile; a leader {:.2} s \
         after they came back, then {after} writes in {} s",
        LOST.as_secs(),
        ready.as_secs_f64(),
        STEADY.as_secs()
    ));
    if during > 0 || after == 0 {
        let reason = format!("{during} writes without it, {after} after it came back");
        return Err(EtcdError::refused("the loss of the quorum", reason));
    }
    Ok(())
}

async fn check_kept(
    store: &Etcd,
    written: &Written,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), EtcdError> {
    let there = store.range(Range::prefix(PREFIX)).await?.pairs;
    let there: BTreeSet<&[u8]> = there.iter().map(|pair| &pair.key[..]).collect();
    let acknowledged = &written.acknowledged;
    let lost = acknowledged.iter().filter(|key| !there.contains(key.as_bytes())).count();
    say(&format!(
        "{} writes were acknowledged, {} were not; of the acknowledged {lost} are lost",
        acknowledged.len(),
        written.failed
    ));
    if lost == 0 {
        return Ok(());
    }
    Err(EtcdError::refused("acknowledged writes", format!("{lost} are lost")))
}

async fn restore_all(
    world: &World,
    cluster: Cluster,
    tool: &Tool,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), EtcdError> {
    let (clock, layout) = (&world.clock, cluster.layout.clone());
    let folder = layout.folder.join("backups");
    let began = clock.monotonic();
    let copy = backup(world, &layout, tool, &folder, Kept { count: 3, days: 7 }).await?;
    let file = folder.join(&copy.file);
    verify(world, tool, &file).await?;
    let revision = Revision(copy.manifest.revision);
    say(&format!(
        "copied and verified in {:.2} s: revision {revision}, {} bytes, {} keys",
        clock.monotonic().since(began).as_secs_f64(),
        copy.manifest.bytes,
        copy.manifest.keys.values().sum::<u64>()
    ));
    let store = Etcd::new(world, &layout.options(&*world.disk)?)?;
    let wanted = content(&store, Some(revision)).await?;
    fill(&store, KEYS_TOGETHER.try_into().unwrap_or(u32::MAX)).await?;
    let seen = store.revision().await?;
    drop(store);
    let program = cluster.program();
    drop(cluster);
    let began = clock.monotonic();
    let restored = layout.beside("restored");
    restore(world, &restored, tool, &file).await?;
    let cluster = Cluster::start(world, restored.clone(), program).await?;
    let newest = lift(world, &restored, Revision(seen.0 + 1)).await?;
    let store = Etcd::new(world, &restored.options(&*world.disk)?)?;
    let found = content(&store, None).await?;
    let equal = wanted == found;
    say(&format!(
        "restored in {:.2} s: {} keys with their revisions {}; revision {newest} goes on beyond {seen}",
        clock.monotonic().since(began).as_secs_f64(),
        found.len(),
        if equal { "as they were" } else { "DIFFER" }
    ));
    let members = cluster::statuses(world, &cluster.layout).await?;
    let healthy = members.iter().filter(|member| member.status.is_ok()).count();
    if equal && newest > seen && healthy == usize::from(MEMBERS) {
        return Ok(());
    }
    Err(EtcdError::refused("the restored cluster", "it is not what the copy was"))
}

/// Keys with their revisions.
async fn content(
    store: &Etcd,
    at: Option<Revision>,
) -> Result<Vec<(Vec<u8>, Revision, Revision)>, EtcdError> {
    let answer = store.range(Range { at, ..Range::prefix(PREFIX) }).await?;
    let entry = |pair: KeyValue| (pair.key.to_vec(), pair.created, pair.modified);
    Ok(answer.pairs.into_iter().map(entry).collect())
}

async fn fill(store: &Etcd, keys: u32) -> Result<(), EtcdError> {
    let keys: Vec<u32> = (0..keys).collect();
    for together in keys.chunks(KEYS_TOGETHER) {
        let put = |key: &u32| Operation::Put {
            key: format!("{PREFIX}key-{key:07}").into_bytes(),
            value: key.to_string().into(),
            time_to_live: None,
        };
        let then = together.iter().map(put).collect();
        store.transact(Transaction { compare: Vec::new(), then }).await?;
    }
    Ok(())
}
