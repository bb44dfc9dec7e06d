//! Rows about reads, restarts and leaders: 01 to 09, and 45.

use std::time::Duration;

use api::resources::{CONFIG_MAPS, ENDPOINTS, PODS, REPLICA_SETS, SERVICES};
use client::{ListOptions, Method, Request, WatchOptions};
use serde_json::json;
use sim::stage::{Fate, Requests, Role, Stage, expect};

use crate::{
    Verdict,
    objects::{NAMESPACE, config_map, key, names, pod, pods_made, running, service, workload},
    row,
};

const REPLICATOR: &[&str] = &["replicaset-controller"];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A manager that comes back at a server that lags makes nothing that is there already.
fn nobody_goes_back_in_time(stage: &Stage) -> Verdict {
    stage.start_server("api2");
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 3))?;
    for resource in [&REPLICA_SETS, &PODS] {
        let list = Request::list(resource, "", &ListOptions::default());
        let listed = stage.ask_of("api2", list).is_ok();
        expect(listed, || "api2 does not answer".to_owned())?;
    }
    stage.lag("api2", 1000);
    stage.cast("controllers", Role::Controllers(REPLICATOR));
    stage.until(seconds(10), || stage.writes("controllers") >= 3);
    stage.crash("controllers");
    stage.connect("controllers", "api2");
    stage.start("controllers");
    stage.pass(seconds(5 + stage.roll(20)));
    stage.settle()?;
    let made = pods_made(stage).len();
    expect(made == 3, || format!("{made} pods were made for 3"))
}

#[test]
fn hb_01_start_fence() {
    row("hb_01", nobody_goes_back_in_time);
}

/// A leader that was frozen beyond its time writes nothing when it goes on.
fn a_late_leader_stops(stage: &Stage) -> Verdict {
    stage.cast("one", Role::Leader(REPLICATOR));
    stage.until(seconds(5), || stage.sent().iter().any(|sent| sent.method == Method::Post));
    stage.cast("two", Role::Leader(REPLICATOR));
    stage.pass(seconds(5));
    let before = stage.writes("one");
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 40))?;
    stage.until(seconds(5), || stage.writes("one") > before + 3 + stage.roll(20));
    stage.freeze("one");
    let frozen = stage.now();
    stage.pass(seconds(40));
    stage.thaw("one");
    stage.pass(seconds(1));
    let late = stage
        .sent()
        .into_iter()
        .find(|sent| sent.by == "one" && sent.at > frozen && sent.is_work());
    expect(late.is_none(), || format!("{late:?} was sent when the time was over"))
}

#[test]
fn hb_02_late_renewal() {
    row("hb_02", a_late_leader_stops);
}

/// When leader and server die, nobody waits on a connection to the dead.
fn failover_needs_no_dead_server(stage: &Stage) -> Verdict {
    stage.start_server("api2");
    stage.cast("one", Role::Leader(REPLICATOR));
    stage.until(seconds(5), || stage.sent().iter().any(|sent| sent.method == Method::Post));
    stage.cast("two", Role::Leader(REPLICATOR));
    stage.pass(seconds(5 + stage.roll(10)));
    stage.crash("one");
    stage.cut("two", "api1");
    stage.cut("api1", "two");
    let request = Request::create(
        &REPLICA_SETS,
        NAMESPACE,
        &workload("web", 1),
        &client::WriteOptions::default(),
    );
    let created = stage.ask_of("api2", request).is_ok();
    expect(created, || "api2 does not answer".to_owned())?;
    // The lease, a retry period with its spread, and a request that times out.
    let acts = stage.until(seconds(15 + 5 + 5), || stage.writes("two") > 0);
    expect(acts, || "the standby does not act in time".to_owned())
}

#[test]
fn hb_03_dead_connection() {
    row("hb_03", failover_needs_no_dead_server);
}

