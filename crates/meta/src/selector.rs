//! Which objects are meant, by their labels.
