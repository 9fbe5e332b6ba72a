//! Made-up people. Every name, number and address here is invented; the same call always makes the same people.

pub mod population;
pub mod samples;
