//! Carries out what happens in a run: faults, and what ends them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use store::{KeyValue, Operation, Range, Store, StoreError, Transaction};

use super::Run;
use crate::{
    cluster,
    faults::{Due, Ending},
    plan::{Component, Sabotage, What},
};

impl Run {
    /// Carries out faults whose write has come; answers whether there were any.
    pub(super) fn carry_out_due_writes(&self) -> bool {
        let mut any = false;
        while let Some(what) = self.faults.next_due() {
            self.carry_out(what);
            any = true;
        }
        any
    }

    pub(super) fn carry_out_due(&self) {
        let due = self.agenda.borrow_mut().take_due(self.now());
        for due in due {
            match due {
                Due::Fault(what) => self.carry_out(what),
                Due::End(ending) => self.end(ending),
            }
        }
    }

    fn carry_out(&self, what: What) {
        self.trace.note(self.now(), &format!("fault: {what}"));
        self.faults.count(what.kind());
        let store = Component::Store.name();
        let (cluster, simulation) = (&self.cluster, &self.cluster.simulation);
        match &what {
            What::Crash { component, down } if cluster.may_crash(*component) => {
                cluster.crash(*component);
                self.plan(*down, Ending::Start(*component));
            }
            What::Crash { .. } => {}
            What::Freeze { component, length } => {
                cluster.freeze(*component);
                self.plan(*length, Ending::Thaw(*component));
            }
            What::ClockJump { component, milliseconds } => {
                simulation.shift_wall(component.name(), milliseconds.saturating_mul(1000));
            }
            What::Cut { from, to, ways, length } => {
                cluster.office.wires.cut(*from, *to, *ways);
                self.plan(*length, Ending::Of(what.clone()));
            }
            What::Storm { length, .. } | What::SlowReader { length, .. } => {
                self.faults.carry_out(&what);
                self.plan(*length, Ending::Of(what.clone()));
            }
            What::Compact => self.compact(),
            What::Poison { key, value } => {
                let (key, value) = (key.clone(), value.clone());
                self.tamper("poison", move |store| Box::pin(put(store, key, value)));
            }
            What::Edit { key, pointer, value } => {
                let (key, pointer, value) = (key.clone(), pointer.clone(), value.clone());
                self.tamper("edit", move |store| Box::pin(edit(store, key, pointer, value)));
            }
            What::Copy { key, name } => {
                let (key, name) = (key.clone(), name.clone());
                self.tamper("copy", move |store| Box::pin(copy(store, key, name)));
            }
            What::Sabotage { how } => self.sabotage(*how, &what),
            What::SlowDisk { each, length } => {
                simulation.set_disk_pace(store, *each);
                self.plan(*length, Ending::Of(what.clone()));
            }
            What::FullDisk { length } => {
                simulation.set_disk_full(store, true);
                self.plan(*length, Ending::Of(what.clone()));
            }
            What::FailedSync => simulation.fail_next_sync(store),
            What::Hold { .. }
            | What::Release { .. }
            | What::Coalesce { .. }
            | What::Lag { .. }
            | What::LoseReply { .. }
            | What::Refuse { .. }
            | What::Redirect { .. } => self.faults.carry_out(&what),
        }
    }

    fn end(&self, ending: Ending) {
        self.trace.note(self.now(), &format!("it ends: {ending:?}"));
        match ending {
            Ending::Start(component) => self.cluster.start(component),
            Ending::Thaw(component) => self.cluster.thaw(component),
            Ending::Of(what) => self.end_of(&what),
        }
    }

    fn end_of(&self, what: &What) {
        let (store, simulation) = (Component::Store, &self.cluster.simulation);
        match what {
            What::Cut { from, to, ways, .. } => self.cluster.office.wires.heal(*from, *to, *ways),
            What::SlowDisk { .. } => simulation.set_disk_pace(store.name(), Duration::ZERO),
            What::FullDisk { .. } => {
                simulation.set_disk_full(store.name(), false);
                // Where the disk was full the store may have ended.
                if self.cluster.store.get().is_none() && !self.agenda.borrow().starts(store) {
                    self.cluster.crash(store);
                    self.cluster.start(store);
                }
            }
            What::Storm { .. } | What::SlowReader { .. } => self.faults.end(what),
            What::Hold { .. }
            | What::Release { .. }
            | What::Coalesce { .. }
            | What::Lag { .. }
            | What::Crash { .. }
            | What::LoseReply { .. }
            | What::Refuse { .. }
            | What::Freeze { .. }
            | What::ClockJump { .. }
            | What::Redirect { .. }
            | What::Compact
            | What::Poison { .. }
            | What::Edit { .. }
            | What::Copy { .. }
            | What::Sabotage { .. }
            | What::FailedSync => {}
        }
    }

