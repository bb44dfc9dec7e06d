//! How long the store takes, under the reference's name for it (upstream: `storage/etcd3/metrics`).

use std::sync::Arc;

use prometheus::{HistogramOpts, HistogramVec, Registry};
use store::{
    Operation, Range, RangeAnswer, Revision, Store, StoreError, Transaction, TransactionAnswer,
    WatchStream,
};
use world::{BoxFuture, Clock};

use crate::metrics::SECONDS;

/// A store whose operations are timed. Watches are not.
pub struct TimedStore {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    durations: HistogramVec,
}

const ROOT: &[u8] = b"/registry/";

impl TimedStore {
    /// Times `store`, and lets a registry gather the times.
    ///
    /// # Errors
    /// The registry knows another such store already.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        registry: &Registry,
    ) -> prometheus::Result<Self> {
        let help = "[ALPHA] Seconds that the store took, by operation and kind of object.";
        let options = HistogramOpts::new("etcd_request_duration_seconds", help);
        let labels = ["operation", "group", "resource"];
        let durations = HistogramVec::new(options.buckets(SECONDS.to_vec()), &labels)?;
        registry.register(Box::new(durations.clone()))?;
        Ok(Self { store, clock, durations })
    }

    fn timed<T: 'static>(
        &self,
        operation: &'static str,
        resource: String,
        work: BoxFuture<Result<T, StoreError>>,
    ) -> BoxFuture<Result<T, StoreError>> {
        let duration = self.durations.with_label_values(&[operation, "", &resource]);
        let (clock, began) = (Arc::clone(&self.clock), self.clock.monotonic());
        Box::pin(async move {
            let done = work.await;
            duration.observe(clock.monotonic().since(began).as_secs_f64());
            done
        })
    }
}

impl Store for TimedStore {
    fn revision(&self) -> BoxFuture<Result<Revision, StoreError>> {
        self.store.revision()
    }

    fn range(&self, range: Range) -> BoxFuture<Result<RangeAnswer, StoreError>> {
        let operation = if range.end.is_some() { "list" } else { "get" };
        let resource = resource_of(&range.start);
        self.timed(operation, resource, self.store.range(range))
    }

    fn transact(
        &self,
        transaction: Transaction,
    ) -> BoxFuture<Result<TransactionAnswer, StoreError>> {
        let (operation, resource) = match transaction.then.first() {
            Some(Operation::Delete { key }) => ("delete", resource_of(key)),
            Some(Operation::Put { key, .. }) => ("update", resource_of(key)),
            None => ("get", String::new()),
        };
        self.timed(operation, resource, self.store.transact(transaction))
    }

    fn watch(&self, prefix: Vec<u8>, from: Revision) -> BoxFuture<Result<WatchStream, StoreError>> {
        self.store.watch(prefix, from)
    }

    fn compact(&self, revision: Revision) -> BoxFuture<Result<(), StoreError>> {
        self.timed("compact", String::new(), self.store.compact(revision))
    }
}

/// The kind of object that lies under a key: what follows the root, of which there are few.
fn resource_of(key: &[u8]) -> String {
    let rest = key.strip_prefix(ROOT).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or_default();
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use store::Local;

    use super::*;

    fn check_resource(key: &str, wanted: &str) {
        assert_eq!(resource_of(key.as_bytes()), wanted, "{key}");
    }

    #[test]
    fn a_key_tells_the_kind_of_its_object() {
        check_resource("/registry/pods/shop/web", "pods");
        check_resource("/registry/services/specs/shop/web", "services");
        check_resource("/registry/pods/", "pods");
        check_resource("/registry/", "");
        check_resource("compact", "");
    }

    #[test]
    fn operations_are_timed_by_kind() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let world = world::real::world(runtime.handle());
        let registry = Registry::new();
        let clock = Arc::clone(&world.clock);
        let timed = TimedStore::new(Arc::new(Local::memory(&world)), clock, &registry).unwrap();
        let key = b"/registry/pods/shop/web".to_vec();
        let value = Bytes::from_static(b"{}");
        let put = Operation::Put { key: key.clone(), value, time_to_live: None };
        runtime.block_on(async {
            timed.transact(Transaction { compare: Vec::new(), then: vec![put] }).await.unwrap();
            timed.range(Range::key(key)).await.unwrap();
            timed.range(Range::prefix("/registry/pods/")).await.unwrap();
        });
        let families = registry.gather();
        let metrics = families.iter().flat_map(prometheus::proto::MetricFamily::get_metric);
        let mut counted: Vec<String> = metrics
            .map(|metric| {
                let values: Vec<_> =
                    metric.get_label().iter().map(prometheus::proto::LabelPair::value).collect();
                format!("{}: {}", values.join(","), metric.get_histogram().get_sample_count())
            })
            .collect();
        counted.sort_unstable();
        assert_eq!(counted, [",get,pods: 1", ",list,pods: 1", ",update,pods: 1"]);
    }
}
