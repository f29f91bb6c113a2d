//! The heap usage that an isolate reports.

use serde::{Deserialize, Serialize};

use crate::model::convert;

/// The largest plausible heap: 2^50 bytes.
const LARGEST_HEAP: f64 = 1_125_899_906_842_624.0;

/// The heap of an isolate in bytes, from `Runtime.getHeapUsage`.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names of the protocol")]
pub struct HeapUsage {
    #[serde(alias = "usedSize")]
    pub used_size: f64,
    #[serde(alias = "totalSize")]
    pub total_size: f64,
    /// Objects outside the JavaScript heap that a browser counts as part of it, such as those of the DOM.
    #[serde(alias = "embedderHeapUsedSize", skip_serializing_if = "is_zero")]
    pub embedder_heap_used_size: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(size: &f64) -> bool {
    *size == 0.0
}

impl HeapUsage {
    /// Returns the bytes in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        convert::whole(self.used_size)
    }

    /// Returns the bytes of all objects that a snapshot describes.
    #[must_use]
    pub(super) fn described_bytes(&self) -> u64 {
        self.used_bytes().saturating_add(convert::whole(self.embedder_heap_used_size))
    }

    /// Returns true if a heap can have these sizes.
    pub(super) fn is_plausible(&self) -> bool {
        let sizes = [self.used_size, self.total_size, self.embedder_heap_used_size];
        sizes.iter().all(|size| (0.0..LARGEST_HEAP).contains(size))
    }
}
