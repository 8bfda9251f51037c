//! Holds nothing: the programs are the examples.
