//! Leaves a lease behind at a clean exit, so that nobody waits until it runs out.

use api::resources::LEASES;
use client::{ClientError, Request, WriteOptions};
use serde_json::Value;
use world::World;

use super::{LeaseSettings, rules};
use crate::{Actor, engine::within};

/// Gives the lease up if it is still held.
///
/// # Errors
/// The API server refuses or does not answer.
pub(crate) async fn release(
    world: &World,
    actor: &Actor,
    settings: &LeaseSettings,
) -> Result<(), ClientError> {
    let limit = settings.renew_deadline;
    let released = within(world, limit, attempt(world, actor, settings)).await;
    released.unwrap_or_else(|| {
        Err(ClientError::NoAnswer { reason: format!("no answer within {limit:?}") })
    })
}

async fn attempt(
    world: &World,
    actor: &Actor,
    settings: &LeaseSettings,
) -> Result<(), ClientError> {
    loop {
        let live = match actor.transport.send(Request::get(&LEASES, &settings.key)).await {
            Ok(live) => live,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let lease: Value = serde_json::from_slice(&live.body)
            .map_err(|error| ClientError::Unreadable { reason: format!("not a lease: {error}") })?;
        let Some(lease) = rules::released(lease, &settings.identity, world.clock.wall()) else {
            return Ok(());
        };
        let options = WriteOptions { field_manager: actor.field_manager.to_owned() };
        let request = Request::update(&LEASES, &settings.key, &lease, &options);
        match actor.transport.send(request).await {
            // A renewal was still under way.
            Err(error) if error.is_conflict() => {}
            answer => return answer.map(|_| ()),
        }
    }
}
