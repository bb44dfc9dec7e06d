//! The simulated world keeps its promises: order, time, crashes, disks, pipes.

use std::{path::Path, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sim::world::{DiskFault, Simulation};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use world::{DiskError, Monotonic, NetError, World};

type Log = Arc<Mutex<Vec<String>>>;

fn at(seconds: u64) -> Monotonic {
    Monotonic(Duration::from_secs(seconds))
}

/// Writes its name each time it has slept for a rolled time.
fn chatter(world: &World, name: &'static str, log: &Log) {
    let (world, log) = (world.clone(), Arc::clone(log));
    let inner = world.clone();
    let talk = async move {
        for _ in 0..20 {
            let pause = Duration::from_millis(inner.dice.below(3));
            inner.clock.sleep(pause).await;
            world::yield_now().await;
            log.lock().push(format!("{name} {}", inner.clock.monotonic().0.as_millis()));
        }
    };
    world.tasks.spawn(name, Box::pin(talk));
}

fn conversation(seed: u64) -> (Vec<String>, (u64, u64)) {
    let (simulation, log) = (Simulation::new(seed), Log::default());
    for name in ["a", "b", "c"] {
        chatter(&simulation.world(name), name, &log);
    }
    simulation.run_for(Duration::from_secs(1));
    assert_eq!(simulation.tasks(), [""; 0]);
    let said = log.lock().clone();
    (said, simulation.fingerprint())
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(conversation(7), conversation(7));
}

#[test]
fn another_seed_gives_another_run() {
    let (said, fingerprint) = conversation(7);
    let (other_said, other_fingerprint) = conversation(8);
    assert_ne!(said, other_said);
    assert_ne!(fingerprint, other_fingerprint);
}

#[test]
fn ten_virtual_hours_take_no_time() {
    let simulation = Simulation::new(1);
    let world = simulation.world("sleeper");
    let clock = Arc::clone(&world.clock);
    let slept = simulation.complete("sleeper", at(40_000), async move {
        clock.sleep(Duration::from_hours(10)).await;
        clock.monotonic()
    });
    assert_eq!(slept, Some(at(36_000)));
    assert_eq!(world.clock.wall().to_string(), "2026-01-01T10:00:00Z");
}

#[test]
fn a_future_that_never_ends_ends_the_run_at_the_deadline() {
    let simulation = Simulation::new(1);
    assert_eq!(simulation.complete("hung", at(5), std::future::pending::<()>()), None);
    assert_eq!(simulation.now(), at(5));
}

#[test]
fn wall_clocks_go_wrong_one_by_one() {
    let simulation = Simulation::new(1);
    simulation.shift_wall("late", -3_600_000_000);
    let wall = |component| simulation.world(component).clock.wall().to_string();
    assert_eq!(wall("late"), "2025-12-31T23:00:00Z");
    assert_eq!(wall("right"), "2026-01-01T00:00:00Z");
}

#[test]
fn a_crash_ends_the_tasks_of_its_component_alone() {
    let (simulation, log) = (Simulation::new(1), Log::default());
    chatter(&simulation.world("a"), "a", &log);
    chatter(&simulation.world("b"), "b", &log);
    simulation.crash("a");
    assert_eq!(simulation.tasks(), ["b/b"]);
    simulation.run_for(Duration::from_secs(1));
    assert!(log.lock().iter().all(|line| line.starts_with('b')));
}

#[test]
fn a_world_from_before_the_crash_can_do_nothing() {
    let simulation = Simulation::new(1);
    let before = simulation.world("a");
    simulation.crash("a");
    before.tasks.spawn("late", Box::pin(std::future::pending()));
    assert_eq!(simulation.tasks(), [""; 0]);
    assert!(before.disk.replace(Path::new("x"), b"late").is_err());
    assert!(simulation.world("a").disk.replace(Path::new("x"), b"new").is_ok());
}

#[test]
fn no_number_is_rolled_twice_by_a_component() {
    let simulation = Simulation::new(1);
    let (first, second) = (simulation.world("a"), simulation.world("a"));
    let mut uuids = vec![first.dice.uuid(), second.dice.uuid()];
    simulation.crash("a");
    uuids.extend([simulation.world("a").dice.uuid(), simulation.world("b").dice.uuid()]);
    uuids.sort();
    uuids.dedup();
    assert_eq!(uuids.len(), 4);
}

#[test]
fn a_frozen_component_goes_on_where_it_was() {
    let (simulation, log) = (Simulation::new(1), Log::default());
    chatter(&simulation.world("a"), "a", &log);
    simulation.freeze("a");
    simulation.run_for(Duration::from_mins(1));
    assert_eq!(log.lock().len(), 0);
    simulation.thaw("a");
    simulation.run_for(Duration::from_mins(1));
    assert_eq!(log.lock().len(), 20);
    assert!(log.lock()[0].starts_with("a 60"));
}

#[test]
fn a_task_that_aborts_another_ends_it_at_its_wait() {
    let (simulation, log) = (Simulation::new(1), Log::default());
    let world = simulation.world("a");
    let held = Arc::clone(&log);
    let endless = async move {
        std::future::pending::<()>().await;
        drop(held);
    };
    let task = world.tasks.spawn("endless", Box::pin(endless));
    simulation.run_for(Duration::from_secs(1));
    task.abort();
    assert_eq!((simulation.tasks().len(), Arc::strong_count(&log)), (0, 1));
}

#[test]
fn a_crash_keeps_what_was_synced_and_perhaps_more() {
    let mut seen = [false; 3];
    for seed in 0..100 {
        let simulation = Simulation::new(seed);
        let file = simulation.world("a").disk.open(Path::new("file")).expect("opens");
        file.write(0, &[1; 2048]).expect("writes");
        file.sync().expect("syncs");
        file.write(0, &[2; 1024]).expect("writes");
        simulation.crash("a");
        assert!(file.len().is_err(), "the handle is of the ended life");
        let content = simulation.world("a").disk.read(Path::new("file")).expect("is there");
        assert_eq!((content.len(), &content[1024..]), (2048, &[1; 1024][..]));
        assert!(content.chunks(512).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
        let new = content.chunks(512).filter(|sector| sector[0] == 2).count();
        seen[new] = true;
    }
    assert_eq!(seen, [true; 3], "lost, torn, kept");
}

#[test]
fn a_folder_lock_ends_with_its_holder() {
    let simulation = Simulation::new(1);
    let (world, path) = (simulation.world("a"), Path::new("folder"));
    let held = world.disk.lock_folder(path).expect("free");
    let error = world.disk.lock_folder(path).err().expect("held");
    assert!(matches!(error, DiskError::Locked { .. }), "{error}");
    simulation.crash("a");
    let _new = simulation.world("a").disk.lock_folder(path).expect("free after the crash");
    drop(held);
    assert!(simulation.world("a").disk.lock_folder(path).is_err(), "the old guard frees nothing");
}

#[test]
fn a_disk_can_refuse_one_operation_or_die() {
    let simulation = Simulation::new(1);
    let file = simulation.world("a").disk.open(Path::new("file")).expect("opens");
    simulation.plan_disk_fault("a", DiskFault::Refuse { operation: 1 });
    let works = |byte| file.write(0, &[byte]).is_ok();
    assert_eq!([1, 2, 3].map(works), [true, false, true]);
    assert_eq!(simulation.disk_operations("a"), 3);
    simulation.plan_disk_fault("a", DiskFault::Die { operation: 4 });
    assert_eq!([4, 5, 6].map(works), [true, false, false]);
}

#[test]
fn pipes_connect_components_and_break_with_them() {
    let simulation = Simulation::new(1);
    let (server, client) = (simulation.world("server"), simulation.world("client"));
    let serve = async move {
        let listener = server.network.listen("server:0").await.expect("free");
        assert_eq!(listener.address(), "server:40001");
        let mut stream = listener.accept().await.expect("open").connection;
        let _ = stream.write_all(b"hello").await;
        std::future::pending::<()>().await;
    };
    simulation.world("server").tasks.spawn("serve", Box::pin(serve));
    simulation.run_for(Duration::from_secs(1));
    let network = Arc::clone(&client.network);
    let greeting = simulation.complete("client", at(9), async move {
        let mut stream = network.connect("server:40001").await.expect("listening");
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).await.expect("five bytes");
        (buffer, stream)
    });
    let (greeting, mut stream) = greeting.expect("comes");
    assert_eq!(&greeting, b"hello");
    simulation.crash("server");
    let end = simulation.complete("client", at(9), async move { stream.read_u8().await.is_err() });
    assert_eq!(end, Some(true));
    let network = Arc::clone(&client.network);
    let refused = simulation.complete("client", at(9), async move {
        matches!(network.connect("server:40001").await, Err(NetError::Connect { .. }))
    });
    assert_eq!(refused, Some(true));
}
