//! What plugins remember between the points of one cycle.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    sync::Arc,
};

/// One value of each type, for the length of one cycle. A clone shares the values until they are
/// replaced, so that "what if that pod were not there" can be asked on a copy.
///
/// ```
/// use scheduler::framework::CycleState;
///
/// #[derive(Clone, PartialEq, Debug)]
/// struct Counted(u32);
///
/// let mut state = CycleState::default();
/// state.put(Counted(1));
/// let mut copy = state.clone();
/// copy.change(|counted: &mut Counted| counted.0 += 1);
/// assert_eq!((state.get(), copy.get()), (Some(&Counted(1)), Some(&Counted(2))));
/// ```
#[derive(Debug, Default, Clone)]
pub struct CycleState {
    values: BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl CycleState {
    /// Keeps a value; one of the same type is replaced. Use a type of your own: types are the keys.
    pub fn put<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }
    /// The value of a type, if one was kept.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
    /// Changes the value of a type, if one was kept, in this state alone.
    pub fn change<T: Any + Clone + Send + Sync>(&mut self, change: impl FnOnce(&mut T)) {
        if let Some(mut value) = self.get::<T>().cloned() {
            change(&mut value);
            self.put(value);
        }
    }
}
