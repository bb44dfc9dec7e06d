//! Writes events, one after the other, and tries again where that may help.

use std::{sync::Arc, time::Duration};

use api::resources::EVENTS;
use client::{ClientError, PatchKind, Request, Transport, WriteOptions};
use meta::object::ObjectKey;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::{debug, warn};
use world::World;

use super::{
    Recorded, Recorder,
    correlator::{Correlator, Write},
};

/// Events that may wait to be written.
const WAITING_MAX: usize = 1000;
/// Attempts to write one event, and the time between them.
const ATTEMPTS_MAX: u32 = 12;
const ATTEMPT_EVERY: Duration = Duration::from_secs(10);

/// Where all recorders of a process write.
pub(crate) struct EventSink {
    world: World,
    sender: mpsc::Sender<Recorded>,
    receiver: mpsc::Receiver<Recorded>,
    stamp: Arc<Mutex<i64>>,
}

impl EventSink {
    pub(crate) fn new(world: &World) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        Self { world: world.clone(), sender, receiver, stamp: Arc::default() }
    }
    /// Records under the name of `source`; written through `transport`.
    pub(crate) fn recorder(&self, source: &'static str, transport: Arc<dyn Transport>) -> Recorder {
        Recorder {
            clock: Arc::clone(&self.world.clock),
            source: source.into(),
            transport,
            sender: self.sender.clone(),
            stamp: Arc::clone(&self.stamp),
            told_of_drops: Arc::default(),
        }
    }
    /// Writes until no recorder is left.
    pub(crate) async fn run(self) {
        let Self { world, sender, mut receiver, .. } = self;
        drop(sender);
        let mut correlator = Correlator::new();
        while let Some(Recorded { transport, occurrence }) = receiver.recv().await {
            if let Some(write) = correlator.correlate(occurrence, world.clock.monotonic()) {
                write_for_certain(&world, &*transport, &write).await;
            }
        }
    }
}

async fn write_for_certain(world: &World, transport: &dyn Transport, event: &Write) {
    for attempt in 0..ATTEMPTS_MAX {
        let Err(error) = write(transport, event).await else { return };
        if error.api().is_some() {
            debug!(event = %event.name, %error, "an event was refused");
            return;
        }
        debug!(event = %event.name, %error, "cannot write an event yet");
        let wait = match attempt {
            // Processes that lost their server together do not come back together.
            0 => Duration::from_millis(world.dice.below(10_000)),
            _ => ATTEMPT_EVERY,
        };
        world.clock.sleep(wait).await;
    }
    warn!(event = %event.name, "gave up writing an event");
}

async fn write(transport: &dyn Transport, event: &Write) -> Result<(), ClientError> {
    let options = WriteOptions::default();
    if let Some(patch) = &event.patch {
        let key = ObjectKey::new(event.namespace.clone(), event.name.as_str());
        let request = Request::patch(&EVENTS, &key, PatchKind::Strategic, patch, &options);
        match transport.send(request).await {
            Err(error) if error.is_not_found() => {}
            answer => return answer.map(drop),
        }
    }
    let request = Request::create(&EVENTS, &event.namespace, &event.object, &options);
    transport.send(request).await.map(drop)
}
