//! The engine that forgets everything at exit: rows in a map.

use std::{
    collections::BTreeMap,
    ops::{Bound, ControlFlow},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::{
    Revision,
    log::{Commit, Log, LogError, Outline, Position, Reader, Row},
};

/// Rows in memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct MemoryLog {
    rows: Arc<RwLock<BTreeMap<Position, Row>>>,
}

impl Log for MemoryLog {
    fn waits(&self) -> bool {
        false
    }

    fn commit(&self, commit: &Commit) -> Result<(), LogError> {
        let mut rows = self.rows.write();
        rows.extend(commit.rows.iter().map(|row| (row.position, row.clone())));
        for position in &commit.forget {
            rows.remove(position);
        }
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(self.clone()))
    }

    fn reopen(&self) -> Result<(), LogError> {
        Ok(())
    }
}

/// Reads the present rows: what is forgotten meanwhile reads as compacted, as it would a moment later.
impl Reader for MemoryLog {
    fn value(&self, position: Position) -> Result<Option<Bytes>, LogError> {
        Ok(self.rows.read().get(&position).map(|row| row.value.clone()))
    }

    fn scan(
        &self,
        from: Revision,
        visit: &mut dyn FnMut(Outline<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let start = Position { revision: from, part: 0 };
        let rows = self.rows.read();
        for row in rows.range((Bound::Included(start), Bound::Unbounded)).map(|(_, row)| row) {
            let outline = Outline { position: row.position, key: &row.key, facts: row.facts };
            if visit(outline).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn compacted(&self) -> Result<Revision, LogError> {
        Ok(Revision(0))
    }
}
