//! Mutants of what is well formed, one target a test: JSON, YAML, protobuf, patches, apply, rules,
//! selectors, tokens.

use http::{Method, header};

use crate::{mutation::Lots, server::Server};

/// Mutants a target: about a processor-minute each in a release build.
const ROUNDS: u64 = if cfg!(debug_assertions) { 300 } else { 40_000 };

const PODS: &str = "/api/v1/namespaces/default/pods?dryRun=All";
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"},"annotations":{"x/y":"z"},"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u"}]},"spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],"resources":{"limits":{"cpu":"1500m","memory":"1Gi"}},"volumeMounts":[{"name":"v","mountPath":"/v"}],"livenessProbe":{"httpGet":{"port":"http","path":"/"}}}],"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}}],"tolerations":[{"operator":"Exists"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]}]}}}}}"#;
const YAML: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: &l {a: b}\n  annotations: *l\nspec:\n  containers:\n  - name: c\n    image: \"i\"\n    args: [1, \"2\", |\n      three]\n  nodeSelector:\n    <<: *l\n";
const RULE: &str = "self.all(x, x.matches('^[a-z]+$')) && size(self) < 10 || self.exists(y, y in ['a', \"b\", r'c']) ? true : quantity('1Gi').isGreaterThan(quantity('1')) && duration('1h') > duration('5m') && [1, 2u, -3.0e4][0] == 1";

#[tokio::test]
async fn json() {
    let server = Server::start().await;
    let mut lots = Lots::new(1);
    let deployment = deployment();
    let bodies = [POD.as_bytes(), deployment.as_bytes(), SERVICE.as_bytes()];
    let paths = [
        PODS,
        "/apis/apps/v1/namespaces/default/deployments?dryRun=All",
        "/api/v1/namespaces/default/services?dryRun=All",
    ];
    for _ in 0..ROUNDS {
        let chosen = lots.below(bodies.len());
        let mutant = lots.mutate(bodies[chosen], &bodies);
        server.post(paths[chosen], mutant).await;
    }
}

#[tokio::test]
async fn yaml() {
    let server = Server::start().await;
    let mut lots = Lots::new(2);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(YAML.as_bytes(), &[YAML.as_bytes(), POD.as_bytes()]);
        server.send(Method::POST, PODS, "application/yaml", mutant).await;
    }
}

#[tokio::test]
async fn protobuf() {
    let server = Server::start().await;
    let made = server.post("/api/v1/namespaces/default/pods", POD).await;
    assert_eq!(made.code, 201, "{}", String::from_utf8_lossy(&made.body));
    let whole = server.protobuf("/api/v1/namespaces/default/pods/p").await;
    let mut lots = Lots::new(3);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(&whole, &[&whole]);
        let kind = "application/vnd.kubernetes.protobuf";
        server.send(Method::POST, PODS, kind, mutant).await;
    }
}

#[tokio::test]
async fn patches() {
    let server = Server::start().await;
    server.post("/apis/apps/v1/namespaces/default/deployments", deployment()).await;
    let seeds: [(&str, &[u8]); 3] = [
        (
            "application/json-patch+json",
            br#"[{"op":"add","path":"/metadata/labels/x~1y","value":"z"},{"op":"copy","from":"/spec/template","path":"/spec/template/metadata/x"},{"op":"move","from":"/metadata/labels","path":"/metadata/annotations"},{"op":"remove","path":"/spec/template/spec/containers/0"},{"op":"test","path":"/spec/replicas","value":1}]"#,
        ),
        (
            "application/merge-patch+json",
            br#"{"metadata":{"labels":{"a":null,"b":"c"}},"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"d","image":"j"}]}}}}"#,
        ),
        (
            "application/strategic-merge-patch+json",
            br#"{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"d"}],"containers":[{"name":"d","image":"j","$retainKeys":["name","image"]},{"$patch":"delete","name":"c"}],"$deleteFromPrimitiveList/finalizers":["x"]}}}}"#,
        ),
    ];
    let bodies = seeds.map(|(_, body)| body);
    let mut lots = Lots::new(4);
    for _ in 0..ROUNDS {
        let (kind, body) = seeds[lots.below(seeds.len())];
        let mutant = lots.mutate(body, &bodies);
        let path = "/apis/apps/v1/namespaces/default/deployments/web?dryRun=All";
        server.send(Method::PATCH, path, kind, mutant).await;
    }
}

#[tokio::test]
async fn apply() {
    let server = Server::start().await;
    let deployment = deployment();
    let path = "/apis/apps/v1/namespaces/default/deployments/web?fieldManager=m";
    let kind = "application/apply-patch+yaml";
    server.send(Method::PATCH, path, kind, deployment.clone().into_bytes()).await;
    let mut lots = Lots::new(5);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(deployment.as_bytes(), &[deployment.as_bytes(), YAML.as_bytes()]);
        let target = format!("{path}{}&force=true&dryRun=All", lots.below(2));
        server.send(Method::PATCH, &target, kind, mutant).await;
    }
}

#[tokio::test]
async fn rules() {
    let server = Server::start().await;
    let mut lots = Lots::new(6);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(RULE.as_bytes(), &[RULE.as_bytes()]);
        let rule = serde_json::json!(String::from_utf8_lossy(&mutant));
        let definition = format!(
            r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{{"name":"foos.example.com"}},"spec":{{"group":"example.com","scope":"Cluster","names":{{"plural":"foos","kind":"Foo"}},"versions":[{{"name":"v1","served":true,"storage":true,"schema":{{"openAPIV3Schema":{{"type":"object","properties":{{"spec":{{"type":"array","maxItems":10,"items":{{"type":"string","maxLength":10}},"x-kubernetes-validations":[{{"rule":{rule}}}]}}}}}}}}}}]}}}}"#
        );
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All";
        server.post(path, definition).await;
    }
}

#[tokio::test]
async fn selectors() {
    let server = Server::start().await;
    let seed = b"a=b,c!=d,e in (f,g),h notin (i),!j,k,x.y/z>5,metadata.name=p,spec.nodeName!=n";
    let mut lots = Lots::new(7);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(seed, &[seed]);
        let escaped: String =
            mutant.iter().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        let query = lots.pick(&["labelSelector", "fieldSelector", "continue", "resourceVersion"]);
        server.get(&format!("/api/v1/namespaces/default/pods?{query}={escaped}")).await;
    }
}

#[tokio::test]
async fn tokens() {
    let server = Server::start().await;
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let answer = server.post(path, r#"{"spec":{}}"#).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    let token = answer["status"]["token"].as_str().expect("a token").as_bytes().to_vec();
    let mut lots = Lots::new(8);
    for _ in 0..ROUNDS {
        let mutant = lots.mutate(&token, &[&token]);
        if mutant.iter().all(u8::is_ascii_graphic) && !mutant.starts_with(&token) {
            let header = [b"Bearer ", mutant.as_slice()].concat();
            let answer = server.as_stranger(header::AUTHORIZATION, &header).await;
            assert_eq!(answer.code, 401, "{}", String::from_utf8_lossy(&mutant));
        }
    }
}

const SERVICE: &str = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"selector":{"a":"b"},"type":"NodePort","ports":[{"port":80,"targetPort":"http","protocol":"TCP","nodePort":30080}],"sessionAffinity":"ClientIP","externalIPs":["192.0.2.1"],"ipFamilies":["IPv4"]}}"#;

fn deployment() -> String {
    r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]},"strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#.to_owned()
}
