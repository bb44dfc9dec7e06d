//! What plugins remember between the points of one cycle.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
};

/// One value of each type, for the length of one cycle.
#[derive(Debug, Default)]
pub struct CycleState {
    values: BTreeMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl CycleState {
    /// Keeps a value; one of the same type is replaced.
    pub fn put<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Box::new(value));
    }
    /// The value of a type, if one was kept.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
}
