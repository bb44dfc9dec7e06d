//! Many things at once, and waiting for something no longer than it may take.

use std::time::Duration;

use tokio::sync::mpsc;
use world::{BoxFuture, World};

/// Runs all futures beside each other; answers in their order. A future whose task is ended before
/// its time is missing from the answers.
pub(crate) async fn gather<T: Send + 'static>(
    world: &World,
    name: &'static str,
    mut futures: Vec<BoxFuture<T>>,
) -> Vec<T> {
    if futures.len() == 1 {
        let only = futures.remove(0);
        return vec![only.await];
    }
    let (sender, mut receiver) = mpsc::channel(futures.len().max(1));
    for (at, future) in futures.into_iter().enumerate() {
        let sender = sender.clone();
        let numbered = async move {
            // The receiver is gone only if nobody waits any more.
            let _ = sender.send((at, future.await)).await;
        };
        drop(world.tasks.spawn(name, Box::pin(numbered)));
    }
    drop(sender);
    let mut answers = Vec::new();
    while let Some(answer) = receiver.recv().await {
        answers.push(answer);
    }
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The future's outcome, or `None` if it takes longer than `limit`.
pub(crate) async fn within<T>(
    world: &World,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        outcome = future => Some(outcome),
        () = world.clock.sleep(limit) => None,
    }
}

/// Lets others have a turn.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
