//! What is decided about nodes, one table for each part.

mod health;
mod marking;
mod notation;
mod taints;
mod zones;
