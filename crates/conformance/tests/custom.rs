//! Kinds of one's own: a definition makes one, kubectl works with it like with any other, and its
//! instances go before it does.

use std::time::Duration;

use conformance::{lab::Lab, patience::eventually};
use expect_test::expect;

const DEFINITION: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.shop.example}
spec:
  group: shop.example
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [goods]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Wanted, type: integer, jsonPath: .spec.replicas, priority: 1}
    selectableFields: [{jsonPath: .spec.color}]
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [color]
            x-kubernetes-validations:
            - {rule: 'self.replicas <= self.max', message: more than the most}
            properties:
              color: {type: string, enum: [red, blue], description: How it looks.}
              replicas: {type: integer, minimum: 0, default: 1}
              max: {type: integer, default: 5}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port]
                items:
                  type: object
                  required: [port]
                  properties: {port: {type: integer}, name: {type: string}}
          status:
            type: object
            properties: {replicas: {type: integer}}
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"#;
const WIDGET: &str = "
apiVersion: shop.example/v1
kind: Widget
metadata: {name: one}
spec: {color: red, ports: [{port: 80, name: web}]}
";
const SERVED_TIME_MAX: Duration = Duration::from_secs(10);

fn with_widgets() -> Lab {
    let lab = Lab::start();
    lab.apply(DEFINITION);
    lab.must("kubectl wait --for condition=established crd/widgets.shop.example --timeout=10s");
    lab
}

#[test]
fn a_kind_of_ones_own_is_shown_explained_and_selected() {
    let lab = with_widgets();
    lab.apply(WIDGET);
    lab.check(expect![[r#"
        $ kubectl get widgets
        NAME COLOR
        one red
        $ kubectl get goods -o wide
        NAME COLOR WANTED
        one red 1
        $ kubectl get wd --field-selector spec.color=blue
        ! No resources found in default namespace.
        $ kubectl get wd --field-selector spec.size=1
        ! Error from server (BadRequest): Unable to find "shop.example/v1, Resource=widgets" that match label selector "", field selector "spec.size=1": field label not supported: spec.size
        exit code 1
        $ kubectl api-resources --api-group=shop.example
        NAME SHORTNAMES APIVERSION NAMESPACED KIND
        widgets wd shop.example/v1 true Widget
        $ kubectl explain widget.spec.color
        GROUP: shop.example
        KIND: Widget
        VERSION: v1

        FIELD: color <string>
        ENUM:
            red
            blue

        DESCRIPTION:
            How it looks.


        $ kubectl get widgets.v1beta1.shop.example one -o jsonpath='{.apiVersion} {.spec.color}'
        shop.example/v1beta1 red
        ! Warning: shop.example/v1beta1 Widget is deprecated; use shop.example/v1 Widget
    "#]]);
}

#[test]
fn what_the_schema_or_its_rules_forbid_is_refused() {
    let lab = with_widgets();
    lab.folder().write("wrong.yaml", &WIDGET.replace("red", "green, colour: x, replicas: q"));
    lab.folder().write("many.yaml", &WIDGET.replace("red", "red, replicas: 9"));
    lab.check(expect![[r#"
        $ kubectl create -f wrong.yaml
        ! Error from server (BadRequest): error when creating "wrong.yaml": Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.colour"
        exit code 1
        $ kubectl create -f wrong.yaml --validate=ignore
        ! The Widget "one" is invalid:
        ! * spec.color: Unsupported value: "green": supported values: "red", "blue"
        ! * spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"
        ! * .spec.replicas: Invalid value: 0: .spec.replicas accessor error: q is of the type string, expected int64
        ! * <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
        exit code 1
        $ kubectl create -f many.yaml
        ! The Widget "one" is invalid: spec: Invalid value: more than the most
        exit code 1
    "#]]);
}

#[test]
fn patches_applies_scales_and_statuses_go_their_ways() {
    let lab = with_widgets();
    lab.apply(WIDGET);
    lab.folder().write("applied.yaml", &WIDGET.replace("[{port: 80, name: web}]", "[{port: 81}]"));
    lab.check(expect![[r#"
        $ kubectl patch widget one --type merge -p '{"spec":{"color":"blue"}}'
        widget.shop.example/one patched
        $ kubectl scale widget one --replicas=3
        widget.shop.example/one scaled
        $ kubectl patch widget one --subresource status --type merge -p '{"status":{"replicas":2},"spec":{"color":"red"}}'
        widget.shop.example/one patched
        $ kubectl get widget one -o jsonpath='{.metadata.generation} {.spec.color} {.spec.replicas} {.status}'
        3 blue 3 {"replicas":2}
        $ kubectl apply --server-side -f applied.yaml --field-manager other
        ! error: Apply failed with 1 conflict: conflict with "kubectl-patch" using shop.example/v1: .spec.color
        ! Please review the fields above--they currently have other managers. Here
        ! are the ways you can resolve this warning:
        ! * If you intend to manage all of these fields, please re-run the apply
        !   command with the `--force-conflicts` flag.
        ! * If you do not intend to manage all of the fields, please edit your
        !   manifest to remove references to the fields that should keep their
        !   current managers.
        ! * You may co-own fields by updating your manifest to match the existing
        !   value; in this case, you'll become the manager if the other manager(s)
        !   stop managing the field (remove it from their configuration).
        ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
        exit code 1
        $ kubectl apply --server-side -f applied.yaml --field-manager other --force-conflicts
        widget.shop.example/one serverside-applied
        $ kubectl get widget one -o jsonpath='{.spec.ports}'
        [{"port":81}]
        $ kubectl patch widget one --type strategic -p '{}'
        ! error: application/strategic-merge-patch+json is not supported by shop.example/v1, Kind=Widget: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
        exit code 1
    "#]]);
}

#[test]
fn a_definition_goes_after_its_instances_and_takes_its_kind_along() {
    let lab = with_widgets();
    lab.apply(WIDGET);
    let wait = r#"{"metadata":{"finalizers":["shop.example/wait"]}}"#;
    lab.must(&format!("kubectl patch widget one --type merge -p '{wait}'"));
    lab.must("kubectl delete crd widgets.shop.example --wait=false");
    eventually("the deletion of instances is under way", SERVED_TIME_MAX, || {
        let conditions = "kubectl get crd widgets.shop.example -o jsonpath='{.status.conditions}'";
        lab.must(conditions).contains("InstanceDeletionInProgress").then_some(())
    });
    lab.folder().write("two.yaml", &WIDGET.replace("one", "two"));
    lab.check(expect![[r#"
        $ kubectl create -f two.yaml
        ! Error from server (Forbidden): error when creating "two.yaml": widgets.shop.example "two" is forbidden: create not allowed while custom resource definition is terminating
        exit code 1
        $ kubectl patch widget one --type merge -p '{"metadata":{"finalizers":null}}'
        widget.shop.example/one patched
        $ kubectl wait --for=delete crd/widgets.shop.example --timeout=20s
        $ kubectl get --raw /apis/shop.example
        ! Error from server (NotFound): the server could not find the requested resource
        exit code 1
    "#]]);
}