/// After the store came back from an old copy, everybody reads anew.
fn a_restored_store_is_read_anew(stage: &Stage) -> Verdict {
    const BOTH: &[&str] = &["replicaset-controller", "garbage-collector-controller"];
    stage.cast("controllers", Role::Controllers(BOTH));
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("old", 1))?;
    stage.pass(seconds(5));
    let copied = stage.past("/registry/").last().map_or(0, |state| state.revision);
    for number in 0..60 {
        stage.create(&CONFIG_MAPS, NAMESPACE, &config_map(&format!("noise-{number}")))?;
    }
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("lost", 1))?;
    stage.pass(seconds(5));
    stage.restore(copied);
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("new", 1))?;
    stage.settle()?;
    let pods = names(stage, &PODS);
    let (old, new) = (
        pods.iter().any(|pod| pod.starts_with("old-")),
        pods.iter().any(|pod| pod.starts_with("new-")),
    );
    expect(old && new && pods.len() == 2, || format!("{pods:?} after the restore"))
}

#[test]
fn hb_04_restored_store() {
    row("hb_04", a_restored_store_is_read_anew);
}

/// Many keys that each fail once do not wait for each other.
fn retries_do_not_queue_up(stage: &Stage) -> Verdict {
    const SETS: u32 = 300;
    for number in 0..SETS {
        stage.create(&REPLICA_SETS, NAMESPACE, &workload(&format!("web-{number}"), 1))?;
    }
    let creations =
        Requests { by: "controllers", method: Method::Post, path: "/pods", times: SETS };
    stage.fault(creations, Fate::Refused(500));
    stage.cast("controllers", Role::Controllers(REPLICATOR));
    let made = || {
        stage.sent().iter().filter(|sent| sent.path.ends_with("/pods") && sent.code == 201).count()
    };
    stage.pass(seconds(15));
    let made = made();
    expect(made >= 300, || format!("{made} pods of {SETS} after 15 s"))
}

#[test]
fn hb_05_retries_reserve_nothing() {
    row("hb_05", retries_do_not_queue_up);
}

/// What is kept of a key goes with its object.
fn nothing_is_kept_of_the_gone(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(REPLICATOR));
    for number in 0..60 {
        let name = format!("web-{number}");
        stage.create(&REPLICA_SETS, NAMESPACE, &workload(&name, 1))?;
        stage.pass(Duration::from_millis(200 + stage.roll(200)));
        stage.kill(&REPLICA_SETS, &key(&name))?;
    }
    stage.settle()?;
    let kept = stage.kept("controllers");
    expect(kept.values().all(|kept| kept.gone == 0), || format!("{kept:?} are kept of nothing"))
}

#[test]
fn hb_06_kept_for_ever() {
    row("hb_06", nothing_is_kept_of_the_gone);
}

/// A key that reads as gone is let go of.
fn the_gone_are_let_go(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(REPLICATOR));
    for number in 0..10 {
        let name = format!("web-{number}");
        stage.create(&REPLICA_SETS, NAMESPACE, &workload(&name, 0))?;
        stage.pass(Duration::from_millis(stage.roll(100)));
        stage.kill(&REPLICA_SETS, &key(&name))?;
    }
    stage.settle()
}

#[test]
fn hb_37_gone_and_tried_again() {
    row("hb_37", the_gone_are_let_go);
}

/// What a list does not show is gone, whatever was told before.
fn a_new_list_replaces_the_old(stage: &Stage) -> Verdict {
    stage.cast("controllers", Role::Controllers(REPLICATOR));
    stage.create(&REPLICA_SETS, NAMESPACE, &workload("web", 3))?;
    stage.pass(seconds(3));
    stage.hold("controllers", "pods");
    let pods = names(stage, &PODS);
    for pod in &pods[..=usize::try_from(stage.roll(2)).unwrap_or(0)] {
        stage.kill(&PODS, &key(pod))?;
    }
    let watches = Requests { by: "controllers", method: Method::Get, path: "/pods?", times: 2 };
    stage.fault(watches, Fate::Refused(410));
    stage.end_watches("controllers", "pods");
    stage.pass(seconds(1));
    stage.settle()?;
    let pods = names(stage, &PODS).len();
    expect(pods == 3, || format!("{pods} pods of 3"))
}

#[test]
fn hb_07_relist_forgets() {
    row("hb_07", a_new_list_replaces_the_old);
}

