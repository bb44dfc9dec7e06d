//! What is seen of Endpoints and their copies, for a person who asks.

use super::{desired::desired, observe::Mirror};

/// One fact a line.
pub(super) fn lines(mirror: &Mirror) -> Vec<String> {
    let mut lines = match &mirror.endpoints {
        None => vec!["nothing is to be copied any more".to_owned()],
        Some(endpoints) => {
            let desired = desired(endpoints);
            let count: usize = desired.contents.iter().map(|content| content.endpoints.len()).sum();
            let slices = desired.contents.len();
            let skipped = desired.skipped;
            vec![format!("wanted: {count} endpoints in {slices} slices, {skipped} left out")]
        }
    };
    lines.extend(mirror.slices.iter().map(|slice| {
        let (name, count) = (&slice.metadata.name, slice.endpoints.len());
        format!("slice {name}: {:?} with {count} endpoints", slice.address_type)
    }));
    lines
}
