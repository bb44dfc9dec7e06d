//! What is decided about nodes, one table for each part.

mod health;
mod marking;
mod notation;
mod taints;
mod zones;

use runtime::{ApiError, ClientError};

fn not_found() -> ClientError {
    ClientError::Api(ApiError {
        code: 404,
        reason: "NotFound".to_owned(),
        message: String::new(),
        causes: Vec::new(),
        retry_after: None,
    })
}