    fn compact(&self) {
        let checker = self.checker.clone();
        if let Some((store, world)) = self.cluster.store.get() {
            world.tasks.spawn("compaction", Box::pin(cluster::compact(store, checker)));
        }
    }

    /// Writes to the store behind everybody's back.
    fn tamper(
        &self,
        name: &'static str,
        work: impl FnOnce(Arc<dyn Store>) -> world::BoxFuture<Result<(), StoreError>>,
    ) {
        let Some((store, world)) = self.cluster.store.get() else { return };
        let work = work(store);
        let trace = self.trace.clone();
        let clock = Arc::clone(&world.clock);
        let write = async move {
            if let Err(error) = work.await {
                trace.note(clock.monotonic(), &format!("{name} failed: {error}"));
            }
        };
        world.tasks.spawn(name, Box::pin(write));
    }

    fn sabotage(&self, how: Sabotage, what: &What) {
        match how {
            Sabotage::LogError => tracing::error!("sabotage"),
            Sabotage::Panic => {
                let world = self.cluster.simulation.world(Component::Nodes.name());
                let panic = async { std::panic::resume_unwind(Box::new("sabotage")) };
                world.tasks.spawn("panic", Box::pin(panic));
            }
            Sabotage::Spin => {
                let world = self.cluster.simulation.world(Component::Nodes.name());
                world.tasks.spawn("spin", Box::pin(spin()));
            }
            Sabotage::LyingDisk => {
                self.cluster.simulation.let_syncs_lie(Component::Store.name());
            }
            Sabotage::Unsteady => {
                static RUNS: AtomicU64 = AtomicU64::new(0);
                self.trace.mix(&RUNS.fetch_add(1, Ordering::Relaxed).to_le_bytes());
            }
            Sabotage::SkipEvent
            | Sabotage::RepeatEvent
            | Sabotage::HideObject
            | Sabotage::ForgetWrite
            | Sabotage::StaleList
            | Sabotage::BareDelete
            | Sabotage::ForgeEpoch => self.faults.carry_out(what),
        }
    }
}

async fn spin() {
    loop {
        world::yield_now().await;
    }
}

/// `null` takes the object away.
async fn put(store: Arc<dyn Store>, key: String, value: Value) -> Result<(), StoreError> {
    let key = key.into_bytes();
    let operation = if value.is_null() {
        Operation::Delete { key }
    } else {
        Operation::Put { key, value: Bytes::from(value.to_string()), time_to_live: None }
    };
    let transaction = Transaction { compare: Vec::new(), then: vec![operation] };
    store.transact(transaction).await.map(drop)
}

async fn edit(
    store: Arc<dyn Store>,
    key: String,
    pointer: String,
    value: Value,
) -> Result<(), StoreError> {
    let Some((key, mut object)) = first(&*store, key).await? else { return Ok(()) };
    if let Some(field) = object.pointer_mut(&pointer) {
        *field = value;
    }
    put(store, key, object).await
}

async fn copy(store: Arc<dyn Store>, key: String, name: String) -> Result<(), StoreError> {
    let Some((key, mut object)) = first(&*store, key).await? else { return Ok(()) };
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    let key = format!("{folder}/{name}");
    object["metadata"]["uid"] = Value::String(format!("copy-{name}"));
    object["metadata"]["name"] = Value::String(name);
    put(store, key, object).await
}

/// The first object whose key begins so.
async fn first(store: &dyn Store, key: String) -> Result<Option<(String, Value)>, StoreError> {
    let answer = store.range(Range { limit: Some(1), ..Range::prefix(key.into_bytes()) }).await?;
    let read = |pair: &KeyValue| {
        let object = serde_json::from_slice(&pair.value).ok()?;
        Some((String::from_utf8_lossy(&pair.key).into_owned(), object))
    };
    Ok(answer.pairs.first().and_then(read))
}