/// A watch that begins while the server's cache begins anew hears of everything, or ends.
fn no_watch_is_left_behind(stage: &Stage) -> Verdict {
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("first"))?;
    stage.stretch("api1", Duration::from_millis(3));
    let transport = stage.transport("watcher");
    let options = WatchOptions { send_initial_events: true, ..WatchOptions::default() };
    let mut opened = Vec::new();
    for number in 0..6 {
        let request = Request::watch(&CONFIG_MAPS, NAMESPACE, &options);
        opened.push(stage.begin("watcher", transport.watch(request)));
        stage.pass(Duration::from_micros(500 + stage.roll(1500)));
        if number == 2 {
            stage.lag("api1", 1000);
            stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("second"))?;
            stage.forget("api1");
        }
    }
    stage.lag("api1", 0);
    stage.pass(seconds(4));
    for watch in opened {
        let Some(Ok(mut events)) = watch.take() else { continue };
        let (mut has_heard, mut has_ended) = (false, false);
        loop {
            match events.try_recv() {
                Ok(Ok(event)) => {
                    has_heard |= String::from_utf8_lossy(&event.object).contains("second");
                }
                Ok(Err(_)) => has_ended = true,
                Err(error) => {
                    has_ended |= error == tokio::sync::mpsc::error::TryRecvError::Disconnected;
                    break;
                }
            }
        }
        expect(has_heard || has_ended, || "a watch goes on and hears of nothing".to_owned())?;
    }
    Ok(())
}

#[test]
fn hb_08_watch_during_reset() {
    row("hb_08", no_watch_is_left_behind);
}

/// What another version wrote stays, and two versions leave each other in peace.
fn foreign_fields_survive(stage: &Stage) -> Verdict {
    const ENDPOINTS_ALONE: &[&str] = &["endpoints-controller"];
    stage.cast("old", Role::Controllers(ENDPOINTS_ALONE));
    stage.create(&SERVICES, NAMESPACE, &service("web"))?;
    stage.pass(seconds(3));
    let foreign = json!({"metadata": {"annotations": {"later.example/field": "kept"}}});
    stage.patch(&ENDPOINTS, &key("web"), &foreign)?;
    stage.cast("new", Role::Controllers(ENDPOINTS_ALONE));
    stage.create(&PODS, NAMESPACE, &pod("web-0", "web"))?;
    running(stage, "web-0", true)?;
    stage.settle()?;
    let endpoints = stage.get(&ENDPOINTS, &key("web")).unwrap_or_default();
    let kept = &endpoints["metadata"]["annotations"]["later.example/field"];
    expect(*kept == json!("kept"), || format!("{endpoints} has lost a field"))?;
    expect(endpoints["subsets"].as_array().is_some_and(|subsets| subsets.len() == 1), || {
        format!("{endpoints} lacks the pod")
    })
}

#[test]
fn hb_09_two_versions() {
    row("hb_09", foreign_fields_survive);
}

/// A store that tells the past again is not believed: watches hear of each change once.
fn the_past_is_told_once(stage: &Stage) -> Verdict {
    let transport = stage.transport("watcher");
    let options = WatchOptions { send_initial_events: true, ..WatchOptions::default() };
    let request = Request::watch(&CONFIG_MAPS, NAMESPACE, &options);
    let watch = stage.begin("watcher", transport.watch(request));
    stage.pass(seconds(1));
    for number in 0..5 + stage.roll(20) {
        stage.create(&CONFIG_MAPS, NAMESPACE, &config_map(&format!("c-{number}")))?;
    }
    stage.repeat("api1");
    stage.pass(seconds(1));
    stage.create(&CONFIG_MAPS, NAMESPACE, &config_map("last"))?;
    stage.pass(seconds(1));
    let Some(Ok(mut events)) = watch.take() else {
        return expect(false, || "no watch".to_owned());
    };
    let mut newest = 0;
    while let Ok(Ok(event)) = events.try_recv() {
        let object: serde_json::Value = serde_json::from_slice(&event.object).unwrap_or_default();
        let version = object["metadata"]["resourceVersion"].as_str().and_then(|it| it.parse().ok());
        let version: u64 = version.unwrap_or(0);
        if event.kind != client::EventType::Bookmark {
            expect(version > newest || newest == 0, || format!("{version} after {newest}"))?;
        }
        newest = newest.max(version);
    }
    expect(newest > 0, || "nothing was told".to_owned())
}

#[test]
fn hb_45_no_way_back() {
    row("hb_45", the_past_is_told_once);
}
