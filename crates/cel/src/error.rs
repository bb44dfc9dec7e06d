//! Why an expression could not be evaluated.

/// What went wrong while an expression ran; the texts are the reference's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// It costs more than the budget. Nothing hides this one.
    #[error("operation cancelled: actual cost limit exceeded")]
    CostExceeded,
    /// No function takes these values.
    #[error("no such overload")]
    NoSuchOverload,
    /// A map or an object lacks a key.
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// A variable has no value.
    #[error("no such attribute(s): {0}")]
    NoSuchAttribute(String),
    /// A list is too short.
    #[error("index out of bounds: {0}")]
    OutOfBounds(String),
    /// A number was divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// The remainder of a division by zero was asked for.
    #[error("modulus by zero")]
    ModulusByZero,
    /// A result does not fit its type; holds what it should have been.
    #[error("{0} overflow")]
    Overflow(&'static str),
    /// Anything else, as the function said.
    #[error("{0}")]
    Failed(String),
}

/// A failure in a function's own words.
pub(crate) fn failed<T>(message: impl Into<String>) -> Result<T, EvaluationError> {
    Err(EvaluationError::Failed(message.into()))
}

/// What a function says to values that it does not take.
pub(crate) const fn no_overload<T>() -> Result<T, EvaluationError> {
    Err(EvaluationError::NoSuchOverload)
}
