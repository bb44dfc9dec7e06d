//! Values that the server fills in where a client leaves them out.
