//! The clinic's terminal: staff pages on loopback, in front of the center. Holds no truth: the center answers, this shows.

pub mod config;
mod form;
mod pages;
pub mod serve;
mod shown;
