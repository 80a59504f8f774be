//! The command line as a stranger meets it: whole processes, their output and their exit codes.
