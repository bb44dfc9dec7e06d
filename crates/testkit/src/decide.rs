//! Runs `observe` and `plan` on a scene.

use api::views::{
    ControllerRevision, DaemonSet, Deployment, Kind, Node, Object, PersistentVolumeClaim, Pod,
    ReplicaSet, ReplicationController, StatefulSet,
};
use meta::object::{ObjectKey, ResourceVersion};
use runtime::{Answers, Controller, Informers, Observation, Plan, Read};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Scene, now};

/// The caches of a controller, filled from a scene.
pub fn view<C: Controller>(scene: &Scene) -> C::View {
    let mut informers = Informers::default();
    let view = C::view(&mut informers);
    fill::<Deployment>(&mut informers, &scene.deployments);
    fill::<ReplicaSet>(&mut informers, &scene.replica_sets);
    fill::<ReplicationController>(&mut informers, &scene.replication_controllers);
    fill::<StatefulSet>(&mut informers, &scene.stateful_sets);
    fill::<DaemonSet>(&mut informers, &scene.daemon_sets);
    fill::<ControllerRevision>(&mut informers, &scene.controller_revisions);
    fill::<PersistentVolumeClaim>(&mut informers, &scene.claims);
    fill::<Node>(&mut informers, &scene.nodes);
    fill::<Pod>(&mut informers, &scene.pods);
    view
}

/// What a controller decides about `shop/web` at [`now`]. Live reads are answered by the scene; `None`
/// means that nothing is left to look after.
pub fn decide<C>(scene: &Scene, memory: &mut C::Memory) -> Option<Plan<C::Why>>
where
    C: Controller<Key = ObjectKey>,
{
    let (view, key) = (view::<C>(scene), ObjectKey::new("shop", "web"));
    let mut answers = Answers::default();
    loop {
        match C::observe(&view, &key, &answers) {
            Observation::Ready(observed) => return Some(C::plan(memory, &observed, now())),
            Observation::Gone => return None,
            Observation::Ask(reads) => {
                for read in reads {
                    let live = live(scene, &read);
                    answers.insert(read, Ok(live));
                }
            }
        }
    }
}

fn live(scene: &Scene, read: &Read) -> Value {
    let sets = scene.replica_sets.iter().chain(&scene.stateful_sets).chain(&scene.daemon_sets);
    let all = scene.live.iter().chain(&scene.deployments).chain(sets);
    let is_meant = |object: &&Value| match read {
        Read::Metadata { key, .. } | Read::Object { key, .. } => {
            object["metadata"]["name"] == *key.name
        }
        Read::List { .. }
        | Read::Objects { .. }
        | Read::Discovery
        | Read::Subresource { .. }
        | Read::Path { .. } => false,
    };
    all.clone().find(is_meant).cloned().unwrap_or_default()
}

/// Fills the cache of a kind, which is then of the newest of these objects.
///
/// # Panics
/// An object is none of that kind.
pub fn fill<K: Kind + DeserializeOwned>(informers: &mut Informers, objects: &[Value]) {
    let decode = |object: &Value| K::deserialize(object).expect("a sound object");
    let objects: Vec<K> = objects.iter().map(decode).collect();
    let newest = objects.iter().map(|object| Object::metadata(object).resource_version).max();
    informers.cache::<K>().replace(objects, newest.unwrap_or(ResourceVersion(1)));
}
