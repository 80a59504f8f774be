//! Tests of the SQLite connection.
