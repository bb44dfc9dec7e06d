//! Durations as kubectl prints them.
