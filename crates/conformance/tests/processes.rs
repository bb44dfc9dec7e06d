//! Every component as a process of its own, ended, stopped and starved at random moments, while clients
//! write, list and watch: what they saw must be what the API promises.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use conformance::{
    chance::Chance,
    lab::Lab,
    load::Load,
    manifests::{ROLLING_WEB, ROLLING_WEB_PODS_MAX},
    patience::{eventually, let_run},
    process::{Process, errors},
    tools::{Kubectl, tell},
};

const WRITES: u64 = 5000;
const KILLS: u32 = 15;
const LOAD_TIME_MAX: Duration = Duration::from_secs(150);
const ROLLOUT_TIME_MAX: Duration = Duration::from_mins(1);
/// A component is down for less than this.
const DOWN_MILLISECONDS_MAX: u64 = 700;
/// So that a successor does not have to wait for long.
const SHORT_LEASE: &str = "--leader-elect-lease-duration=3s --leader-elect-renew-deadline=2s \
                           --leader-elect-retry-period=500ms";
/// Longer than the short lease.
const FREEZE: Duration = Duration::from_secs(5);

/// An API server of its own on a data folder.
fn server(lab: &Lab, data: &str, variables: &[(&'static str, String)]) -> Process {
    let arguments = format!("apiserver --port {} --data-dir {data}", lab.port());
    let server = Process::start_with(lab, "apiserver", &arguments, variables);
    server.expect(lab, "Ready");
    server
}

fn manager(lab: &Lab, name: &'static str) -> Process {
    let kubeconfig = lab.kubeconfig();
    let arguments = format!(
        "controller-manager --kubeconfig={} --secure-port=0 -v2 {SHORT_LEASE}",
        kubeconfig.display()
    );
    Process::start(lab, name, &arguments)
}

fn eventually_rolled_out(lab: &Lab) {
    eventually("the rollout ends", ROLLOUT_TIME_MAX, || {
        let pods = lab.get("pods -l app=web");
        let pods = pods["items"].as_array().expect("a list has items");
        let active = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        assert!(active.count() <= ROLLING_WEB_PODS_MAX, "there are too many pods");
        let status = lab.run("kubectl rollout status deployment/web --timeout=1s");
        (status.code == 0).then_some(())
    });
}

#[test]
fn no_death_of_a_process_loses_a_write_or_an_event() {
    let mut chance = Chance::of_this_run();
    let lab = Lab::unstarted(Kubectl::Current);
    let mut parts = [
        server(&lab, "data", &[]),
        manager(&lab, "one"),
        manager(&lab, "two"),
        Process::start(&lab, "scheduler", "scheduler"),
        Process::start(&lab, "nodes", "nodes --nodes 3"),
    ];
    lab.apply(ROLLING_WEB);
    let load = Load::start(&lab.kubeconfig(), WRITES, &mut chance);
    for kill in 1..=KILLS {
        let next = load.written() + 1 + chance.below(2 * WRITES / u64::from(KILLS));
        eventually("the next moment has come", LOAD_TIME_MAX, || {
            (load.written() >= next || load.is_done()).then_some(())
        });
        // Each dies in turn, the API server more often than the others.
        let victim = if kill % 2 == 0 { 0 } else { usize::try_from(kill).unwrap_or(0) / 2 % 5 };
        parts[victim].kill();
        let_run(Duration::from_millis(chance.below(DOWN_MILLISECONDS_MAX)));
        parts[victim].restart(&lab);
        let image = format!("kubectl set image deployment/web web=registry.example/web:{kill}");
        eventually("a rollout is asked for", ROLLOUT_TIME_MAX, || {
            (lab.run(&image).code == 0).then_some(())
        });
    }
    let history = load.finish(LOAD_TIME_MAX);
    assert_eq!(history.complaints(), Vec::<String>::new());
    let compared = history.compared();
    assert!(compared.writes_in_watches > 1000 && compared.lists > 20, "only {compared:?}");
    eventually_rolled_out(&lab);
    assert_eq!(errors(&parts.each_ref(), &lab), "");
}

#[test]
fn a_leader_that_stood_still_for_longer_than_its_lease_leads_no_more() {
    let lab = Lab::unstarted(Kubectl::Current);
    let server = server(&lab, "data", &[]);
    let scheduler = Process::start(&lab, "scheduler", "scheduler");
    let nodes = Process::start(&lab, "nodes", "nodes --nodes 3");
    let one = manager(&lab, "one");
    one.expect(&lab, "\"leading\"");
    let two = manager(&lab, "two");
    lab.apply(ROLLING_WEB);
    eventually_rolled_out(&lab);
    one.stop();
    // The first image is new while nobody leads, the second while the successor does.
    lab.must("kubectl set image deployment/web web=registry.example/web:1");
    two.expect(&lab, "\"leading\"");
    eventually_rolled_out(&lab);
    let_run(FREEZE);
    let holder = "kubectl get lease kube-controller-manager -n kube-system \
                  -o jsonpath='{.spec.holderIdentity} {.spec.leaseTransitions}'";
    let before = lab.must(holder);
    lab.must("kubectl set image deployment/web web=registry.example/web:2");
    one.go_on();
    one.expect(&lab, "lost the lease");
    eventually_rolled_out(&lab);
    assert_eq!(lab.must(holder), before);
    let sets = lab.must("kubectl get replicasets -l app=web -o name");
    assert_eq!(sets.lines().count(), 3, "one for each image:\n{sets}");
    assert_eq!(errors(&[&server, &scheduler, &nodes, &two], &lab), "");
}

/// A file system of its own, so small that it fills up. Gone when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and the reason told, where this is not permitted.
    fn mount(path: PathBuf) -> Option<Self> {
        fs::create_dir_all(&path).expect("a folder can be made");
        let mounted = mount(&["-t", "tmpfs", "-o", "size=6m", "tmpfs"], &path);
        if let Err(reason) = mounted {
            tell(&format!("skipped the full disk: {reason}"));
            return None;
        }
        Some(Self(path))
    }

    fn grow(&self) {
        mount(&["-o", "remount,size=64m"], &self.0).expect("what was mounted can grow");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What cannot be unmounted now is gone with the machine.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], path: &Path) -> Result<(), String> {
    let output = Command::new("mount").args(arguments).arg(path).output();
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn a_full_disk_refuses_writes_and_loses_none() {
    let mut chance = Chance::of_this_run();
    let lab = Lab::unstarted(Kubectl::Current);
    let Some(disk) = SmallDisk::mount(lab.folder().path().join("small")) else { return };
    let mut server = server(&lab, "small/data", &[]);
    let load = Load::start(&lab.kubeconfig(), WRITES / 2, &mut chance);
    let filler = "kubectl create configmap filler-$RANDOM$RANDOM --from-file=big";
    lab.must("head -c 500000 /dev/zero | tr '\\0' x > big");
    eventually("the disk is full", ROLLOUT_TIME_MAX, || (lab.run(filler).code != 0).then_some(()));
    let_run(Duration::from_secs(2));
    lab.must("kubectl get configmaps -o name");
    disk.grow();
    server.kill();
    server.restart(&lab);
    let history = load.finish(LOAD_TIME_MAX);
    assert_eq!(history.complaints(), Vec::<String>::new());
    lab.must(filler);
}

/// Makes every sync take a while: stands before the system's own when it is preloaded.
const SLOW_SYNC: &str = "
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fsync(int file) {
    usleep(150000);
    return ((int (*)(int))dlsym(RTLD_NEXT, \"fsync\"))(file);
}
int fdatasync(int file) {
    usleep(150000);
    return ((int (*)(int))dlsym(RTLD_NEXT, \"fdatasync\"))(file);
}
";

/// The library to preload; `None`, and the reason told, where none can be built.
fn slow_sync(lab: &Lab) -> Option<PathBuf> {
    lab.folder().write("slow.c", SLOW_SYNC);
    let built = lab.run("cc -shared -fPIC -o slow.so slow.c -ldl");
    if built.code != 0 {
        tell(&format!("skipped the slow disk: {}", built.stderr));
        return None;
    }
    Some(lab.folder().path().join("slow.so"))
}

#[test]
fn a_slow_disk_makes_writes_slow_and_nothing_else() {
    let mut chance = Chance::of_this_run();
    let lab = Lab::unstarted(Kubectl::Current);
    let Some(library) = slow_sync(&lab) else { return };
    let mut server = server(&lab, "data", &[("LD_PRELOAD", library.display().to_string())]);
    let parts = [
        manager(&lab, "one"),
        Process::start(&lab, "scheduler", "scheduler"),
        Process::start(&lab, "nodes", "nodes --nodes 3"),
    ];
    lab.apply(ROLLING_WEB);
    let load = Load::start(&lab.kubeconfig(), WRITES / 20, &mut chance);
    eventually_rolled_out(&lab);
    server.kill();
    server.restart(&lab);
    let history = load.finish(LOAD_TIME_MAX);
    assert_eq!(history.complaints(), Vec::<String>::new());
    let [one, scheduler, nodes] = &parts;
    assert_eq!(errors(&[&server, one, scheduler, nodes], &lab), "");
}
