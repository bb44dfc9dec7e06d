//! Nodes join the cluster: `node-0`, `node-1`, and so on.

use api::resources::NODES;
use client::{ClientError, Request, Transport, WriteOptions};
use world::World;

/// Registers the nodes that are not there yet; those that are stay as they are.
///
/// # Errors
/// The API server cannot be reached or refuses a node for another reason than its being there.
pub async fn register_nodes(
    world: &World,
    transport: &dyn Transport,
    count: u32,
) -> Result<(), ClientError> {
    let now = world.clock.wall();
    let options = WriteOptions { field_manager: "kubelet".to_owned() };
    let answers: Vec<_> = (0..count)
        .map(|number| nodes::node::registration(&format!("node-{number}"), now))
        .map(|node| transport.send(Request::create(&NODES, "", &node, &options)))
        .collect();
    // The requests are under way together only where the transport starts them at once; in process
    // each costs microseconds.
    for answer in answers {
        match answer.await {
            Err(error) if !error.is_already_exists() => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}
