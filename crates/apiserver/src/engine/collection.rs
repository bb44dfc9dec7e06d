//! Deleting what a list would show.

use std::{sync::Arc, task::Poll};

use super::{Inner, delete::Deleted, failure, removal};
use crate::{DeleteOptions, ListQuery, Listed, Object, Operation, Outcome, Reason, Status, Verb};

/// Deletes under way at once: enough to share one sync of the disk, few enough to let others in.
const TOGETHER_MAX: usize = 64;

impl Inner {
    pub(crate) async fn delete_collection(
        &self,
        operation: &Operation,
        options: &DeleteOptions,
        query: &ListQuery,
    ) -> Result<Outcome, Status> {
        removal::check_options(options)?;
        if !operation.resource.has_verb("deletecollection") {
            return Err(failure::method_not_allowed());
        }
        let mut listed = self.list_page(operation, query).await?;
        let items = std::mem::take(&mut listed.items);
        for batch in items.chunks(TOGETHER_MAX) {
            let deletes = batch.iter().map(|object| {
                let mut one = operation.clone();
                one.verb = Verb::Delete { options: options.clone() };
                one.namespace = object.key.namespace.to_string();
                one.name = object.key.name.to_string();
                self.delete_one_of_many(one, options)
            });
            for deleted in all(deletes.collect()).await {
                listed.items.extend(deleted?);
            }
        }
        Ok(Outcome::List(Listed { continue_token: String::new(), remaining: None, ..listed }))
    }

    /// `None` if somebody else has deleted it.
    async fn delete_one_of_many(
        &self,
        operation: Operation,
        options: &DeleteOptions,
    ) -> Result<Option<Arc<Object>>, Status> {
        match self.delete_one(&operation, options).await {
            Ok(Deleted { object, .. }) => Ok(Some(object)),
            Err(status) if status.reason == Reason::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }
}

/// Waits for all of some futures of this one task.
pub(super) async fn all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).map(Some).collect();
    let mut outputs: Vec<Option<F::Output>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, output) in pending.iter_mut().zip(&mut outputs) {
            let Some(future) = slot else { continue };
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *output = Some(value);
                *slot = None;
            }
        }
        if pending.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
