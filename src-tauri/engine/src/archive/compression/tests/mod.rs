//! Tests of the compressed stream.
