//! A collection of a measured API server, followed by a watch: looking again and again would cost the
//! server more than what is measured.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, bail};
use client::{EventType, WatchEvent, WatchStream};
use serde_json::Value;
use world::{Monotonic, World};

/// Nothing measured here takes longer.
const WAIT_MAX: Duration = Duration::from_mins(5);

/// Objects by `namespace/name`.
pub(crate) type Objects = BTreeMap<String, Value>;

pub(crate) struct Followed<'w> {
    world: &'w World,
    objects: Objects,
    stream: WatchStream,
}

impl<'w> Followed<'w> {
    /// Of a watch that begins with what is there.
    pub(crate) fn new(world: &'w World, stream: WatchStream) -> Self {
        Self { world, objects: Objects::new(), stream }
    }
    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }
    /// Takes in what has happened already.
    pub(crate) fn catch_up(&mut self) -> Result<()> {
        while let Ok(event) = self.stream.try_recv() {
            take(&mut self.objects, &event?)?;
        }
        Ok(())
    }
    /// Waits until it is so; answers when.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        is_so: impl Fn(&Objects) -> bool,
    ) -> Result<Monotonic> {
        let clock = &self.world.clock;
        let last = clock.monotonic() + WAIT_MAX;
        while !is_so(&self.objects) {
            let event = tokio::select! {
                biased;
                event = self.stream.recv() => event,
                () = clock.sleep_until(last) => {
                    bail!("{what} did not come true in {} s", WAIT_MAX.as_secs())
                }
            };
            let Some(event) = event else { bail!("the watch ended before {what} came true") };
            take(&mut self.objects, &event?)?;
        }
        Ok(clock.monotonic())
    }
}

fn take(objects: &mut Objects, event: &WatchEvent) -> Result<()> {
    let object: Value = serde_json::from_slice(&event.object)?;
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let key = format!("{}/{}", text("namespace"), text("name"));
    match event.kind {
        EventType::Added | EventType::Modified => drop(objects.insert(key, object)),
        EventType::Deleted => drop(objects.remove(&key)),
        EventType::Bookmark => {}
        EventType::Error => bail!("the watch was ended: {object}"),
    }
    Ok(())
}
