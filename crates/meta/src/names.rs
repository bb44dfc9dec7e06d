//! What may be a name.
