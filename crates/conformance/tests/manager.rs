//! The controller manager as a process of its own: it works over the network, and when it dies another
//! takes over.

use std::time::Duration;

use conformance::{
    background::Background,
    lab::Lab,
    patience::{Since, eventually},
    tools::Kubectl,
};

const START_TIME_MAX: Duration = Duration::from_secs(20);
/// A lease of three seconds has to run out first.
const SHORT_LEASE: &str = "--leader-elect-lease-duration=3s --leader-elect-renew-deadline=2s \
                           --leader-elect-retry-period=500ms";
const TAKE_OVER_TIME_MAX: Duration = Duration::from_secs(15);
/// Less than the fifteen seconds of a lease that nobody gave up.
const HAND_OVER_TIME_MAX: Duration = Duration::from_secs(8);

/// API server, scheduler and nodes, each a process, and nobody who controls.
fn plane(lab: &Lab) -> [Background; 3] {
    let server = lab.background("pilothouse apiserver --memory --port $PORT", "apiserver.out");
    eventually("the API server is ready", START_TIME_MAX, || {
        lab.folder().read("apiserver.out").contains("Ready").then_some(())
    });
    let scheduler = lab.background("pilothouse scheduler", "scheduler.out");
    [lab.background("pilothouse nodes --nodes 2", "nodes.out"), scheduler, server]
}

/// A manager whose process and log are called `name`.
fn manager(lab: &Lab, name: &str, flags: &str) -> Background {
    let command = format!("pilothouse controller-manager --kubeconfig=$KUBECONFIG {flags}");
    let line = format!("echo $$ > {name}.pid; exec {command} --secure-port=0 -v2 2> {name}.log");
    let started = lab.background(&format!("bash -c '{line}'"), &format!("{name}.out"));
    eventually("the manager has started", START_TIME_MAX, || {
        lab.folder().read(&format!("{name}.log")).contains("\"starting\"").then_some(())
    });
    started
}

fn leads(lab: &Lab, name: &str) -> Option<()> {
    lab.folder().read(&format!("{name}.log")).contains("\"leading\"").then_some(())
}

#[test]
fn another_manager_takes_over_from_one_that_died_or_left() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _plane = plane(&lab);
    let _one = manager(&lab, "one", SHORT_LEASE);
    eventually("the first leads", START_TIME_MAX, || leads(&lab, "one"));
    let two = manager(&lab, "two", "");
    lab.must("kubectl create deployment web --image=nginx --replicas=6");
    lab.must("kubectl rollout status deployment/web --timeout=60s");

    lab.must("kubectl set image deployment/web nginx=nginx:2 && kill -9 $(cat one.pid)");
    eventually("the second leads", TAKE_OVER_TIME_MAX, || leads(&lab, "two"));
    lab.must("kubectl rollout status deployment/web --timeout=60s");

    let _three = manager(&lab, "three", "");
    let left = Since::now();
    drop(two);
    eventually("the third leads", HAND_OVER_TIME_MAX, || leads(&lab, "three"));
    assert!(left.passed() < HAND_OVER_TIME_MAX, "{:?}", left.passed());
    lab.must("kubectl scale deployment/web --replicas=1");
    lab.must("kubectl wait deployment/web --for=jsonpath={.status.replicas}=1 --timeout=60s");
    assert!(!lab.folder().read("three.log").contains("\nE"), "{}", lab.folder().read("three.log"));
}

/// Seconds of the day of a line of the log, `I1124 12:40:56.347265 …`.
fn second_of(log: &str, part: &str) -> Option<f64> {
    let line = log.lines().find(|line| line.contains(part))?;
    seconds(line.split_whitespace().nth(1)?)
}

/// `12:40:56.347265` as seconds.
fn seconds(clock: &str) -> Option<f64> {
    let parts = clock.split(':').map(|part| part.parse::<f64>().ok());
    let parts: Vec<f64> = parts.collect::<Option<_>>()?;
    Some(parts.iter().fold(0.0, |sum, part| sum * 60.0 + part))
}

/// The time of the lease's last renewal.
fn renewed(lab: &Lab) -> f64 {
    let lease = lab.get("lease/kube-controller-manager --namespace kube-system");
    let time = lease["spec"]["renewTime"].as_str().unwrap_or_default();
    let clock = time.split('T').nth(1).map(|clock| clock.trim_end_matches('Z'));
    clock.and_then(seconds).expect("the lease was renewed")
}

const DEPLOYMENTS_STARTED: &str = "\"started\" controller=\"deployment-controller\"";
/// Seconds, on a machine that does nothing else.
const ACTS_AFTER_EXPIRY: f64 = 0.1;
const ACTS_AFTER_EXIT: f64 = 0.5;
/// What others who use the machine may add. Who asked every two seconds and more, as the standby's flags
/// say, instead of watching, would be later still on the average.
const BUSY_MACHINE: f64 = 1.4;

#[test]
fn a_standby_acts_as_soon_as_the_lease_is_free() {
    let lab = Lab::unstarted(Kubectl::Current);
    let _plane = plane(&lab);
    let _one = manager(&lab, "one", SHORT_LEASE);
    eventually("the first leads", START_TIME_MAX, || leads(&lab, "one"));
    let two = manager(&lab, "two", "");
    lab.must("kubectl create deployment web --image=nginx --replicas=2");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    lab.must("kill -9 $(cat one.pid)");
    let expired = renewed(&lab) + 3.0;
    let acts = |name: &str| {
        eventually("the other acts", TAKE_OVER_TIME_MAX, || {
            second_of(&lab.folder().read(&format!("{name}.log")), DEPLOYMENTS_STARTED)
        })
    };
    let late = acts("two") - expired;
    assert!(late < ACTS_AFTER_EXPIRY + BUSY_MACHINE, "{late} s after the lease had run out");

    let _three = manager(&lab, "three", "");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    drop(two);
    let left = second_of(&lab.folder().read("two.log"), "\"stopping\"").expect("it says so");
    let late = acts("three") - left;
    assert!(late < ACTS_AFTER_EXIT + BUSY_MACHINE, "{late} s after the leader had left");
}

#[test]
fn a_wrong_command_line_is_refused_in_one_line() {
    let lab = Lab::unstarted(Kubectl::Current);
    for (flags, message) in [
        ("--kubeconfg=x", "unknown flag: --kubeconfg (did you mean --kubeconfig?)"),
        ("--leader-elect=no", r#"invalid argument "no" for --leader-elect: no boolean"#),
        ("--secure-port=0", "say with --kubeconfig where the API server is"),
    ] {
        let answer = lab.run(&format!("pilothouse controller-manager {flags}"));
        assert_ne!(answer.code, 0, "{flags}");
        let told = answer.stderr.lines().last().unwrap_or_default();
        assert_eq!(told, format!("pilothouse: {message}"), "{flags}");
    }
}
