//! What is known of classes as long as their copies stay the same.

use std::collections::BTreeMap;
use std::rc::Rc;

use thrice_model::ClassId;

use super::Symbolized;

/// What was found out of each class, as it was last asked about: of another system of it nothing is known.
pub(crate) struct BySystem<T>(BTreeMap<ClassId, (Rc<Symbolized>, T)>);

impl<T> Default for BySystem<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Default> BySystem<T> {
    /// What is known of a class whose copies are this system.
    pub(crate) fn of(&mut self, class: ClassId, system: &Rc<Symbolized>) -> &mut T {
        let new = || (Rc::clone(system), T::default());
        let known = self.0.entry(class).or_insert_with(new);
        if !Rc::ptr_eq(&known.0, system) {
            *known = new();
        }
        &mut known.1
    }
}
