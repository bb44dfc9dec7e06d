//! The command line of `pilothouse`: what it refuses, how it stops, what it explains, virtual time.

use std::time::Duration;

use conformance::{
    lab::Lab,
    patience::{Since, eventually},
    tools::Kubectl,
};
use expect_test::expect;

const STUCK: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'registry.example/web:404'}]}
";

#[test]
fn wrong_flags_get_one_line_and_code_2() {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.check(expect![[r#"
        $ pilothouse up --nodes many
        ! pilothouse: invalid value 'many' for '--nodes <NUMBER>': invalid digit found in string; see --help
        exit code 2
        $ pilothouse up --nodes 100000
        ! pilothouse: invalid value '100000' for '--nodes <NUMBER>': 100000 is not in 0..=1000; see --help
        exit code 2
        $ pilothouse up --colour blue
        ! pilothouse: unexpected argument '--colour' found; see --help
        exit code 2
        $ pilothouse up --clock=fast
        ! pilothouse: invalid value 'fast' for '--clock <clock>' [possible values: real, virtual]; see --help
        exit code 2
        $ pilothouse up --memory --data-dir data
        ! pilothouse: the argument '--memory' cannot be used with '--data-dir <FOLDER>'; see --help
        exit code 2
        $ pilothouse down
        ! pilothouse: unrecognized subcommand 'down'; see --help
        exit code 2
        $ pilothouse explain
        ! pilothouse: the following required arguments were not provided: <KIND/NAME>; see --help
        exit code 2
        $ pilothouse explain web
        ! pilothouse: "web" is not KIND/NAME, such as deployment/web
        exit code 2
        $ pilothouse explain ship/web
        ! pilothouse: there is no kind "ship"
        exit code 2
        $ pilothouse clock advance soon
        ! pilothouse: "soon" is no duration; write AGE, AGE or AGE
        exit code 2
    "#]]);
}

#[test]
fn help_and_version_teach() {
    let lab = Lab::unstarted(Kubectl::Current);
    lab.check(expect![[r#"
        $ pilothouse version
        pilothouse v0.1.0
        Kubernetes v1.37.2
        $ pilothouse --help | grep -E '^  (up|explain|clock|version) '
          up Run a whole control plane: API server, store, controllers, scheduler, simulated nodes
          explain Print what each controller sees of an object, what it would do now and why; writes nothing
          clock Read or step the time of a control plane started with `up --clock=virtual`
          version Print the version of this program and of Kubernetes
        $ pilothouse --help | sed -n '/^Start here/,$p'
        Start here:
          pilothouse up a control plane with three simulated nodes
          export KUBECONFIG=~/.pilothouse/kubeconfig
          kubectl create deployment web --image=nginx --replicas=3
          pilothouse explain deployment/web what each controller sees, would do, and why
        $ pilothouse up --help | grep -oE -- '--(data-dir|memory|port|kubeconfig|nodes|clock)' | sort -u
        --clock
        --data-dir
        --kubeconfig
        --memory
        --nodes
        --port
    "#]]);
}

#[test]
fn what_cannot_be_done_gets_one_line_and_code_1() {
    let mut lab = Lab::unstarted(Kubectl::Current);
    lab.check(expect![[r#"
        $ pilothouse explain deployment/web
        ! pilothouse: cannot use the kubeconfig; start `pilothouse up`, or name one by --kubeconfig: HOME/.pilothouse/kubeconfig: no such file
        exit code 1
        $ pilothouse up --node-rules nothing.yaml
        ! pilothouse: cannot read --node-rules: nothing.yaml: no such file
        exit code 1
    "#]]);
    lab.folder().write("rules.yaml", "containers:\n- imageContain: [slow]\n");
    lab.check(expect![[r#"
        $ pilothouse up --node-rules rules.yaml
        ! pilothouse: cannot use rules.yaml: rules of simulated nodes are invalid: line 2 column 3: unknown field `imageContain`, expected one of imageContains, imageTag, namespace, podLabels, pull, pullTime, startTime, readyTime, readiness, livenessFailsAfter, reject, exitCode, exitAfter, stopTime, cpu, memory
        exit code 1
    "#]]);
    lab.up();
    lab.check(expect![[r#"
        $ pilothouse up --data-dir other --port $PORT
        ! pilothouse: cannot start the API server; --port chooses another port: SERVER is in use by another process
        exit code 1
        $ pilothouse up --port 0
        ! pilothouse: cannot use the data in HOME/.pilothouse/data: the store cannot open: HOME/.pilothouse/data/store: another process holds the lock
        exit code 1
        $ pilothouse explain deployment/web
        ! pilothouse: cannot explain deployment/web: deployments.apps "web" not found
        exit code 1
        $ pilothouse clock advance 10m
        ! pilothouse: the clock cannot be stepped: time is real here; start with `pilothouse up --clock=virtual` to step it
        exit code 1
    "#]]);
}

#[test]
fn a_kubeconfig_of_somebody_else_stays_as_it_is() {
    let lab = Lab::unstarted(Kubectl::Current);
    let theirs = "apiVersion: v1\nkind: Config\nclusters: [{name: production}]\n";
    lab.folder().write("config", theirs);
    lab.check(expect![[r#"
        $ pilothouse up --port 0 --kubeconfig config
        ! pilothouse: config is somebody else's kubeconfig and is left as it is; choose another file with --kubeconfig, or replace it with --overwrite-kubeconfig
        exit code 1
    "#]]);
    assert_eq!(lab.folder().read("config"), theirs);
}

#[test]
fn sigterm_ends_watches_in_good_order_and_the_next_start_goes_on() {
    let mut lab = Lab::start();
    lab.must("kubectl create configmap kept --from-literal=word=open");
    lab.must("kubectl create deployment web --image=nginx --replicas=2");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    let pods = lab.must("kubectl get pods -o name");
    let watching = lab.background("kubectl get pods --watch -o name", "watched");
    eventually("the watch shows the pods", Duration::from_secs(10), || {
        (lab.folder().read("watched").lines().count() == 2).then_some(())
    });
    assert_eq!(lab.terminate().code(), Some(0));
    assert!(lab.output().contains("Stopped."), "{}", lab.output());
    drop(watching);
    lab.up();
    assert_eq!(lab.must("kubectl get configmap kept -o jsonpath='{.data.word}'"), "open");
    assert_eq!(lab.must("kubectl get pods -o name"), pods);
    lab.must("kubectl scale deployment/web --replicas=3");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
    assert_eq!(lab.must("kubectl get deployment web -o jsonpath='{.status.readyReplicas}'"), "3");
}

#[test]
fn memory_forgets_at_the_end() {
    let mut lab = Lab::with(Kubectl::Current, &["--memory"]);
    lab.must("kubectl create configmap forgotten");
    assert_eq!(lab.terminate().code(), Some(0));
    lab.up();
    lab.check(expect![[r#"
        $ kubectl get configmap forgotten
        ! Error from server (NotFound): configmaps "forgotten" not found
        exit code 1
    "#]]);
}

#[test]
fn explain_names_the_reason_of_a_stuck_rollout_and_the_time_left() {
    let lab = Lab::start();
    lab.apply(STUCK);
    eventually("the pull failed", Duration::from_secs(10), || {
        lab.must("kubectl get pods").contains("ImagePullBackOff").then_some(())
    });
    let before = lab.must("kubectl get deployment web -o jsonpath='{.metadata.resourceVersion}'");
    lab.check(expect![[r#"
        $ pilothouse explain deployment/web
        deployment-controller
          sees
            wanted: 3 pods, 1 more or 0 fewer while they are replaced
            new: web-HASH (revision 1) wants 3 pods; 0 ready, 0 available
            waiting: 3 new pods for ImagePullBackOff
            condition: Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.
            condition: Progressing=True ReplicaSetUpdated: ReplicaSet "web-HASH" is progressing.
            deadline: AGE left of AGE without progress
          would do nothing now
          looks again in AGE at the latest
        $ pilothouse explain $(kubectl get replicaset -o name)
        replicaset-controller
          sees
            3 wanted | 3 active, 0 ready, 0 terminating, 0 failed | 0 to adopt, 0 to release
          would do nothing now
          looks again when something changes
        $ pilothouse explain configmap/kube-root-ca.crt
        No controller looks after configmap/kube-root-ca.crt.
    "#]]);
    let after = lab.must("kubectl get deployment web -o jsonpath='{.metadata.resourceVersion}'");
    assert_eq!(before, after, "explaining writes nothing");
}

#[test]
fn virtual_time_passes_when_told() {
    let lab = Lab::with(Kubectl::Current, &["--clock=virtual"]);
    lab.check(expect![[r#"
        $ pilothouse clock show
        TIME
    "#]]);
    lab.apply(STUCK);
    eventually("the pull failed", Duration::from_secs(10), || {
        lab.must("kubectl get pods").contains("ErrImagePull").then_some(())
    });
    let since = Since::now();
    lab.check(expect![[r#"
        $ pilothouse clock advance 9m
        TIME
    "#]]);
    let reason = "kubectl get deployment web \
        -o jsonpath='{.status.conditions[?(@.type==\"Progressing\")].reason}'";
    assert_eq!(lab.must(reason), "ReplicaSetUpdated");
    lab.check(expect![[r#"
        $ pilothouse clock advance 2m
        TIME
    "#]]);
    eventually("the deadline is exceeded", Duration::from_secs(10), || {
        (lab.must(reason) == "ProgressDeadlineExceeded").then_some(())
    });
    assert!(since.passed() < Duration::from_secs(10), "took {:?}", since.passed());
    lab.must("kubectl set image deployment/web web=registry.example/web:1");
    lab.must("pilothouse clock advance 1s");
    lab.must("kubectl rollout status deployment/web --timeout=60s");
}
