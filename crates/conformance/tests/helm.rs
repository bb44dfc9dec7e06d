//! Helm with a chart of ours: definitions, hooks, waiting, an upgrade that fails, a rollback, and the end.

use conformance::{
    lab::Lab,
    tools::{self, GoClient},
};
use expect_test::expect;

#[test]
fn a_chart_is_installed_upgraded_rolled_back_and_uninstalled() {
    let Some(helm) = tools::go_client(GoClient::Helm) else { return };
    let lab = Lab::start();
    lab.show(&helm);
    lab.show(&tools::project().join("crates/conformance/clients/chart"));
    // The hook of the chart is gone, since it has succeeded.
    lab.check(expect![[r#"
        $ helm install shop bin/chart -n shop --create-namespace --wait --timeout 60s | grep STATUS
        STATUS: deployed
        $ kubectl get deployment,statefulset,service,poddisruptionbudget,paint,job -n shop --no-headers -o custom-columns=KIND:.kind,MANAGER:.metadata.labels.app\\.kubernetes\\.io/managed-by,READY:.status.readyReplicas
        Deployment Helm 2
        StatefulSet Helm 1
        Service Helm <none>
        PodDisruptionBudget Helm <none>
        Paint Helm <none>
        $ kubectl get configmap shop-known -n shop -o jsonpath='{.data}'
        {"found":"true","server":"1.37"}
        $ helm upgrade shop bin/chart -n shop --set replicas=3,image=nginx:2,color=blue --wait --timeout 60s | grep STATUS
        STATUS: deployed
        $ kubectl get deployment,paint -n shop --no-headers -o custom-columns=READY:.status.readyReplicas,IMAGE:.spec.template.spec.containers[0].image,COLOR:.spec.color
        3 nginx:2 <none>
        <none> <none> blue
        $ helm status shop -n shop --show-resources | grep -A1 '^READY\|^NAME.*READY.*DATE' | tr -s ' '
        NAME READY UP-TO-DATE AVAILABLE AGE
        shop 3/3 3 3 AGE
        $ helm upgrade shop bin/chart -n shop --set color=green --wait --timeout 60s
        ! Error: UPGRADE FAILED: cannot patch "shop" with kind Paint: Paint.helm.example "shop" is invalid: spec.color: Unsupported value: "green": supported values: "red", "blue"
        exit code 1
        $ helm rollback shop 1 -n shop --wait --timeout 60s
        Rollback was a success! Happy Helming!
        $ helm history shop -n shop -o yaml | grep -E 'description|status' | cut -c1-40
          description: Install complete
          status: superseded
          description: Upgrade complete
          status: superseded
          description: 'Upgrade "shop" failed: c
          status: failed
          description: Rollback to 1
          status: deployed
        $ kubectl get deployment,paint -n shop --no-headers -o custom-columns=READY:.status.readyReplicas,IMAGE:.spec.template.spec.containers[0].image,COLOR:.spec.color
        2 nginx:1 <none>
        <none> <none> red
        $ helm uninstall shop -n shop --wait
        release "shop" uninstalled
        $ kubectl get all,paint -n shop
        ! No resources found in shop namespace.
    "#]]);
}
