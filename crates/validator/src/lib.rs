//! Judges whether one table is as good as another.
