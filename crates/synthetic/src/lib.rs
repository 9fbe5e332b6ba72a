//! Made-up people and their cards. Every name, number and address here is invented; the same call always makes the same people.

pub mod card;
pub mod catalogue;
pub mod claims;
mod draw;
pub mod feeds;
pub mod history;
pub mod population;
pub mod samples;
pub mod training;
mod year;
