//! What the process uses of the machine, as every exporter of Prometheus tells it.

use std::sync::Arc;

use prometheus::{Counter, Gauge, Registry};
use world::Disk;

/// What the process uses, read anew for each scrape.
pub(crate) struct Usage {
    disk: Arc<dyn Disk>,
    cpu: Counter,
    resident: Gauge,
    virtual_memory: Gauge,
}

/// Linux counts processor time in hundredths of a second, and memory in pages.
const TICKS_PER_SECOND: f64 = 100.0;
const PAGE_BYTES: f64 = 4096.0;
const UNIQUE: &str = "a process describes itself once";

impl Usage {
    /// A process that describes itself to a registry.
    ///
    /// # Panics
    /// The registry has been here before.
    pub(crate) fn new(registry: &Registry, disk: Arc<dyn Disk>) -> Self {
        let gauge = |name: &str, help: &str| {
            let made = Gauge::new(name, help).expect("names in this file are valid");
            registry.register(Box::new(made.clone())).expect(UNIQUE);
            made
        };
        let cpu =
            Counter::new("process_cpu_seconds_total", "Processor time that was used, in seconds.");
        let cpu = cpu.expect("names in this file are valid");
        registry.register(Box::new(cpu.clone())).expect(UNIQUE);
        Self {
            disk,
            cpu,
            resident: gauge("process_resident_memory_bytes", "Resident memory in bytes."),
            virtual_memory: gauge("process_virtual_memory_bytes", "Virtual memory in bytes."),
        }
    }

    /// Reads it; where there is no `/proc`, nothing is known.
    pub(crate) fn read(&self) {
        let read = |path: &str| {
            let bytes = self.disk.read(path.as_ref()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        if let Some(ticks) = processor_ticks(&read("/proc/self/stat")) {
            self.cpu.inc_by((ticks / TICKS_PER_SECOND - self.cpu.get()).max(0.0));
        }
        let pages = read("/proc/self/statm");
        let mut pages = pages.split_whitespace().filter_map(|pages| pages.parse::<f64>().ok());
        if let (Some(virtual_pages), Some(resident)) = (pages.next(), pages.next()) {
            self.virtual_memory.set(virtual_pages * PAGE_BYTES);
            self.resident.set(resident * PAGE_BYTES);
        }
    }
}

/// User and system time of `/proc/self/stat`; the name before them may hold anything.
fn processor_ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut numbers = after_name.split_whitespace().skip(11);
    let user: f64 = numbers.next()?.parse().ok()?;
    let system: f64 = numbers.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 0 0 20 0 3 0 1 2 3";
        assert_eq!(processor_ticks(stat), Some(300.0));
        assert_eq!(processor_ticks(""), None);
    }
}
